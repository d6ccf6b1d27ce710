"""Every difference from Debezium 3.6.1 that is meant to be, with its reason. What matches none of them fails a test.

`shows` names the comparison that must meet it: a difference that has gone must go from here too.
"""

from __future__ import annotations

import base64
import json
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compat.both import PREFIX
from compat.compare import Difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True)
class Accepted:
    name: str
    path: str
    """A regular expression for the whole path."""
    values: Callable[[Any, Any], bool]
    """(Debezium's, Tailrace's): whether this is it."""
    reason: str
    shows: str
    """`edges`, `ddl`, `corpus`, or the name of a case of test_options."""
    right: str
    """`ours`, `theirs`, or `either` where it is a matter of taste."""


IN_ROWS = r".*:value(\.payload)?\.(after|before)\.\w+"
IN_DEFAULTS = r".*:value\.(schema\..*|payload\.((after|before)\.\w+|tableChanges.*\.defaultValueExpression))"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d*?)0*)?Z")


def _trimmed(theirs: Any, ours: Any) -> bool:
    """A time that differs in the zeros its fraction ends with."""
    if not (isinstance(theirs, str) and isinstance(ours, str) and len(theirs) < len(ours)):
        return False
    found = _INSTANT.fullmatch(theirs), _INSTANT.fullmatch(ours)
    return found[0] is not None and found[1] is not None and found[0].groups("") == found[1].groups("")


