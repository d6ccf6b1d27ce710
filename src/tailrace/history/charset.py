"""Character sets and collations as MySQL inherits them: server, database, table, column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tailrace.history.collations import CHARACTER_SETS, COLLATIONS

_DEFAULT: Final = {name: default for name, default, _ in map(str.split, CHARACTER_SETS.strip().splitlines())}
_MAX_BYTES: Final = {name: int(size) for name, _, size in map(str.split, CHARACTER_SETS.strip().splitlines())}
_CHARSET: Final = {name: charset for _, name, charset in map(str.split, COLLATIONS.strip().splitlines())}
_IDS: Final = {name: int(number) for number, name, _ in map(str.split, COLLATIONS.strip().splitlines())}
_BY_ID: Final = {number: name for name, number in _IDS.items()}

# Python's codec where its name differs from MySQL's; the single-byte sets without one are read as latin1.
_CODECS: Final = {
    "utf8mb4": "utf-8", "utf8mb3": "utf-8", "latin1": "cp1252", "ucs2": "utf-16-be", "utf16": "utf-16-be",
    "utf16le": "utf-16-le",
    "utf32": "utf-32-be", "ujis": "euc_jp", "sjis": "shift_jis", "cp932": "cp932", "eucjpms": "euc_jp",
    "euckr": "euc_kr",
    "gb2312": "gb2312", "gbk": "gbk", "gb18030": "gb18030", "big5": "big5", "latin2": "iso8859_2",
    "latin5": "iso8859_9",
    "latin7": "iso8859_13", "greek": "iso8859_7", "hebrew": "iso8859_8", "koi8r": "koi8_r", "koi8u": "koi8_u",
    "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "cp1257": "cp1257", "cp850": "cp850", "cp852": "cp852",
    "cp866": "cp866", "tis620": "tis_620", "ascii": "ascii",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charset:
    """A character set with the collation in force."""

    name: str
    collation: str


SERVER_DEFAULT: Final = Charset("utf8mb4", "utf8mb4_0900_ai_ci")
BINARY: Final = Charset("binary", "binary")


def canonical_charset(name: str) -> str:
    """`utf8` and upper case as the server prints them since 8.0.28: `utf8mb3`."""
    name = name.lower()
    return "utf8mb3" if name == "utf8" else name


def canonical_collation(name: str) -> str:
    """`utf8_bin` and upper case as the server prints them since 8.0.30: `utf8mb3_bin`."""
    name = name.lower()
    return "utf8mb3_" + name[5:] if name.startswith("utf8_") else name


def by_name(charset: str | None, collation: str | None) -> Charset | None:
    """What `CHARACTER SET charset COLLATE collation` means; None where neither is given or a name is not known."""
    if collation is not None:
        collation = canonical_collation(collation)
        found = _CHARSET.get(collation)
        return Charset(found, collation) if found else None
    if charset is not None:
        charset = canonical_charset(charset)
        default = _DEFAULT.get(charset)
        return Charset(charset, default) if default else None
    return None


def by_id(collation: int) -> Charset | None:
    """The character set of a collation id of the binlog."""
    name = _BY_ID.get(collation)
    return Charset(_CHARSET[name], name) if name else None


def collation_id(name: str) -> int | None:
    """The id a collation has in the binlog."""
    return _IDS.get(canonical_collation(name))


def with_bin(charset: Charset) -> Charset:
    """What the BINARY attribute makes of it: its `_bin` collation."""
    return charset if charset == BINARY else Charset(charset.name, f"{charset.name}_bin")


def max_bytes(charset: str | None) -> int:
    """Most bytes of one character; 1 for binary strings."""
    return _MAX_BYTES.get(charset or "binary", 1)


def is_charset(name: str) -> bool:
    """Whether the server knows a character set by this name."""
    return canonical_charset(name) in _DEFAULT


def decode(charset: str | None, data: bytes) -> str:
    """Bytes of a literal in a character set as text."""
    return data.decode(_CODECS.get(charset or "", "latin-1"), "replace")
