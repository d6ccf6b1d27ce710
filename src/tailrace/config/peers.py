"""Properties of Debezium and Kafka Connect that Tailrace has no use for: refused, or set aside with a note."""

from __future__ import annotations

import re

from tailrace.config.debezium import DEFAULTS, PREFIXES

_JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter"

_KEPT_IN_STORAGE = "offsets and schema history are kept in storage.path"
_OWN_QUEUE = "the queue is bounded by max.queue.size.in.bytes"
_NO_JDBC = "there is no JDBC driver here"

_RETRIES = "errors.max.retries says how often, retriable.restart.connector.wait.ms how slowly"

_WITHOUT_EFFECT = {
    "max.batch.size": _OWN_QUEUE,
    "max.queue.size": _OWN_QUEUE,
    "poll.interval.ms": "events are handed over as they come",
    "executor.shutdown.timeout.ms": "a stop waits for the events already read",
    "schema.history.internal": _KEPT_IN_STORAGE,
    "ddl.parser.type": "there is one parser",
    "database.jdbc.driver": _NO_JDBC,
    "database.protocol": _NO_JDBC,
    "min.row.count.to.stream.results": "every table is streamed",
    "query.fetch.size": "every table is streamed",
    "snapshot.fetch.size": "every table is streamed",
    "topic.cache.size": "topic names are not cached",
    "binlog.buffer.size": "rows of a transaction that is rolled back never come",
    "connection.validation.timeout.ms": "connect.timeout.ms bounds every attempt",
    "custom.sanitize.pattern": "secrets are never written, whatever their names",
    "database.connectionTimeZone": "TIMESTAMP is an instant, whatever the zone of a session",
    "database.query.timeout.ms": "a dead server is noticed by connect.keep.alive.interval.ms",
    "database.server.id.offset": "there is one server id",
    "snapshot.max.threads.multiplier": "tables are split by their size",
    "statistics.metrics.enabled": "metrics come with the worker",
    "incremental.snapshot.allow.schema.changes": "a piece is read again under the new definition, always",
    "use.nongraceful.disconnect": "connections are closed at once",
    "offset.flush.timeout.ms": "an offset is stored in one commit, or not at all",
    "tasks.max.enforce": "one binlog is one task",
    "config.action.reload": "references are read again at each start",
    "errors.log.enable": "a failure is always logged",
    "errors.log.include.messages": "data is never logged",
    "errors.retry.timeout": _RETRIES,
    "errors.retry.delay.max.ms": _RETRIES,
}
_WITHOUT_EFFECT_PREFIXES = {
    "schema.history.internal.kafka.": _KEPT_IN_STORAGE,
    "schema.history.internal.file.": _KEPT_IN_STORAGE,
    "schema.history.internal.producer.": _KEPT_IN_STORAGE,
    "schema.history.internal.consumer.": _KEPT_IN_STORAGE,
    "offset.storage": _KEPT_IN_STORAGE,
}
_CONNECT_DEFAULTS = {
    "errors.tolerance": "none",
}
"""Kafka Connect's own, for any connector: another value would promise what does not hold."""
_NEVER_LOST = "event.processing.failure.handling.mode says what may be passed over; all else stops the connector"
_NO_LINEAGE = "OpenLineage is not written"
_NO_CUSTOM = "there are no classes of Java here"
_REASONS = {
    "post.processors": "there is nothing to read again: events have every value",
    "custom.metric.tags": "metrics come with the worker",
    "queue.provider.type": "the queue is in memory, bounded by max.queue.size.in.bytes",
    "legacy.snapshot.max.threads": "threads share the parts of a table",
    "errors.tolerance": _NEVER_LOST,
    "snapshot.mode.custom.name": _NO_CUSTOM,
    "snapshot.locking.mode.custom.name": _NO_CUSTOM,
    "snapshot.query.mode.custom.name": _NO_CUSTOM,
}
_REASON_PREFIXES = {
    "openlineage.": _NO_LINEAGE,
    "header.converter": "headers are JSON",
    "driver.": "there is no JDBC driver here",
    "internal.": "it is internal to Debezium",
}
_OFF = frozenset(
    {
        ".enhanced.avro.schema.support",
        ".normalize.schemas",
        ".schemas.enable",
        ".scrub.invalid.names",
        ".use.latest.version",
    }
)
"""Options of converters that nothing here turns on."""
_CONVERTER = re.compile(r"(?:key|value|header)\.converter(?P<option>\..+)?")


def known(name: str) -> bool:
    """Whether the name is Debezium's or Kafka Connect's."""
    return bool(
        name in DEFAULTS
        or name in _CONNECT_DEFAULTS
        or name in _WITHOUT_EFFECT
        or name.startswith((*PREFIXES, *_WITHOUT_EFFECT_PREFIXES, "internal."))
        or _CONVERTER.fullmatch(name)
    )


def note(name: str, value: str) -> str | None:
    """Why the property is accepted without effect; None where it is not."""
    defaults = DEFAULTS | _CONNECT_DEFAULTS
    if name in defaults and _same(value, defaults[name]):
        return ""
    if converter := _CONVERTER.fullmatch(name):
        if converter["option"]:
            return "it is off here" if value in ("false", "") and converter["option"] in _OFF else None
        return "headers are JSON" if value == _JSON_CONVERTER else None
    if name in _WITHOUT_EFFECT:
        return _WITHOUT_EFFECT[name]
    return next((why for prefix, why in _WITHOUT_EFFECT_PREFIXES.items() if name.startswith(prefix)), None)


def reason(name: str) -> str | None:
    """Why a known property cannot be given."""
    if name in _REASONS:
        return _REASONS[name]
    return next((why for prefix, why in _REASON_PREFIXES.items() if name.startswith(prefix)), None)


def refusal(name: str) -> str:
    """What to tell the user of a known property whose value would change what comes out."""
    default = DEFAULTS.get(name) or _CONNECT_DEFAULTS.get(name)
    why = reason(name)
    because = f": {why}" if why else ""
    rest = f"; only the default ({default}) can be given" if default else ""
    return f"{name}: not supported{because}{rest}"


def _same(value: str, default: str | None) -> bool:
    return value.strip().lower() == (default or "").lower()