def _defaults(values: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """The two texts of a default: in a schema that is the same but for it, in a row in place of NULL, or by itself."""

    def check(theirs: Any, ours: Any) -> bool:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            if {**theirs, "default": None} != {**ours, "default": None}:
                return False
            theirs, ours = theirs.get("default"), ours.get("default")
        return type(theirs) is type(ours) and values(theirs, ours)

    return check


def _escaped_zeros(theirs: Any, ours: Any) -> bool:
    """`q\\0` for the bytes q and 0, as text or as an encoding of bytes."""
    if not isinstance(theirs, str):
        return False
    if theirs.replace("\\0", "") == ours:
        return "\\0" in theirs
    decode = bytes.fromhex if re.fullmatch(r"([0-9a-f]{2})+", ours) else base64.urlsafe_b64decode
    try:
        return decode(theirs).replace(b"\\0", b"\0") == decode(ours)
    except ValueError:
        return False


def _same_float(theirs: Any, ours: Any) -> bool:
    return isinstance(theirs, float) and isinstance(ours, float) and struct.pack("f", theirs) == struct.pack("f", ours)


def _six_digits(theirs: Any, ours: Any) -> bool:
    return isinstance(theirs, float) and isinstance(ours, float) and float(f"{ours:.5e}") == theirs


def _zero_length(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        name = "__debezium.source.column.length"
        lengths = [schema.get("parameters", {}).get(name) for schema in (theirs, ours)]
        rest = [{**schema, "parameters": {**schema.get("parameters", {}), name: ""}} for schema in (theirs, ours)]
        return lengths == ["10", "0"] and rest[0] == rest[1]
    return (theirs, ours) == (10, 0)


def _leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict | list):
        parts = document.items() if isinstance(document, dict) else enumerate(document)
        for name, part in parts:
            yield from _leaves(part, f"{path}.{name}")
    else:
        yield path, document


def _typed_values(theirs: Any, ours: Any) -> bool:
    """JSON documents that differ only in texts within."""
    try:
        pairs = zip(_leaves(json.loads(theirs)), _leaves(json.loads(ours)), strict=True)
        return all(
            their == our or (their[0] == our[0] and isinstance(their[1], str) and isinstance(our[1], str))
            for their, our in pairs
        )
    except (TypeError, ValueError):
        return False


IN_DEFINITIONS = rf"{PREFIX}:value(\.payload)?\.tableChanges\[\d+\]\.table\.columns\[\d+\]"
HOUR_MS = 3_600_000
SYNONYMS = {
    "INTEGER": "INT", "INT4": "INT", "INT8": "BIGINT", "NUMERIC": "DECIMAL", "DEC": "DECIMAL", "FIXED": "DECIMAL",
    "REAL": "DOUBLE", "DOUBLE PRECISION": "DOUBLE", "BOOL": "TINYINT", "BOOLEAN": "TINYINT", "LONG": "MEDIUMTEXT",
    "CHARACTER": "CHAR", "CHARACTER VARYING": "VARCHAR", "NATIONAL VARCHAR": "VARCHAR", "NVARCHAR": "VARCHAR",
}  # fmt: skip
JDBC_TYPES = {(16, 5), (7, 8), (2, 3), (12, 2004), (-15, 1), (-9, 12), (1, -2), (6, 8)}
"""BOOLEAN and TINYINT, REAL and DOUBLE, NUMERIC and DECIMAL, VARCHAR and BLOB, N[VAR]CHAR, CHAR BYTE, FLOAT(53)."""


def _synonym(theirs: Any, ours: Any) -> bool:
    """`INTEGER UNSIGNED` for `INT UNSIGNED`; `BLOB`, of any length, for the BLOB or TEXT that holds it."""
    if not (isinstance(theirs, str) and isinstance(ours, str)):
        return False
    word, unsigned, rest = theirs.partition(" UNSIGNED")
    return f"{SYNONYMS.get(word, word)}{unsigned}{rest}" == ours or (
        word in {"BLOB", "TEXT"} and ours.endswith(("BLOB", "TEXT"))
    )


ACCEPTED = (
    Accepted(
        "fraction of a TIMESTAMP in a snapshot",
        IN_ROWS,
        _trimmed,
        "Debezium writes `.780Z` while streaming and `.78Z` in a snapshot; ours is the stream's, always.",
        "edges",
        "ours",
    ),
    Accepted(
        "year 0",
        IN_ROWS,
        lambda theirs, ours: theirs in {1900, 2000} and ours == 0,
        "YEAR 0000 is 2000 in Debezium's snapshot and 1900 in its stream; ours is what SELECT prints.",
        "edges",
        "ours",
    ),
    Accepted(
        "digits of a FLOAT",
        IN_ROWS,
        _same_float,
        "Java 17 prints more digits than tell a float from its neighbours: 3.25000008E10; the same 32 bits.",
        "edges",
        "either",
    ),
    Accepted(
        "six digits of a FLOAT in a snapshot",
        IN_ROWS,
        _six_digits,
        "Debezium has the text that the server prints, six digits, where its stream has the number; ours is that.",
        "edges",
        "ours",
    ),
    Accepted(
        "comma in an ENUM label",
        IN_ROWS,
        lambda theirs, ours: isinstance(theirs, str) and theirs.replace("\\,", ",") == ours,
        "Debezium escapes it while streaming, not in a snapshot; ours is the label.",
        "edges",
        "ours",
    ),
    Accepted(
        "quote in a default",
        IN_DEFAULTS,
        _defaults(lambda theirs, ours: isinstance(theirs, str) and theirs.replace("''", "'") == ours),
        "Debezium keeps the quotes of DDL doubled; ours is the value.",
        "edges",
        "ours",
    ),
    Accepted(
        "default of a BINARY column",
        IN_DEFAULTS,
        _defaults(_escaped_zeros),
        "Debezium takes the zero bytes that SHOW CREATE TABLE prints as \\0 for two letters each; ours is the value.",
        "edges",
        "ours",
    ),
    Accepted(
        "default of BIGINT UNSIGNED beyond 63 bits",
        IN_DEFAULTS,
        _defaults(lambda theirs, ours: theirs == 2**63 - 1 and ours < 0),
        "In mode long Debezium writes the value 2^64-1 as -1, and 2^63-1 where it is the default; ours is -1 for both.",
        "edges",
        "ours",
    ),
    Accepted(
        "length of CHAR(0)",
        r".*:value\.(schema\..*|payload\.tableChanges.*\.length)",
        _zero_length,
        "Debezium says 10; ours is 0.",
        "edges",
        "ours",
    ),
    Accepted(
        "ON UPDATE CURRENT_TIMESTAMP",
        r".*:value\.payload\.tableChanges.*\.(autoIncremented|generated)",
        lambda theirs, ours: theirs is True and ours is False,
        "Debezium tells such a column to be auto-incremented and generated; it is neither.",
        "edges",
        "ours",
    ),
    Accepted(
        "types inside JSON documents",
        IN_ROWS,
        _typed_values,
        "Dates, times and bytes inside a JSON document: Debezium's own text (negative times are broken); ours is what "
        "SELECT prints.",
        "edges",
        "ours",
    ),
    Accepted(
        "source.snapshot without Connect's defaults",
        r".*:value\.payload\.source\.snapshot",
        lambda theirs, ours: theirs is None and ours == "false",
        "With replace.null.with.default=false Debezium's streamed rows have no word there; ours do.",
        "edges",
        "ours",
    ),
    Accepted(
        "row of a statement",
        rf"{PREFIX}(\.options\.shard_2)?:value(\.payload)?\.source\.row",
        lambda theirs, ours: isinstance(theirs, int) and ours == 0,
        "In DDL and TRUNCATE Debezium leaves the number of the last row changed before; a statement has none.",
        "truncate told",
        "ours",
    ),
    Accepted(
        "GTIDs that are not to be used",
        r".*:value(\.payload)?\.source\.gtid",
        lambda theirs, ours: theirs is None and isinstance(ours, str),
        "With gtid.ignore.on.recovery Debezium does not name them in its events either; ours does, and does not "
        "resume by them.",
        "places without GTIDs",
        "either",
    ),
    Accepted(
        "comment of a table",
        rf"{PREFIX}:value(\.payload)?\.tableChanges\[0\]\.table\.comment",
        lambda theirs, ours: theirs is None and isinstance(ours, str),
        "Debezium forgets a table's comment in ALTER, LIKE and RENAME; ours is the table's.",
        "ddl",
        "ours",
    ),
    Accepted(
        "words of a type",
        rf"{IN_DEFINITIONS}\.(typeName|typeExpression)",
        _synonym,
        "While streaming Debezium keeps the word that the DDL has (INTEGER); ours is the server's, as in a snapshot.",
        "corpus",
        "ours",
    ),
    Accepted(
        "JDBC type by the word",
        rf"{IN_DEFINITIONS}\.jdbcType",
        lambda theirs, ours: (theirs, ours) in JDBC_TYPES,
        "As above: BOOL is BOOLEAN in Debezium's stream, and TINYINT in its snapshot and in ours.",
        "corpus",
        "ours",
    ),
    Accepted(
        "length by the word",
        rf"{IN_DEFINITIONS}\.length",
        lambda theirs, ours: (ours is None and isinstance(theirs, int)) or (theirs, ours) == (None, 1),
        "As above: display widths, BLOB(100), and BOOL without one.",
        "corpus",
        "ours",
    ),
    Accepted(
        "character set binary",
        rf"{IN_DEFINITIONS}\.charsetName",
        lambda theirs, ours: (theirs, ours) == ("binary", None),
        "TEXT CHARACTER SET binary is a BLOB to the server, and in a snapshot.",
        "corpus",
        "ours",
    ),
    Accepted(
        "order of tables in a statement",
        rf"{PREFIX}:value(\.payload)?\.source\.table",
        lambda theirs, ours: (
            isinstance(theirs, str) and isinstance(ours, str) and sorted(theirs.split(",")) == sorted(ours.split(","))
        ),
        "Debezium's is that of a hash set; ours is sorted.",
        "corpus",
        "ours",
    ),
    Accepted(
        "empty text in double quotes",
        rf"{PREFIX}:value(\.payload)?\.ddl",
        lambda theirs, ours: isinstance(ours, str) and ours.replace('""', "''") == theirs,
        "Debezium rewrites statements before it parses them; ours is what was said.",
        "corpus",
        "ours",
    ),
    Accepted(
        "database of an index",
        rf"{PREFIX}:(key|value)(\.payload)?(\.source\.db|\.databaseName)",
        lambda theirs, ours: isinstance(theirs, str) and isinstance(ours, str) and theirs == "test",
        "Of CREATE INDEX on a table of another database Debezium names the session's; ours is the table's.",
        "corpus",
        "ours",
    ),
    Accepted(
        "thread of CREATE TABLE … SELECT",
        rf"{PREFIX}:value(\.payload)?\.source\.thread",
        lambda theirs, ours: isinstance(theirs, int) and ours is None,
        "Debezium names the session of a definition that is part of a transaction; ours of rows alone.",
        "corpus",
        "either",
    ),
    Accepted(
        "last record without data",
        rf"{PREFIX}:value(\.payload)?\.source\.snapshot",
        lambda theirs, ours: (theirs, ours) == ("last", "true"),
        "Where no row is read Debezium marks the last definition as the snapshot's last record; ours marks rows alone.",
        "no data",
        "either",
    ),
    Accepted(
        "order of tables in a transaction",
        rf"{PREFIX}\.tx:value(\.payload)?\.data_collections",
        lambda theirs, ours: sorted(theirs, key=str) == sorted(ours, key=str),
        "Debezium's is that of a hash map; ours that in which the tables were met.",
        "transactions",
        "ours",
    ),
    Accepted(
        "tombstone with a schema",
        r".*:value",
        lambda theirs, ours: isinstance(theirs, dict) and theirs.get("payload", "") is None and ours is None,
        "ExtractNewRecordState leaves the row's schema on the tombstone, so that JsonConverter with schemas writes "
        "a document that Kafka's compaction does not take for a deletion; ours has no value.",
        "rows alone",
        "ours",
    ),
    Accepted(
        "clocks of a changed key",
        r"compat\.transformed\.moments:value(\.payload)?\.source\.ts_ms",
        # Berlin is two hours ahead in summer.
        lambda theirs, ours: theirs - ours in {HOUR_MS, 2 * HOUR_MS},
        "TimezoneConverter moves the clocks of the two events of a changed key twice: both hold the same block.",
        "time zones",
        "ours",
    ),
    Accepted(
        "unsigned TINYINT as a boolean",
        r"compat\.converted\.\w+:value(\.payload)?\.(after|before)\.f",
        lambda theirs, ours: (theirs, ours) == (False, True),
        "TinyIntOneToBooleanConverter reads an unsigned TINYINT beyond 127 as negative in the stream; ours is right.",
        "converters",
        "ours",
    ),
    Accepted(
        "text of JdbcSinkDataTypesConverter",
        r"compat\.converted\.texts:value(\.payload)?\.(after|before)\.t",
        lambda theirs, ours: isinstance(theirs, str) and "\ufffd" in theirs and isinstance(ours, str),
        "It reads all character sets as UTF-8 in the stream; ours is the text.",
        "converters",
        "ours",
    ),
)


def shown_by(comparison: str) -> set[str]:
    """Names of the differences that this comparison must meet."""
    return {accepted.name for accepted in ACCEPTED if accepted.shows == comparison}


def unexplained(differences: Iterable[Difference], met: set[str]) -> list[Difference]:
    """Those that nothing here accepts; the names of what was accepted go to `met`."""
    rest = []
    for difference in differences:
        for accepted in ACCEPTED:
            if re.fullmatch(accepted.path, difference.path) and accepted.values(difference.theirs, difference.ours):
                met.add(accepted.name)
                break
        else:
            rest.append(difference)
    return rest
