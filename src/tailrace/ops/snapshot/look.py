"""What can be seen of a snapshot: by our worker's REST, by metrics, by the notification topic, by the stored offset."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tailrace.errors import ConfigError, TailraceError, WorkerError
from tailrace.mysql.connection import connect
from tailrace.ops.exposition import Exposition, scrape
from tailrace.ops.snapshot.standing import Phase, Reported, Seen, Told
from tailrace.ops.target import Target, brokers

if TYPE_CHECKING:
    from confluent_kafka import Consumer

    from tailrace.config import SourceConfig

_PHASES = (
    ("SnapshotRunning", Phase.RUNNING),
    ("SnapshotPaused", Phase.PAUSED),
    ("SnapshotAborted", Phase.ABORTED),
    ("SnapshotCompleted", Phase.COMPLETED),
    ("SnapshotSkipped", Phase.SKIPPED),
)
_BACK = 200
"""Notifications that are read of those told before."""
_KAFKA_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Ways:
    """What there is to see by."""

    target: Target
    metrics: str | None
    source: Callable[[], SourceConfig]
    """Raises ConfigError where it is not known."""
    bootstrap: str | None = None


class Watcher:
    """`look` as often as you like; `forget` what was told so far. Raises TailraceError. Close it."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._target = ways.target
        self._told: tuple[Told, ...] = ()
        self._since = 0
        self._consumer = self._open_topic()
        self._estimates: dict[str, int] = {}
        self._no_estimates = False
        self._deaf = False
        """Another worker of the group has the connector, and tells."""

    @property
    def hears(self) -> bool:
        """Whether notifications can be had."""
        return self._consumer is not None or (self._own is not None and not self._deaf)

    @property
    def sees(self) -> bool:
        """Whether an end can be noticed at all."""
        return self.hears or self._ways.metrics is not None or self._target.worker is not None

    @property
    def _own(self) -> Target | None:
        return self._target if self._target.tailrace and self._target.worker is not None else None

    def forget(self) -> None:
        """From here on `told` has what is told afterwards."""
        self._listen()
        self._told = ()

    def look(self) -> Seen:
        """Of this moment."""
        by: list[str] = []
        # First: what a notification tells of is in the metrics by then.
        self._listen()
        reported = self._reported(by)
        if self.hears:
            by.append("notifications")
        queue = self._queue(by)
        found = Seen(time.monotonic(), reported, self._told if self.hears else None, queue, by=tuple(by))
        return replace(found, estimates=self._estimate(queue)) if queue and not self._own else found

    def close(self) -> None:
        """Twice is once."""
        if self._consumer is not None:
            self._consumer.close()

    # Parts

    def _reported(self, by: list[str]) -> Reported | None:
        if self._own is not None and self._own.worker is not None:
            try:
                found = of_progress(self._own.worker.progress(self._own.name))
            except WorkerError as error:
                # In a group only the owner tells; before the first run nobody does.
                if not error.status:
                    raise
                by.append(f"not the worker ({error.message})")
            else:
                by.append("worker")
                return found
        if self._ways.metrics is None:
            return None
        began = time.monotonic()
        samples = scrape(self._ways.metrics)
        shown = of_metrics(samples, self._target.prefix, (began, time.monotonic()))
        by.append("metrics" if shown is not None else f"not the metrics (they tell nothing of {self._target.prefix})")
        return shown

    def _queue(self, by: list[str]) -> tuple[str, ...] | None:
        worker = self._target.worker
        if worker is None:
            return None
        offsets = worker.offsets(self._target.name)
        by.append("offset")
        if not offsets or not offsets[0]["offset"]:
            return ()
        return tables_of(offsets[0]["offset"])

    def _estimate(self, queue: tuple[str, ...]) -> Mapping[str, int]:
        missing = [table for table in queue if table not in self._estimates]
        if missing and not self._no_estimates:
            try:
                self._estimates |= estimates(self._ways.source(), missing)
            except TailraceError:
                # It is shown as unknown.
                self._no_estimates = True
        return self._estimates

    # Notifications

    def _listen(self) -> None:
        if self._own is not None and self._own.worker is not None:
            try:
                told, self._since = self._own.worker.notifications(self._own.name, self._since)
            except WorkerError as error:
                if not error.status:
                    raise
                self._deaf = True
                return
            self._told += tuple(
                Told(each["id"], each["aggregateType"], each["type"], each["additionalData"]) for each in told
            )
        elif self._consumer is not None:
            self._told += tuple(_poll(self._consumer))

    def _open_topic(self) -> Consumer | None:
        config, target = self._target.config, self._target
        channels = config.get("notification.enabled.channels", "")
        topic = config.get("notification.sink.topic.name")
        if self._own is not None or not topic or "sink" not in channels.split(","):
            return None
        from confluent_kafka import KafkaException, TopicPartition  # noqa: PLC0415 - optional, and start-up time

        from tailrace.kafka import client  # noqa: PLC0415 - the same

        try:
            kafka = brokers(target, self._ways.bootstrap, "signal.consumer.", "producer.override.")
        except ConfigError:
            return None
        consumer = client.consumer(kafka, **{"isolation.level": "read_committed"})
        try:
            partitions = consumer.list_topics(topic, timeout=_KAFKA_SECONDS).topics[topic].partitions
            places = []
            for number in partitions:
                place = TopicPartition(topic, number)
                low, high = consumer.get_watermark_offsets(place, timeout=_KAFKA_SECONDS)
                places.append(TopicPartition(topic, number, max(low, high - _BACK)))
            consumer.assign(places)
        except KafkaException as error:
            consumer.close()
            fault = error.args[0]
            raise client.refused(f"topic {topic} cannot be read", fault.name(), fault.str(), kafka.bootstrap) from None
        return consumer


