"""A table's indexes: names as the server gives them, and what becomes of them when columns go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailrace.history.ddl.syntax import KeyDefinition
    from tailrace.model.table import Table


class Index(NamedTuple):
    """A named index; a functional part is ''."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    for_foreign_key: bool = False
    """Made by the server for a foreign key: gives way to a written index that begins with the same columns."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The primary key and the other indexes."""

    primary: tuple[str, ...]
    indexes: tuple[Index, ...]

    @classmethod
    def none(cls) -> Keys:
        """No key at all."""
        return cls((), ())

    @classmethod
    def of(cls, table: Table) -> Keys:
        """The keys of a table."""
        return cls(
            table.primary_key,
            tuple(Index(name, columns, unique=True) for name, columns in table.unique_keys)
            + tuple(Index(name, columns, unique=False) for name, columns in table.other_keys),
        )

    @property
    def unique(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """UNIQUE indexes without functional parts, by name."""
        return tuple(sorted((i.name, i.columns) for i in self.indexes if i.unique and "" not in i.columns))

    @property
    def other(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The rest, by name."""
        return tuple(sorted((i.name, i.columns) for i in self.indexes if not i.unique or "" in i.columns))

    def add(self, key: KeyDefinition) -> Keys:
        """With one more key."""
        if key.kind == "primary":
            return replace(self, primary=key.columns)
        made = key.kind == "foreign"
        if made and any(
            _begins(index.columns, key.columns) for index in (*self.indexes, Index("", self.primary, unique=True))
        ):
            return self
        index = Index(key.name or self._free_name(key.columns[0]), key.columns, key.kind == "unique", made)
        stays = tuple(i for i in self.indexes if not (i.for_foreign_key and _begins(index.columns, i.columns)))
        return replace(self, indexes=(*stays, index))

    def _free_name(self, column: str) -> str:
        """The name of an index that has none written (sql/sql_table.cc, `make_unique_key_name`)."""
        base = column or "functional_index"
        taken = {index.name.casefold() for index in self.indexes} | {"primary"}
        number = 1
        name = base
        while name.casefold() in taken:
            number += 1
            name = f"{base}_{number}"
        return name

    def drop(self, name: str | None) -> Keys:
        """Without an index (None: the primary key); if there is none, it is a constraint of another kind."""
        if name is None:
            return replace(self, primary=())
        return replace(self, indexes=tuple(i for i in self.indexes if i.name.casefold() != name.casefold()))

    def rename(self, old: str, new: str) -> Keys:
        """With an index renamed."""
        return replace(
            self,
            indexes=tuple(i._replace(name=new) if i.name.casefold() == old.casefold() else i for i in self.indexes),
        )

    def drop_column(self, name: str) -> Keys:
        """Without a column: it leaves every index, and an index without columns goes."""
        folded = name.casefold()
        left = (
            index._replace(columns=tuple(column for column in index.columns if column.casefold() != folded))
            for index in self.indexes
        )
        return Keys(
            tuple(c for c in self.primary if c.casefold() != folded), tuple(index for index in left if index.columns)
        )

    def rename_columns(self, names: Mapping[str, str]) -> Keys:
        """With columns renamed: old name in folded case to new name."""
        if not names:
            return self
        return Keys(
            tuple(names.get(column.casefold(), column) for column in self.primary),
            tuple(
                index._replace(columns=tuple(names.get(column.casefold(), column) for column in index.columns))
                for index in self.indexes
            ),
        )


def _begins(columns: tuple[str, ...], with_columns: tuple[str, ...]) -> bool:
    """Whether an index serves a foreign key: its first columns are those, in any order of case."""
    first = [column.casefold() for column in columns[: len(with_columns)]]
    return first == [column.casefold() for column in with_columns]
