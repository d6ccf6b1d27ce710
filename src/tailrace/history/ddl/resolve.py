"""A column as written to a column as information_schema shows it (sql/sql_table.cc, `prepare_create_field`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tailrace.history.charset import BINARY, Charset, by_name, decode, max_bytes, with_bin
from tailrace.history.ddl.default import default_text
from tailrace.model.table import Column

if TYPE_CHECKING:
    from tailrace.history.ddl.syntax import ColumnDefinition, DataType

_TEXTS: Final = {"tinytext": "tinyblob", "text": "blob", "mediumtext": "mediumblob", "longtext": "longblob"}
_AS_BINARY: Final = {"char": "binary", "varchar": "varbinary", **_TEXTS}
_HAS_CHARSET: Final = frozenset({"char", "varchar", "enum", "set", *_TEXTS})
_TEXT_BYTES: Final = (("tiny", 0xFF), ("", 0xFFFF), ("medium", 0xFF_FFFF), ("long", 0xFFFF_FFFF))
MAX_ROW_BYTES: Final = 0xFFFF


def column_charset(data_type: DataType, inherited: Charset) -> Charset | None:
    """The character set in force for a column of a table whose default is `inherited`; None for types without one."""
    if data_type.name not in _HAS_CHARSET:
        return None
    chosen = inherited
    if data_type.charset is not None and data_type.charset.upper() != "DEFAULT":
        chosen = by_name(data_type.charset, None) or chosen
        # A column that names its table's own character set still gets that set's default collation.
    if data_type.collation is not None:
        return by_name(None, data_type.collation) or chosen
    return with_bin(chosen) if data_type.binary else chosen


def sized_text(family: str, wanted_bytes: int) -> str:
    """The smallest of tinytext…longtext (family `text`) or tinyblob…longblob (`blob`) that holds so many bytes."""
    for prefix, most in _TEXT_BYTES:
        if wanted_bytes <= most:
            return prefix + family
    return "long" + family


def text_bytes(data_type: str) -> int:
    """Most bytes of one of the TEXT types."""
    return dict(_TEXT_BYTES)[data_type.removesuffix("text")]


def _sized(data_type: DataType, charset: Charset | None) -> tuple[str, int | None]:
    """(DATA_TYPE, length) after the rules that choose a type by length."""
    name, length = data_type.name, data_type.length
    width = max_bytes(charset.name) if charset else 1
    if name in ("text", "blob") and length:
        return sized_text(name, length * width), None
    if name in ("text", "blob"):
        return name, None
    if name == "varchar" and length is not None and length * width > MAX_ROW_BYTES:
        return sized_text("text", length * width), None
    if name == "varbinary" and length is not None and length > MAX_ROW_BYTES:
        return sized_text("blob", length), None
    return name, length


def resolve(definition: ColumnDefinition, inherited: Charset, *, timestamps_null: bool = True) -> Column:
    """The column in a table whose default character set is `inherited`.

    `timestamps_null` is explicit_defaults_for_timestamp: without it TIMESTAMP is NOT NULL unless NULL is written.
    """
    written = definition.type
    charset = column_charset(written, inherited)
    name, length = _sized(written, charset)
    if charset == BINARY:
        name = _AS_BINARY.get(name, name)
    in_binary = charset is None or charset == BINARY
    nullable = definition.nullable
    if nullable is None:
        nullable = timestamps_null or name != "timestamp" or definition.generated
    column = Column(
        name=definition.name,
        data_type=name,
        length=length,
        scale=written.scale,
        unsigned=written.unsigned,
        nullable=nullable,
        charset=None if in_binary or charset is None else charset.name,
        collation=None if in_binary or charset is None else charset.collation,
        labels=tuple(_label(label, charset) for label in written.labels),
        auto_increment=definition.auto_increment,
        generated=definition.generated,
        invisible=definition.invisible,
        zerofill=written.zerofill,
        srid=definition.srid,
        comment=definition.comment,
    )
    if definition.default is None:
        return column
    text, expression = default_text(column, definition.default)
    return replace(column, default=text, default_is_expression=expression)


def _label(label: str | bytes, charset: Charset | None) -> str:
    text = label if isinstance(label, str) else decode(charset.name if charset else None, label)
    # Spaces at the end count in binary strings only.
    return text if charset == BINARY else text.rstrip(" ")


def convert(column: Column, charset: Charset) -> Column:
    """CONVERT TO CHARACTER SET: characters are kept, so a TEXT or VARCHAR may need a bigger type."""
    if column.charset is None:
        return column
    name, length = column.data_type, column.length
    before, after = max_bytes(column.charset), max_bytes(charset.name)
    if name in _TEXTS:
        name = sized_text("text", text_bytes(name) // before * after) if after > before else name
    elif name == "varchar" and length is not None and length * after > MAX_ROW_BYTES:
        name, length = sized_text("text", length * after), None
    if charset == BINARY:
        return replace(column, data_type=_AS_BINARY.get(name, name), length=length, charset=None, collation=None)
    return replace(column, data_type=name, length=length, charset=charset.name, collation=charset.collation)
