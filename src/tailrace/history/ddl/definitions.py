"""Column and key definitions (sql/sql_yacc.yy, `column_def`, `table_constraint_def`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tailrace.history.charset import is_charset
from tailrace.history.ddl.datatype import charset_clause, data_type
from tailrace.history.ddl.syntax import ColumnDefinition, DataType, Default, KeyDefinition, Options, QualifiedName

if TYPE_CHECKING:
    from tailrace.history.ddl.cursor import Cursor

KEY_WORDS: Final = ("PRIMARY", "UNIQUE", "INDEX", "KEY", "FULLTEXT", "SPATIAL", "CONSTRAINT", "FOREIGN", "CHECK")
"""Reserved words that begin a table element which is not a column."""
_NOW: Final = ("NOW", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP")


def qualified_name(cursor: Cursor) -> QualifiedName:
    """`table`, `database.table` or `.table`."""
    if cursor.take("."):
        return QualifiedName(None, cursor.name())
    first = cursor.name()
    if cursor.take("."):
        return QualifiedName(first, cursor.name())
    return QualifiedName(None, first)


@dataclass(slots=True)
class _Found:
    """What has been read of a column definition so far."""

    type: DataType
    nullable: bool | None = None
    default: Default | None = None
    auto_increment: bool = False
    generated: bool = False
    invisible: bool = False
    on_update: bool = False
    srid: int | None = None
    comment: str = ""
    keys: list[KeyDefinition] = field(default_factory=list)


def column_definition(cursor: Cursor) -> tuple[ColumnDefinition, tuple[KeyDefinition, ...]]:
    """A column's name, type and attributes, and the keys its attributes define."""
    name = cursor.name()
    found = _Found(data_type(cursor))
    if found.type.serial:
        found.nullable, found.auto_increment = False, True
        found.keys.append(KeyDefinition("unique", None, (name,)))
    while _attribute(cursor, found, name):
        pass
    column = ColumnDefinition(
        name, found.type, found.nullable, found.default, found.auto_increment, found.generated, found.invisible,
        found.on_update, found.srid, found.comment,
    )  # fmt: skip
    return column, tuple(found.keys)


