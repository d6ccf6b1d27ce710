"""The clauses of ALTER TABLE that change structure; the others are skipped (sql/sql_yacc.yy, `alter_table_stmt`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace.history.ddl.datatype import charset_clause
from tailrace.history.ddl.definitions import (
    KEY_WORDS,
    column_definition,
    default_value,
    key_definition,
    qualified_name,
    take_option,
)
from tailrace.history.ddl.syntax import (
    Action,
    AddColumn,
    AddKey,
    AlterColumn,
    AlterTable,
    ChangeColumn,
    ConvertCharset,
    DropColumn,
    DropKey,
    Options,
    Position,
    QualifiedName,
    RenameColumn,
    RenameKey,
    SetOptions,
)

if TYPE_CHECKING:
    from tailrace.history.ddl.cursor import Cursor


def alter_table(cursor: Cursor) -> AlterTable:
    """ALTER TABLE, the cursor behind TABLE."""
    name = qualified_name(cursor)
    actions: list[Action] = []
    rename: QualifiedName | None = None
    while not cursor.at_end():
        if cursor.take("RENAME"):
            rename = _rename(cursor, actions) or rename
        else:
            _clause(cursor, actions)
        cursor.take(",")
    return AlterTable(name, tuple(actions), rename)


def _clause(cursor: Cursor, actions: list[Action]) -> None:  # noqa: C901 - one branch a clause
    if cursor.at("PARTITION", "BY") or cursor.at("REMOVE", "PARTITIONING"):
        while not cursor.at_end():
            cursor.next()
    elif cursor.take("ADD"):
        _add(cursor, actions)
    elif cursor.take("DROP"):
        _drop(cursor, actions)
    elif cursor.take("MODIFY"):
        cursor.take("COLUMN")
        actions += _changed(cursor, cursor.token.value)
    elif cursor.take("CHANGE"):
        cursor.take("COLUMN")
        actions += _changed(cursor, cursor.name())
    elif cursor.take("ALTER"):
        _alter(cursor, actions)
    elif cursor.take("CONVERT", "TO"):
        actions.append(_convert(cursor))
    elif cursor.take("ORDER", "BY"):
        while not cursor.at_end():
            cursor.next()
    else:
        _option(cursor, actions)


def _option(cursor: Cursor, actions: list[Action]) -> None:
    """Table options stand side by side without commas; an unknown one is skipped word by word."""
    taken = take_option(cursor, Options())
    if taken is None:
        cursor.skip_one()
        return
    while (more := take_option(cursor, taken)) is not None:
        taken = more
    actions.append(SetOptions(taken))


def _position(cursor: Cursor) -> Position | None:
    if cursor.take("FIRST"):
        return Position(None)
    return Position(cursor.name()) if cursor.take("AFTER") else None


def _add(cursor: Cursor, actions: list[Action]) -> None:
    if cursor.take("PARTITION"):
        cursor.skip_item()
        return
    if cursor.at_any(*KEY_WORDS):
        if key := key_definition(cursor):
            actions.append(AddKey(key))
        return
    cursor.take("COLUMN")
    if cursor.take("("):
        while True:
            if cursor.at_any(*KEY_WORDS):
                if key := key_definition(cursor):
                    actions.append(AddKey(key))
            else:
                column, keys = column_definition(cursor)
                actions.append(AddColumn(column, None))
                actions.extend(map(AddKey, keys))
            if not cursor.take(","):
                cursor.expect(")")
                return
    column, keys = column_definition(cursor)
    actions.append(AddColumn(column, _position(cursor)))
    actions.extend(map(AddKey, keys))


def _changed(cursor: Cursor, old: str) -> list[Action]:
    column, keys = column_definition(cursor)
    return [ChangeColumn(old, column, _position(cursor)), *map(AddKey, keys)]


def _drop(cursor: Cursor, actions: list[Action]) -> None:
    if cursor.take("PARTITION"):
        cursor.skip_item()
    elif cursor.take("PRIMARY", "KEY"):
        actions.append(DropKey(None))
    elif cursor.take("FOREIGN", "KEY") or cursor.take("CHECK"):
        cursor.name()
    elif cursor.take_any("INDEX", "KEY", "CONSTRAINT"):
        name = cursor.name()
        actions.append(DropKey(None if name.upper() == "PRIMARY" else name))
    else:
        cursor.take("COLUMN")
        actions.append(DropColumn(cursor.name()))
        cursor.take_any("RESTRICT", "CASCADE")


def _alter(cursor: Cursor, actions: list[Action]) -> None:
    if cursor.at_any("INDEX", "CHECK", "CONSTRAINT"):
        cursor.skip_item()
        return
    cursor.take("COLUMN")
    name = cursor.name()
    if cursor.take("DROP", "DEFAULT"):
        actions.append(AlterColumn(name, drop_default=True))
    elif cursor.take("SET", "DEFAULT"):
        actions.append(AlterColumn(name, default=default_value(cursor)))
    elif cursor.take("SET"):
        actions.append(AlterColumn(name, invisible=cursor.next().key == "INVISIBLE"))
    else:
        cursor.fail("expected SET or DROP")


def _rename(cursor: Cursor, actions: list[Action]) -> QualifiedName | None:
    if cursor.take("COLUMN"):
        old = cursor.name()
        cursor.expect("TO")
        actions.append(RenameColumn(old, cursor.name()))
        return None
    if cursor.at_any("INDEX", "KEY") and cursor.peek(2).key == "TO":
        cursor.next()
        old = cursor.name()
        cursor.expect("TO")
        actions.append(RenameKey(old, cursor.name()))
        return None
    cursor.take_any("TO", "AS", "=")
    return qualified_name(cursor)


def _convert(cursor: Cursor) -> ConvertCharset:
    charset: str | None = charset_clause(cursor)
    if charset is not None and charset.upper() == "DEFAULT":
        charset = None
    return ConvertCharset(charset, cursor.charset_or_collation() if cursor.take("COLLATE") else None)
