"""Every difference from Debezium 3.6.1 that is meant to be, with its reason. What matches none of them fails a test.

`shows` names the test that must meet it: a difference that has gone must go from here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compat.both import PREFIX
from compat.compare import Difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Accepted:
    name: str
    path: str
    """A regular expression for the whole path."""
    values: Callable[[Any, Any], bool]
    """(Debezium's, Tailrace's): whether this is it."""
    reason: str
    shows: str
    """The test that meets it."""
    right: str
    """`ours`, `theirs`, or `either` where it is a matter of taste."""


_FRACTION = re.compile(r"\.(\d*?)0*Z$")


def _trimmed(theirs: Any, ours: Any) -> bool:
    """A time that differs in the zeros its fraction ends with."""
    if not (isinstance(theirs, str) and isinstance(ours, str)):
        return False
    return _FRACTION.sub(r".\1Z", ours).replace(".Z", "Z") == _FRACTION.sub(r".\1Z", theirs).replace(".Z", "Z")


def _default(theirs: Any, ours: Any) -> bool:
    """Schemas that are the same but for the default."""
    if not (isinstance(theirs, dict) and isinstance(ours, dict)):
        return False
    return {**theirs, "default": None} == {**ours, "default": None}


def _float(theirs: Any, ours: Any) -> bool:
    """Six digits of the same number."""
    return isinstance(theirs, float) and isinstance(ours, float) and f"{theirs:.5e}" == f"{ours:.5e}"


ACCEPTED = (
    Accepted(
        "fraction of a TIMESTAMP in a snapshot",
        r".*\.payload\.(after|before)\.\w+",
        _trimmed,
        "Debezium writes `.780Z` while streaming and `.78Z` in a snapshot; ours is the stream's, always.",
        "test_types",
        "ours",
    ),
    Accepted(
        "year 0",
        r".*\.payload\.(after|before)\.\w+",
        lambda theirs, ours: theirs in {1900, 2000} and ours == 0,
        "YEAR 0000 is 2000 in Debezium's snapshot and 1900 in its stream; ours is what SELECT prints.",
        "test_edges",
        "ours",
    ),
    Accepted(
        "six digits of a FLOAT in a snapshot",
        r".*\.payload\.after\.\w+",
        _float,
        "Debezium has the text that the server prints, six digits, where its stream has the number; ours is that.",
        "test_edges",
        "ours",
    ),
    Accepted(
        "comma in an ENUM label",
        r".*\.payload\.(after|before)\.\w+",
        lambda theirs, ours: isinstance(theirs, str) and theirs.replace("\\,", ",") == ours,
        "Debezium escapes it while streaming, not in a snapshot; ours is the label.",
        "test_edges",
        "ours",
    ),
    Accepted(
        "quote in a default",
        r".*:(value\.schema|value\.payload)\..*",
        lambda theirs, ours: (
            _default(theirs, ours) if isinstance(theirs, dict) else (theirs, ours) == ("it''s", "it's")
        ),
        "Debezium keeps the quotes of DDL doubled, and the zero bytes of a BINARY default as text; ours is the value.",
        "test_types",
        "ours",
    ),
    Accepted(
        "default of a BINARY column in place of NULL",
        r".*:value\.payload\.(after|before)\.c",
        lambda theirs, ours: theirs in {"YWJcMFwwXDA=", "61625c305c305c30"} and ours in {"YWIAAAA=", "6162000000"},
        "As above: the default is wrong in Debezium, so is the value that stands for NULL.",
        "test_types",
        "ours",
    ),
    Accepted(
        "source.snapshot without Connect's defaults",
        r".*:value\.payload\.source\.snapshot",
        lambda theirs, ours: theirs is None and ours == "false",
        "With replace.null.with.default=false Debezium's streamed rows have no word there; ours do.",
        "test_types",
        "ours",
    ),
    Accepted(
        "row of a statement",
        rf"{PREFIX}(\.options\.shard_2)?:value(\.payload)?\.source\.row",
        lambda theirs, ours: isinstance(theirs, int) and ours == 0,
        "In DDL and TRUNCATE Debezium leaves the number of the last row changed before; a statement has none.",
        "test_options",
        "ours",
    ),
    Accepted(
        "comment of a table",
        rf"{PREFIX}:value(\.payload)?\.tableChanges\[0\]\.table\.comment",
        lambda theirs, ours: theirs is None and isinstance(ours, str),
        "Debezium forgets a table's comment in ALTER, LIKE and RENAME; ours is the table's.",
        "test_ddl",
        "ours",
    ),
    Accepted(
        "last record without data",
        rf"{PREFIX}:value(\.payload)?\.source\.snapshot",
        lambda theirs, ours: (theirs, ours) == ("last", "true"),
        "Where no row is read Debezium marks the last definition as the snapshot's last record; ours marks rows alone.",
        "test_options",
        "either",
    ),
    Accepted(
        "order of tables in a transaction",
        rf"{PREFIX}\.tx:value(\.payload)?\.data_collections\[\d+\]\..*",
        lambda theirs, ours: isinstance(theirs, (str, int)) and isinstance(ours, (str, int)),
        "Debezium's is that of a hash map; ours that in which the tables were met.",
        "test_options",
        "ours",
    ),
    Accepted(
        "tombstone with a schema",
        r".*:value",
        lambda theirs, ours: isinstance(theirs, dict) and theirs.get("payload", "") is None and ours is None,
        "ExtractNewRecordState leaves the row's schema on the tombstone, so that JsonConverter with schemas writes "
        "a document that Kafka's compaction does not take for a deletion; ours has no value.",
        "test_options",
        "ours",
    ),
    Accepted(
        "types inside JSON documents",
        r".*\.payload\.(after|before)\.j",
        lambda theirs, ours: isinstance(theirs, str) and isinstance(ours, str),
        "Dates, times and bytes inside a JSON document: Debezium's own text (negative times are broken); ours is what "
        "SELECT prints.",
        "test_edges",
        "ours",
    ),
)


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
