"""One table's definition from CREATE TABLE, and from one ALTER TABLE to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tailrace.errors import SchemaError
from tailrace.history.charset import SERVER_DEFAULT, Charset
from tailrace.history.ddl.default import default_text
from tailrace.history.ddl.keys import Keys
from tailrace.history.ddl.resolve import convert, resolve
from tailrace.history.ddl.syntax import (
    Action,
    AddColumn,
    AddKey,
    AlterColumn,
    ChangeColumn,
    ConvertCharset,
    CreateTable,
    DropColumn,
    DropKey,
    KeyDefinition,
    Options,
    Position,
    RenameColumn,
    RenameKey,
    SetOptions,
)
from tailrace.model.table import Column, Table, TableId

ChooseCharset = Callable[[Options, Charset], Charset]
"""(options, character set in force) to the character set after them."""


def create(table_id: TableId, statement: CreateTable, charset: Charset, *, timestamps_null: bool = True) -> Table:
    """The table that CREATE TABLE makes."""
    columns = [resolve(column, charset, timestamps_null=timestamps_null) for column in statement.columns]
    table = Table(table_id, (), (), (), (), charset.name, charset.collation, statement.options.comment or "")
    return _finish(table, columns, Keys.none(), statement.keys)


def alter(table: Table, actions: Sequence[Action], choose: ChooseCharset, *, timestamps_null: bool = True) -> Table:
    """The table after the clauses of one ALTER TABLE, in the order the server carries them out.

    Old columns are dropped, changed and renamed by their old names first; then new and moved ones are put in place, in
    the order written (sql/sql_table.cc, `prepare_fields_and_keys`).
    """
    charset = Charset(table.charset or SERVER_DEFAULT.name, table.collation or SERVER_DEFAULT.collation)
    convert_to: Charset | None = None
    for action in actions:
        if isinstance(action, SetOptions):
            charset = choose(action.options, charset)
            if action.options.comment is not None:
                table = replace(table, comment=action.options.comment)
        elif isinstance(action, ConvertCharset):
            charset = convert_to = choose(Options(action.charset or "DEFAULT", action.collation), charset)
    table = replace(table, charset=charset.name, collation=charset.collation)

    columns = _old_columns(table, actions, charset, timestamps_null=timestamps_null)
    for action in actions:
        if isinstance(action, AddColumn):
            new = resolve(action.column, charset, timestamps_null=timestamps_null)
            _insert(columns, new, action.position, table.id)
        elif isinstance(action, ChangeColumn) and action.position is not None:
            _insert(columns, _changed(action, charset, timestamps_null=timestamps_null), action.position, table.id)
    if convert_to is not None:
        columns = [convert(column, convert_to) for column in columns]
    added = [action.key for action in actions if isinstance(action, AddKey)]
    return _finish(table, columns, _old_keys(Keys.of(table), actions), added)


def _same(left: str, right: str) -> bool:
    """Column names compare without case."""
    return left.casefold() == right.casefold()


def _changed(action: ChangeColumn, charset: Charset, *, timestamps_null: bool) -> Column:
    return resolve(action.column, charset, timestamps_null=timestamps_null)


def _old_columns(table: Table, actions: Sequence[Action], charset: Charset, *, timestamps_null: bool) -> list[Column]:
    """The old columns that stay in their places, changed as the clauses say; moved ones are left out."""
    columns: list[Column] = []
    by_name = {column.name.casefold(): column.name for column in table.columns}
    for action in actions:
        name = _target(action)
        if name is not None and name.casefold() not in by_name:
            # The server has accepted the statement, so the table is not what we think.
            raise SchemaError(f"the statement changes column {name!r}, which {table.id} does not have")
    for column in table.columns:
        kept: Column | None = column
        for action in actions:
            name = _target(action)
            if name is None or not _same(name, column.name) or kept is None:
                continue
            kept = _touched(action, kept, charset, timestamps_null=timestamps_null)
        if kept is not None:
            columns.append(kept)
    return columns


def _target(action: Action) -> str | None:
    """The old column a clause speaks of."""
    match action:
        case DropColumn(name) | AlterColumn(name) | RenameColumn(name) | ChangeColumn(name):
            return name
    return None


def _touched(action: Action, column: Column, charset: Charset, *, timestamps_null: bool) -> Column | None:
    match action:
        case ChangeColumn(_, _, position):
            return None if position else _changed(action, charset, timestamps_null=timestamps_null)
        case RenameColumn(_, new):
            return replace(column, name=new)
        case AlterColumn():
            return _altered(action, column)
    return None


def _altered(action: AlterColumn, column: Column) -> Column:
    if action.invisible is not None:
        return replace(column, invisible=action.invisible)
    if action.default is None:
        return replace(column, default=None, default_is_expression=False)
    text, expression = default_text(column, action.default)
    return replace(column, default=text, default_is_expression=expression)


def _insert(columns: list[Column], column: Column, position: Position | None, table: TableId) -> None:
    if position is None:
        columns.append(column)
    elif position.after is None:
        columns.insert(0, column)
    else:
        for index, other in enumerate(columns):
            if _same(other.name, position.after):
                columns.insert(index + 1, column)
                return
        raise SchemaError(f"the statement puts a column AFTER {position.after!r}, which {table} does not have")


def _old_keys(keys: Keys, actions: Sequence[Action]) -> Keys:
    """The keys of old that stay, under their new names."""
    renamed: dict[str, str] = {}
    # A column dropped and added again in one statement keeps its places in the keys.
    again = {action.column.name.casefold() for action in actions if isinstance(action, AddColumn)}
    for action in actions:
        match action:
            case DropKey(name):
                keys = keys.drop(name)
            case DropColumn(name) if name.casefold() not in again:
                keys = keys.drop_column(name)
            case RenameKey(old, new):
                keys = keys.rename(old, new)
            case RenameColumn(old, new):
                renamed[old.casefold()] = new
            case ChangeColumn(old, column):
                renamed[old.casefold()] = column.name
    return keys.rename_columns(renamed)


def _finish(table: Table, columns: Sequence[Column], keys: Keys, added: Iterable[KeyDefinition]) -> Table:
    """Put columns and keys together: a key spells a column as its definition does, and a primary key allows no NULL."""
    spelled = {column.name.casefold(): column.name for column in columns}
    new = [replace(key, columns=tuple(spelled.get(name.casefold(), name) for name in key.columns)) for key in added]
    written = [key.columns for key in new if key.kind != "foreign"]
    for key in new:
        # A foreign key takes a written index that begins with its columns, even one that comes later in the statement.
        if key.kind != "foreign" or all(columns[: len(key.columns)] != key.columns for columns in written):
            keys = keys.add(key)
    keys = keys.rename_columns(spelled)
    primary = set(keys.primary)
    return replace(
        table,
        columns=tuple(replace(c, nullable=False) if c.nullable and c.name in primary else c for c in columns),
        primary_key=keys.primary,
        unique_keys=keys.unique,
        other_keys=keys.other,
    )