def _poll(consumer: Consumer) -> list[Told]:
    """All that is there now."""
    found = []
    while records := consumer.consume(500, timeout=0.3):
        for record in records:
            value = record.value()
            if record.error() is None and value is not None and (told := notification(value)) is not None:
                found.append(told)
    return found


def notification(value: bytes) -> Told | None:
    """A record of the notification topic, with its schema or without; None: it is none."""
    try:
        document = json.loads(value)
        document = document.get("payload", document)
        data = {name: str(text) for name, text in (document.get("additional_data") or {}).items()}
        return Told(document["id"], document["aggregate_type"], document["type"], data)
    except (ValueError, KeyError, AttributeError):
        return None


def tables_of(offset: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that the incremental snapshot of a stored offset has still to read."""
    try:
        found = json.loads(offset.get("incremental_snapshot_collections") or "[]")
        return tuple(str(each["incremental_snapshot_collections_id"]) for each in found)
    except (ValueError, TypeError, KeyError):
        return ()


def of_metrics(samples: Exposition, prefix: str, at: tuple[float, float]) -> Reported | None:
    """Of the connector with this topic.prefix; None: it is not among them. `at`: when they were asked for, and had."""

    def value(name: str) -> float | None:
        return samples.value(f"debezium_metrics_{name}", name=prefix, context="snapshot")

    if value("SnapshotRunning") is None:
        return None
    scanned = samples.each("debezium_metrics_RowsScanned", name=prefix, context="snapshot")
    age = value("MilliSecondsSinceLastEvent")
    behind = samples.value("debezium_metrics_MilliSecondsBehindSource", name=prefix, context="streaming")
    estimated = samples.value("tailrace_snapshot_estimated_rows", server=prefix)
    return Reported(
        phase=next((phase for name, phase in _PHASES if value(name)), Phase.NONE),
        tables=int(value("TotalTableCount") or 0),
        remaining=int(value("RemainingTableCount") or 0),
        rows={sample.labels["table"]: int(sample.value) for sample in scanned if "table" in sample.labels},
        seconds=value("SnapshotDurationInSeconds") or 0.0,
        estimated=int(estimated) if estimated else None,
        last_key=_label(samples, "ChunkFrom", prefix),
        greatest_key=_label(samples, "TableTo", prefix),
        last_event=(at[0] - age / 1000, at[1] - age / 1000) if age is not None and age >= 0 else None,
        behind=max(0.0, behind or 0.0) / 1000,
    )


def _label(samples: Exposition, name: str, prefix: str) -> str:
    found = samples.each(f"debezium_metrics_{name}", name=prefix, context="snapshot")
    return next((each.labels.get("value", "") for each in found), "")


def of_progress(progress: Mapping[str, Any]) -> Reported:
    """Of our own worker's account."""
    given = progress["snapshot"]
    began, ended = given["began"], given["ended"]
    return Reported(
        phase=Phase(given["phase"]),
        tables=given["tables"],
        remaining=given["tables"] - given["tables_done"],
        rows=given["rows"],
        seconds=max(0.0, (ended or time.time()) - began) if began else 0.0,
        estimated=given["estimated_rows"] or None,
        table=given["table"] or "",
        last_key=given["last_key"],
        greatest_key=given["greatest_key"],
    )


def estimates(source: SourceConfig, tables: list[str]) -> dict[str, int]:
    """Rows of each table, as the server estimates. Raises TailraceError."""
    found = {}
    with closing(connect(source)) as connection:
        for table in tables:
            database, _, name = table.partition(".")
            rows = connection.query(
                "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s",
                (database, name),
            )
            if rows and rows[0][0] is not None:
                found[table] = int(rows[0][0])
    return found
