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


class Failure(StrEnum):
    """What cannot be read, or written as configured."""

    FAIL = "fail"
    WARN = "warn"
    SKIP = "skip"


class ProcessingFailure(StrEnum):
    """The same, with a word that Debezium keeps for older configurations."""

    FAIL = "fail"
    WARN = "warn"
    SKIP = "skip"
    IGNORE = "ignore"

    @property
    def mode(self) -> Failure:
        """`ignore` is `skip`."""
        return Failure.SKIP if self is ProcessingFailure.IGNORE else Failure(self.value)


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
PROCESSING = Field(
    "event.processing.failure.handling.mode",
    one_of(ProcessingFailure),
    ProcessingFailure.FAIL,
    "An event of rows of which one does not fit its table's definition, and, without "
    "event.deserialization.failure.handling.mode, one that cannot be read: fail: stop; warn, skip: go on behind it, "
    "with and without a warning. All other events stop the connector: without them the rest has no meaning.",
)
DESERIALIZATION = Field(
    "event.deserialization.failure.handling.mode",
    one_of(ProcessingFailure),
    None,
    "An event of rows whose bytes cannot be read, or whose checksum is wrong; its rows before the damage come. "
    "Default: as event.processing.failure.handling.mode.",
)
CONVERTING = Field(
    "event.converting.failure.handling.mode",
    one_of(Failure),
    Failure.WARN,
    "A value that does not fit into its form (a TIME beyond the day in time.precision.mode=connect), or on which a "
    "converter fails: fail: stop; warn, skip: it is null, with and without a warning. Where the column is NOT NULL the "
    "connector stops.",
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

FIELDS: tuple[Field[Any], ...] = (
    INCONSISTENT,
    PROCESSING,
    DESERIALIZATION,
    CONVERTING,
    SKIP_UNPARSEABLE,
    GUARDRAIL,
    GUARDRAIL_ACTION,
)


@dataclass(frozen=True, slots=True)
class FailureConfig:
    """How forgiving a connector is."""

    inconsistent: Inconsistent = Inconsistent.FAIL
    unfit: Failure = Failure.FAIL
    """An event with a row that does not fit its table."""
    unreadable: Failure = Failure.FAIL
    """An event of rows whose bytes cannot be read."""
    skip_unparseable_ddl: bool = False
    most_tables: int | None = None
    """None: any number."""
    too_many_tables: GuardrailAction = GuardrailAction.WARN

    @classmethod
    def read(cls, values: Values) -> FailureConfig:
        """From parsed properties."""
        return cls(
            inconsistent=values[INCONSISTENT],
            unfit=values[PROCESSING].mode,
            unreadable=(values.get(DESERIALIZATION) or values[PROCESSING]).mode,
            skip_unparseable_ddl=values[SKIP_UNPARSEABLE],
            most_tables=values[GUARDRAIL] or None,
            too_many_tables=values[GUARDRAIL_ACTION],
        )