def _attribute(cursor: Cursor, found: _Found, name: str) -> bool:  # noqa: C901, PLR0912 - one branch an attribute
    """Read one attribute; False where the definition ends."""
    if cursor.at_any(",", ")", "FIRST", "AFTER") or cursor.at_end():
        return False
    if cursor.take("NOT", "NULL"):
        found.nullable = False
    elif cursor.take("NULL"):
        found.nullable = True
    elif cursor.take("DEFAULT"):
        found.default = default_value(cursor)
    elif cursor.take("ON", "UPDATE"):
        found.on_update = True
        _now(cursor)
    elif cursor.take("AUTO_INCREMENT"):
        found.auto_increment, found.nullable = True, False
    elif cursor.take("SERIAL", "DEFAULT", "VALUE"):
        found.auto_increment, found.nullable = True, False
        found.keys.append(KeyDefinition("unique", None, (name,)))
    elif cursor.take("UNIQUE"):
        cursor.take("KEY")
        found.keys.append(KeyDefinition("unique", None, (name,)))
    elif cursor.take("PRIMARY", "KEY") or cursor.take("KEY") or cursor.take("PRIMARY"):
        found.keys.append(KeyDefinition("primary", None, (name,)))
    elif cursor.take("COMMENT"):
        found.comment = cursor.text()
    elif cursor.take("COLLATE"):
        found.type = replace(found.type, collation=cursor.charset_or_collation())
    elif cursor.at_any("CHARSET", "CHARACTER"):
        found.type = replace(found.type, charset=charset_clause(cursor))
    elif cursor.take("SRID"):
        found.srid = cursor.number()
    elif cursor.take("GENERATED", "ALWAYS", "AS") or cursor.take("AS"):
        found.generated = True
        cursor.skip_group()
    elif cursor.take("INVISIBLE"):
        found.invisible = True
    elif cursor.take("REFERENCES"):
        found.keys.append(KeyDefinition("foreign", None, (name,)))
        _references(cursor)
    elif cursor.take_any("COLUMN_FORMAT", "STORAGE", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE"):
        cursor.take("=")
        cursor.next()
    else:
        # VISIBLE, VIRTUAL, STORED, CHECK (...), and whatever a later server adds: nothing that the row image shows.
        cursor.skip_one()
    return True


def _now(cursor: Cursor) -> str:
    """CURRENT_TIMESTAMP and synonyms, as information_schema prints them."""
    cursor.next()
    if not cursor.take("("):
        return "CURRENT_TIMESTAMP"
    digits = cursor.number() if cursor.key != ")" else 0
    cursor.expect(")")
    return f"CURRENT_TIMESTAMP({digits})" if digits else "CURRENT_TIMESTAMP"


def _references(cursor: Cursor) -> None:
    """The rest of REFERENCES: `t (a, b) MATCH FULL ON DELETE SET NULL ON UPDATE NO ACTION`."""
    qualified_name(cursor)
    if cursor.key == "(":
        cursor.skip_group()
    while True:
        if cursor.take("MATCH"):
            cursor.next()
        elif cursor.at("ON", "DELETE") or cursor.at("ON", "UPDATE"):
            cursor.next()
            cursor.next()
            if cursor.take_any("SET", "NO"):
                cursor.next()
            else:
                cursor.take_any("RESTRICT", "CASCADE")
        else:
            return


def default_value(cursor: Cursor) -> Default:  # noqa: C901 - one branch a kind of literal
    """What follows DEFAULT."""
    token = cursor.token
    if cursor.key == "(":
        cursor.skip_group()
        return Default("expression")
    if cursor.at_any(*_NOW):
        return Default("now", _now(cursor))
    if cursor.take("NULL"):
        return Default("null")
    if cursor.take("TRUE"):
        return Default("number", "1")
    if cursor.take("FALSE"):
        return Default("number", "0")
    if cursor.at_any("+", "-"):
        sign = cursor.next().key
        return Default("number", ("-" if sign == "-" else "") + cursor.next().value)
    if cursor.at_any("DATE", "TIME", "TIMESTAMP") and cursor.peek().kind == "string":
        cursor.next()
        return Default("string", cursor.text())
    if token.kind == "word" and token.value.startswith("_") and is_charset(token.value[1:]):
        cursor.next()
        return replace(default_value(cursor), charset=token.value[1:])
    if token.kind in ("string", "national"):
        return Default("string", cursor.text())
    if token.kind in ("number", "hex", "bit"):
        cursor.next()
        return Default(token.kind, token.value)
    return cursor.fail("expected a default value")


def key_definition(cursor: Cursor) -> KeyDefinition | None:
    """A table element that begins with one of KEY_WORDS; None for CHECK."""
    symbol: str | None = None
    if cursor.take("CONSTRAINT") and not cursor.at_any("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
        symbol = cursor.name()
    if cursor.take("CHECK"):
        cursor.skip_item()
        return None
    if cursor.take("FOREIGN", "KEY"):
        name = cursor.name() if cursor.key != "(" else None
        columns = key_parts(cursor)
        cursor.expect("REFERENCES")
        _references(cursor)
        return KeyDefinition("foreign", symbol or name, columns)
    if cursor.take("PRIMARY", "KEY"):
        return KeyDefinition("primary", None, _named_parts(cursor)[1])
    unique = cursor.take("UNIQUE")
    cursor.take_any("FULLTEXT", "SPATIAL")
    cursor.take_any("INDEX", "KEY")
    index, columns = _named_parts(cursor)
    if unique:
        return KeyDefinition("unique", index or symbol, columns)
    return KeyDefinition("other", index, columns)


def _named_parts(cursor: Cursor) -> tuple[str | None, tuple[str, ...]]:
    name: str | None = None
    if cursor.key != "(" and not (cursor.at_any("USING", "TYPE") and cursor.peek().key in ("BTREE", "HASH", "RTREE")):
        name = cursor.name()
    if cursor.take_any("USING", "TYPE"):
        cursor.next()
    columns = key_parts(cursor)
    # USING, KEY_BLOCK_SIZE, COMMENT, WITH PARSER, VISIBLE ...
    cursor.skip_item()
    return name, columns


def key_parts(cursor: Cursor) -> tuple[str, ...]:
    """`(a, b(10) DESC, (c + 1))` as `("a", "b", "")`."""
    cursor.expect("(")
    parts: list[str] = []
    while True:
        if cursor.key == "(":
            cursor.skip_group()
            parts.append("")
        else:
            parts.append(cursor.name())
        cursor.skip_item()
        if not cursor.take(","):
            cursor.expect(")")
            return tuple(parts)


def take_option(cursor: Cursor, options: Options) -> Options | None:
    """One of the options that reach columns, added to those read before; None if another thing comes next."""
    default = cursor.at("DEFAULT")
    word = cursor.peek().key if default else cursor.key
    if word in ("CHARSET", "CHARACTER", "CHAR"):
        cursor.take("DEFAULT")
        return replace(options, charset=charset_clause(cursor), collation=None)
    if word == "COLLATE":
        cursor.take("DEFAULT")
        cursor.next()
        cursor.take("=")
        return replace(options, collation=cursor.charset_or_collation())
    if word == "COMMENT" and not default:
        cursor.next()
        cursor.take("=")
        return replace(options, comment=cursor.text())
    return None
