"""What to do where a table or a statement is not understood, or there are too many tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tailrace.config.field import BOOLEAN, INT, Field, Values, at_least, one_of


class Inconsistent(StrEnum):
    """Rows of a table whose definition is not known, or does not fit them."""

    FAIL = "fail"
    WARN = "warn"
    SKIP = "skip"


class GuardrailAction(StrEnum):
    """More tables than expected."""

    WARN = "warn"
    FAIL = "fail"


INCONSISTENT = Field(
    "inconsistent.schema.handling.mode",
    one_of(Inconsistent),
    Inconsistent.FAIL,
    "Rows of a table whose definition is not known or does not fit: fail: stop; warn, skip: leave the table's rows "
    "out, with and without a warning.",
)
SKIP_UNPARSEABLE = Field(
    "schema.history.internal.skip.unparseable.ddl",
    BOOLEAN,
    default=False,
    doc="Pass over DDL that cannot be read. A table it changed is read from the server when its rows do not fit.",
)
GUARDRAIL = Field("guardrail.collections.max", INT, 0, "Most tables to capture; 0: no limit.", at_least(0), "low")
GUARDRAIL_ACTION = Field(
    "guardrail.collections.limit.action",
    one_of(GuardrailAction),
    GuardrailAction.WARN,
    "What to do where there are more: warn, or fail.",
    importance="low",
)

FIELDS: tuple[Field[Any], ...] = (INCONSISTENT, SKIP_UNPARSEABLE, GUARDRAIL, GUARDRAIL_ACTION)


@dataclass(frozen=True, slots=True)
class FailureConfig:
    """How forgiving a connector is."""

    inconsistent: Inconsistent = Inconsistent.FAIL
    skip_unparseable_ddl: bool = False
    most_tables: int | None = None
    """None: any number."""
    too_many_tables: GuardrailAction = GuardrailAction.WARN

    @classmethod
    def read(cls, values: Values) -> FailureConfig:
        """From parsed properties."""
        return cls(
            inconsistent=values[INCONSISTENT],
            skip_unparseable_ddl=values[SKIP_UNPARSEABLE],
            most_tables=values[GUARDRAIL] or None,
            too_many_tables=values[GUARDRAIL_ACTION],
        )
