"""Two lists of records held against each other, field by field; what differs is a value."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compat.oracle import Record

CLOCKS = frozenset({"ts_ms", "ts_us", "ts_ns"})
SETS = ("data_collections",)
"""Lists whose order may be accepted: they are compared as one value."""
HEARTBEATS = ("__debezium-heartbeat", "beat")
"""What their topics begin with: how many records there are is a matter of time."""
CONTEXT = "__debezium.context."


class Difference(NamedTuple):
    """`path`: topic, key or value, and on by the names of fields."""

    path: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}: Debezium {self.theirs!r}, Tailrace {self.ours!r}"


MISSING = "<nothing>"


def differences(theirs: Sequence[Record], ours: Sequence[Record]) -> Iterator[Difference]:
    """Topic by topic, each in its order."""
    counts = Counter(record.topic for record in theirs), Counter(record.topic for record in ours)
    for topic in sorted({*counts[0], *counts[1]}):
        beats = topic.startswith(HEARTBEATS)
        if counts[0][topic] != counts[1][topic] and not (beats and counts[0][topic] and counts[1][topic]):
            yield Difference(f"{topic}#", counts[0][topic], counts[1][topic])
            continue
        pairs = zip(_of(topic, theirs), _of(topic, ours), strict=not beats)
        for their, our in pairs:
            yield from record_differences(their, our)
    # A snapshot's tables may come in any order; what is streamed has one order over all topics.
    orders = [
        [record.topic for record in _streamed(records) if not record.topic.startswith(HEARTBEATS)]
        for records in (theirs, ours)
    ]
    turns = enumerate(zip(*orders, strict=False))
    if (turn := next((at for at, (their, our) in turns if their != our), None)) is not None:
        yield Difference("order", orders[0][turn:], orders[1][turn:])


def _streamed(records: Sequence[Record]) -> Sequence[Record]:
    """From the first row event on that is none of a snapshot's."""
    for at, record in enumerate(records):
        value = _payload(record.value)
        if isinstance(value, dict) and "op" in value and value["source"]["snapshot"] in {"false", None}:
            return records[at:]
    return ()


def _of(topic: str, records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.topic == topic]


def record_differences(theirs: Record, ours: Record) -> Iterator[Difference]:
    """Partition, key, value, headers."""
    topic = theirs.topic
    # What always goes to the first partition is told to Kafka alone.
    if theirs.partition != ours.partition and topic.count(".") > 1:
        yield Difference(f"{topic}:partition", theirs.partition, ours.partition)
    yield from _documents(f"{topic}:key", theirs.key, ours.key)
    yield from _documents(f"{topic}:value", _timeless(theirs.value), _timeless(ours.value))
    names = [*theirs.headers], [*ours.headers]
    if names[0] != names[1]:
        yield Difference(f"{topic}:headers", *names)
        return
    for name, value in theirs.headers.items():
        if not name.startswith(CONTEXT):
            yield from _documents(f"{topic}:headers.{name}", _payload(value), _payload(ours.headers[name]))


def _timeless(document: Any) -> Any:
    """Without the clock of the process that wrote it; in a snapshot that is the source's clock too."""
    if _has_schema(document):
        return {**document, "payload": _timeless(document["payload"])}
    if not isinstance(document, dict):
        return document
    # A transaction's time is that of its commit.
    kept = {name: value for name, value in document.items() if name not in CLOCKS or "status" in document}
    source = kept.get("source")
    if isinstance(source, dict):
        streamed = source["snapshot"] in {"false", None}
        # Rows that knock while the snapshots begin move the end of the binlog.
        aside = {"version"} if streamed else {"version", "pos", *CLOCKS}
        if "tableChanges" in document or document.get("op") == "t":
            # Of a statement Debezium has the time in ms.
            aside |= {"ts_us", "ts_ns"}
        kept["source"] = {name: value for name, value in source.items() if name not in aside}
    for name in ("__ts_ms", "__source_ts_ms"):
        kept.pop(name, None)
    return kept


def _payload(document: Any) -> Any:
    """Of a header: with the embedded engine each has a schema of its own."""
    if isinstance(document, dict) and set(document) == {"schema", "payload"}:
        return document["payload"]
    return document


def _documents(path: str, theirs: Any, ours: Any) -> Iterator[Difference]:
    if _has_schema(theirs) and _has_schema(ours):
        yield from _schemas(f"{path}.schema", theirs["schema"], ours["schema"])
        yield from _values(f"{path}.payload", theirs["payload"], ours["payload"])
    elif _has_schema(theirs) != _has_schema(ours):
        yield Difference(path, theirs, ours)
    else:
        yield from _values(path, theirs, ours)


def _has_schema(document: Any) -> bool:
    return isinstance(document, dict) and set(document) == {"schema", "payload"}


def _schemas(path: str, theirs: Any, ours: Any) -> Iterator[Difference]:
    """Fields by name; what a schema says besides its fields is one value."""
    own = {key: value for key, value in theirs.items() if key not in {"fields", "items"}}
    other = {key: value for key, value in ours.items() if key not in {"fields", "items"}}
    if own != other:
        yield Difference(path, own, other)
    names = [[field["field"] for field in schema.get("fields", ())] for schema in (theirs, ours)]
    if names[0] != names[1]:
        yield Difference(f"{path}.fields", *names)
        return
    for name, their, our in zip(names[0], theirs.get("fields", ()), ours.get("fields", ()), strict=True):
        yield from _schemas(f"{path}.{name}", their, our)
    if ("items" in theirs) and ("items" in ours):
        yield from _schemas(f"{path}[]", theirs["items"], ours["items"])


def _values(path: str, theirs: Any, ours: Any) -> Iterator[Difference]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if list(theirs) != list(ours):
            yield Difference(f"{path}.names", list(theirs), list(ours))
            return
        for name, value in theirs.items():
            yield from _values(f"{path}.{name}", value, ours[name])
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours) and not path.endswith(SETS):
        for index, (their, our) in enumerate(zip(theirs, ours, strict=True)):
            yield from _values(f"{path}[{index}]", their, our)
    elif (type(theirs), theirs) != (type(ours), ours) and _json(theirs) != _json(ours):
        yield Difference(path, theirs, ours)


def _json(value: Any) -> Any:
    """JSON columns are text in an event: the document counts, not its spaces."""
    if isinstance(value, str) and value[:1] in '{["0123456789-tfn':
        try:
            return "json", json.loads(value)
        except ValueError:
            return value
    return type(value), value
