"""What the parser understands of a statement: the parts that change a table's structure, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LiteralKind = Literal["null", "string", "number", "hex", "bit", "now", "expression"]


@dataclass(frozen=True, slots=True)
class Default:
    """The value of a DEFAULT clause as written."""

    kind: LiteralKind
    value: str = ""
    charset: str | None = None
    """An introducer's character set (`_latin1 x'41'`)."""


@dataclass(frozen=True, slots=True)
class DataType:
    """A type with synonyms resolved; sizes and the character set as written."""

    name: str
    length: int | None = None
    scale: int | None = None
    unsigned: bool = False
    zerofill: bool = False
    charset: str | None = None
    collation: str | None = None
    binary: bool = False
    """The BINARY attribute: the `_bin` collation of whatever character set is in force."""
    labels: tuple[str | bytes, ...] = ()
    """Bytes where a label was written in hexadecimal."""
    serial: bool = False


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """One column as written."""

    name: str
    type: DataType
    nullable: bool | None = None
    default: Default | None = None
    auto_increment: bool = False
    generated: bool = False
    invisible: bool = False
    on_update: bool = False
    srid: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class KeyDefinition:
    """An index; a functional part is ''."""

    kind: Literal["primary", "unique", "other", "foreign"]
    name: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """Table or database options that reach columns."""

    charset: str | None = None
    collation: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class QualifiedName:
    """A table's name as written."""

    database: str | None
    table: str


@dataclass(frozen=True, slots=True)
class CreateTable:
    """CREATE TABLE with its columns, or LIKE another table."""

    name: QualifiedName
    if_not_exists: bool
    columns: tuple[ColumnDefinition, ...] = ()
    keys: tuple[KeyDefinition, ...] = ()
    options: Options = Options()
    like: QualifiedName | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where an added or moved column goes: FIRST (`after` None) or AFTER a column."""

    after: str | None


@dataclass(frozen=True, slots=True)
class AddColumn:
    """ADD COLUMN, with the keys written inside it."""

    column: ColumnDefinition
    position: Position | None


@dataclass(frozen=True, slots=True)
class ChangeColumn:
    """CHANGE or MODIFY COLUMN."""

    old: str
    column: ColumnDefinition
    position: Position | None


@dataclass(frozen=True, slots=True)
class DropColumn:
    """DROP COLUMN."""

    name: str


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """RENAME COLUMN old TO new."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AlterColumn:
    """ALTER COLUMN SET or DROP DEFAULT, SET VISIBLE or INVISIBLE; None leaves a property as it is."""

    name: str
    default: Default | None = None
    drop_default: bool = False
    invisible: bool | None = None


@dataclass(frozen=True, slots=True)
class AddKey:
    """ADD PRIMARY KEY, UNIQUE or INDEX."""

    key: KeyDefinition


@dataclass(frozen=True, slots=True)
class DropKey:
    """DROP INDEX or DROP CONSTRAINT; None is the primary key."""

    name: str | None


@dataclass(frozen=True, slots=True)
class RenameKey:
    """RENAME INDEX old TO new."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ConvertCharset:
    """CONVERT TO CHARACTER SET; both None: the database's default."""

    charset: str | None
    collation: str | None


@dataclass(frozen=True, slots=True)
class SetOptions:
    """Table options inside ALTER TABLE."""

    options: Options


Action = (
    AddColumn
    | ChangeColumn
    | DropColumn
    | RenameColumn
    | AlterColumn
    | AddKey
    | DropKey
    | RenameKey
    | ConvertCharset
    | SetOptions
)


@dataclass(frozen=True, slots=True)
class AlterTable:
    """ALTER TABLE, CREATE INDEX or DROP INDEX."""

    name: QualifiedName
    actions: tuple[Action, ...]
    rename: QualifiedName | None = None


@dataclass(frozen=True, slots=True)
class DropTables:
    """DROP TABLE."""

    names: tuple[QualifiedName, ...]


@dataclass(frozen=True, slots=True)
class RenameTables:
    """RENAME TABLE: pairs in the order they happen."""

    pairs: tuple[tuple[QualifiedName, QualifiedName], ...]


@dataclass(frozen=True, slots=True)
class TruncateTable:
    """TRUNCATE TABLE."""

    name: QualifiedName


@dataclass(frozen=True, slots=True)
class SetDatabase:
    """CREATE or ALTER DATABASE; name None is the default database."""

    name: str | None
    options: Options
    create: bool
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropDatabase:
    """DROP DATABASE."""

    name: str


Statement = CreateTable | AlterTable | DropTables | RenameTables | TruncateTable | SetDatabase | DropDatabase
