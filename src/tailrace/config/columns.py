"""Which columns are part of an event, which are hidden, which are the key: properties that name columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tailrace.config.field import PATTERNS, Family, Field, Kind, Values
from tailrace.config.filters import EVERY_NAME, NameFilter, Patterns
from tailrace.model.encoding import Mask
from tailrace.model.table import Column, TableId

_WHOLE = "regular expressions, each for the whole of `database.table.column`"

INCLUDE = Field("column.include.list", PATTERNS, None, f"Columns to capture: comma-separated {_WHOLE}.")
EXCLUDE = Field("column.exclude.list", PATTERNS, None, "Columns to leave out; not with the include list.")
PROPAGATE_COLUMN = Field(
    "column.propagate.source.type", PATTERNS, None, f"Columns whose type in MySQL goes into the schema; {_WHOLE}."
)
PROPAGATE_TYPE = Field(
    "datatype.propagate.source.type",
    PATTERNS,
    None,
    "Types in MySQL that go into the schema; regular expressions, each for the whole of `database.table.TYPE`.",
)


def _key_columns(text: str) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """`tables:column,column;tables:column`."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        tables, colon, columns = part.rpartition(":")
        names = tuple(filter(None, (name.strip() for name in columns.split(","))))
        if not colon or not names:
            message = f"{part!r} is not tables:column,column"
            raise ValueError(message)
        try:
            found.append((re.compile(tables.strip(), re.IGNORECASE), names))
        except re.error as error:
            message = f"{tables!r} is not a regular expression: {error}"
            raise ValueError(message) from None
    return tuple(found)


KEY_COLUMNS = Field(
    "message.key.columns",
    Kind("STRING", _key_columns),
    None,
    "Columns that make the key, in place of the primary key: `database.table:column,column;…`; the table is a regular "
    "expression.",
)
MASK = Family(
    "column.mask.with.<n>.chars",
    re.compile(r"column\.mask\.with\.(\d+)\.chars"),
    PATTERNS,
    "Columns whose text is replaced by n asterisks.",
)
TRUNCATE = Family(
    "column.truncate.to.<n>.chars",
    re.compile(r"column\.truncate\.to\.(\d+)\.chars"),
    PATTERNS,
    "Columns whose text is cut to n characters.",
)
HASH = Family(
    "column.mask.hash.<algorithm>.with.salt.<salt>",
    re.compile(r"column\.mask\.hash\.(?!v2\.)([^.]+)\.with\.salt\.(.+)"),
    PATTERNS,
    "Columns whose text is replaced by its digest, as Debezium's first version makes it.",
)
HASH_V2 = Family(
    "column.mask.hash.v2.<algorithm>.with.salt.<salt>",
    re.compile(r"column\.mask\.hash\.v2\.([^.]+)\.with\.salt\.(.+)"),
    PATTERNS,
    "Columns whose text is replaced by its digest.",
)

FIELDS: tuple[Field[Any], ...] = (INCLUDE, EXCLUDE, KEY_COLUMNS, PROPAGATE_COLUMN, PROPAGATE_TYPE)
FAMILIES: tuple[Family[Any], ...] = (MASK, TRUNCATE, HASH, HASH_V2)

_ALGORITHMS = frozenset(
    {"MD5", "SHA", "SHA1", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"}
    | {"SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"}
)


@dataclass(frozen=True, slots=True)
class ColumnsConfig:
    """Columns by their full names."""

    captured: NameFilter = EVERY_NAME
    masks: tuple[tuple[Patterns, Mask], ...] = ()
    """The first that matches counts."""
    keys: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = ()
    propagate_columns: Patterns = ()
    propagate_types: Patterns = ()

    def mask(self, table: TableId, column: Column) -> Mask | None:
        """The rule for a column, whether its type can be hidden or not."""
        name = f"{table}.{column.name}"
        return next(
            (mask for patterns, mask in self.masks if any(pattern.fullmatch(name) for pattern in patterns)), None
        )

    def key(self, table: TableId) -> tuple[str, ...] | None:
        """The key of a table where one is given for it."""
        return next((columns for pattern, columns in self.keys if pattern.fullmatch(str(table))), None)

    def propagates(self, table: TableId, column: Column, type_name: str) -> bool:
        """Whether the column's type in MySQL goes into the schema."""
        named = any(pattern.fullmatch(f"{table}.{column.name}") for pattern in self.propagate_columns)
        return named or any(pattern.fullmatch(f"{table}.{type_name}") for pattern in self.propagate_types)

    @classmethod
    def read(cls, values: Values) -> ColumnsConfig:
        """From parsed properties."""
        masks = [(patterns, Mask("fixed", int(length))) for (length,), patterns in values.family(MASK)]
        masks += [
            (patterns, Mask("hash_v2", 0, algorithm, salt)) for (algorithm, salt), patterns in values.family(HASH_V2)
        ]
        masks += [(patterns, Mask("hash", 0, algorithm, salt)) for (algorithm, salt), patterns in values.family(HASH)]
        masks += [(patterns, Mask("truncate", int(length))) for (length,), patterns in values.family(TRUNCATE)]
        return cls(
            captured=NameFilter(values.get(INCLUDE), values.get(EXCLUDE)),
            masks=tuple(masks),
            keys=values.get(KEY_COLUMNS) or (),
            propagate_columns=values.get(PROPAGATE_COLUMN) or (),
            propagate_types=values.get(PROPAGATE_TYPE) or (),
        )


ALL_COLUMNS = ColumnsConfig()


def problems(values: Values) -> list[str]:
    """Lists that exclude one another, and digests that are not known."""
    found = []
    if values.get(INCLUDE) and values.get(EXCLUDE):
        found.append(f"{INCLUDE.name} and {EXCLUDE.name}: give one of them, not both")
    for family in (HASH, HASH_V2):
        for (algorithm, _), _ in values.family(family):
            if algorithm.upper() not in _ALGORITHMS:
                found.append(f"column.mask.hash: {algorithm} is not known; {', '.join(sorted(_ALGORITHMS))} are")
    return found
