"""Which tables are captured, and whose transactions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailrace.config.field import BOOLEAN, PATTERNS, Field, Values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailrace.model.table import TableId

Patterns = tuple[re.Pattern[str], ...]

BUILTIN_DATABASES = frozenset({"mysql", "information_schema", "performance_schema", "sys"})

DATABASE_INCLUDE = Field(
    "database.include.list",
    PATTERNS,
    None,
    "Databases to capture: comma-separated regular expressions, each for the whole name, in any case.",
    importance="high",
)
DATABASE_EXCLUDE = Field("database.exclude.list", PATTERNS, None, "Databases to leave out; not with the include list.")
TABLE_INCLUDE = Field(
    "table.include.list",
    PATTERNS,
    None,
    "Tables to capture: comma-separated regular expressions, each for the whole of `database.table`, in any case.",
    importance="high",
)
TABLE_EXCLUDE = Field("table.exclude.list", PATTERNS, None, "Tables to leave out; not with the include list.")
IGNORE_BUILTIN = Field(
    "table.ignore.builtin",
    BOOLEAN,
    default=True,
    doc="Leave out mysql, information_schema, performance_schema and sys.",
    importance="low",
)
GTID_INCLUDES = Field(
    "gtid.source.includes",
    PATTERNS,
    None,
    "Source UUIDs whose part of the stored GTID set is used to find the position; comma-separated regular "
    "expressions, each for the whole UUID.",
    importance="high",
)
GTID_EXCLUDES = Field(
    "gtid.source.excludes", PATTERNS, None, "Source UUIDs to leave out of it; not with gtid.source.includes."
)
GTID_FILTER_DML = Field(
    "gtid.source.filter.dml.events",
    BOOLEAN,
    default=True,
    doc="Leave out rows of transactions that began on servers which those lists leave out; their GTIDs still count.",
    importance="low",
)

FIELDS: tuple[Field[Any], ...] = (
    DATABASE_INCLUDE,
    DATABASE_EXCLUDE,
    TABLE_INCLUDE,
    TABLE_EXCLUDE,
    IGNORE_BUILTIN,
    GTID_INCLUDES,
    GTID_EXCLUDES,
    GTID_FILTER_DML,
)


@dataclass(frozen=True, slots=True)
class NameFilter:
    """Include or exclude patterns over one kind of name; None: no such list."""

    include: Patterns | None = None
    exclude: Patterns | None = None

    def accepts(self, name: str) -> bool:
        """Whether a pattern of the include list, or none of the exclude list, matches the whole name."""
        if self.include is not None:
            return any(pattern.fullmatch(name) for pattern in self.include)
        return not any(pattern.fullmatch(name) for pattern in self.exclude or ())


EVERY_NAME = NameFilter()


@dataclass(frozen=True, slots=True)
class TableFilter:
    """Which tables are captured. A value: same lists, same answers, no server asked."""

    databases: NameFilter = NameFilter()
    tables: NameFilter = NameFilter()
    ignore_builtin: bool = True

    def database_captured(self, database: str) -> bool:
        """Whether any table of the database can be captured."""
        if self.ignore_builtin and database.lower() in BUILTIN_DATABASES:
            return False
        return self.databases.accepts(database)

    def captured(self, table: TableId) -> bool:
        """Whether row changes of the table become events."""
        return self.database_captured(table.database) and self.tables.accepts(str(table))

    @classmethod
    def read(cls, values: Values) -> TableFilter:
        """From parsed properties."""
        return cls(
            databases=NameFilter(values.get(DATABASE_INCLUDE), values.get(DATABASE_EXCLUDE)),
            tables=NameFilter(values.get(TABLE_INCLUDE), values.get(TABLE_EXCLUDE)),
            ignore_builtin=values[IGNORE_BUILTIN],
        )


def unmatched(filters: TableFilter, there: Iterable[TableId]) -> tuple[str, str] | None:
    """What is wrong, and a way out, where a list of tables was given and none of those that are `there` is on it."""
    wanted, names = filters.tables.include, sorted(there)
    if not wanted or any(map(filters.captured, names)):
        return None
    near = [str(table) for table in names if filters.database_captured(table.database)]
    seen = f"there are {', '.join(near[:5])}" if near else "the capture user sees no table"
    return (
        f"no table of the server matches table.include.list={','.join(pattern.pattern for pattern in wanted)}",
        f"name tables as database.table ({seen}), and GRANT SELECT on them to the capture user",
    )


def filters_rows(values: Values) -> bool:
    """Whether rows of other sources are left out."""
    listed = values.get(GTID_INCLUDES) is not None or values.get(GTID_EXCLUDES) is not None
    return listed and values[GTID_FILTER_DML]


def gtid_sources(values: Values) -> NameFilter:
    """Which source UUIDs count in the GTID set."""
    return NameFilter(values.get(GTID_INCLUDES), values.get(GTID_EXCLUDES))


def problems(values: Values) -> list[str]:
    """Lists that exclude one another."""
    pairs: Iterable[tuple[Field[Patterns], Field[Patterns]]] = (
        (DATABASE_INCLUDE, DATABASE_EXCLUDE),
        (TABLE_INCLUDE, TABLE_EXCLUDE),
        (GTID_INCLUDES, GTID_EXCLUDES),
    )
    return [
        f"{include.name} and {exclude.name}: give one of them, not both"
        for include, exclude in pairs
        if values.get(include) and values.get(exclude)
    ]
