"""Facts about a connector's lag: from its metrics, from the worker's REST interface, from the source by SQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailrace.errors import TailraceError, WorkerError
from tailrace.mysql.connection import Connection, connect
from tailrace.mysql.extent import read_binlog_extent
from tailrace.ops.connect import Connect, words
from tailrace.ops.exposition import Exposition, scrape
from tailrace.ops.lag.facts import Connector, Facts, Replica, Source, Stored
from tailrace.ops.target import Target

if TYPE_CHECKING:
    from tailrace.config import SourceConfig

_STREAMING = {"context": "streaming"}
_OLD_SECONDS = 120.0
"""A look at the source before that, by Tailrace when it was last asked, says nothing of now."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Of one connector, where its facts come from."""

    target: Target
    connect: Connect
    metrics: str | None
    source: Callable[[], SourceConfig]
    """Raises ConfigError where it is not known."""


class Reader:
    """`read` as often as you like; close it. What cannot be had is missing in the facts, and said."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._connection: Connection | None = None

    def read(self) -> Facts:
        """Of this moment. Raises WorkerUnreachable where the worker does not answer."""
        ways, missing = self._ways, []
        config = ways.target.config
        status = ways.connect.status(ways.target.name)
        stored = None
        # Before the source: what is executed meanwhile must not look like lag that is negative.
        if found := ways.connect.offsets(ways.target.name):
            stored = offset(found[0]["offset"] or {})
        connector = source = None
        try:
            connector = self._connector()
        except TailraceError as error:
            missing.append(f"metrics: {error.message}")
        try:
            source = self._source()
        except TailraceError as error:
            missing.append(f"source: {error.message}" + (f" ({error.hint})" if error.hint else ""))
        return Facts(
            at=time.monotonic(),
            name=ways.target.name,
            state=words(status),
            runs=status.is_running,
            source=source,
            connector=connector,
            stored=stored,
            configured=f"{config.get('database.hostname', '')}:{config.get('database.port', '3306')}",
            missing=tuple(missing),
        )

    def close(self) -> None:
        """Twice is once."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connector(self) -> Connector | None:
        target = self._ways.target
        if self._ways.metrics is not None:
            samples = scrape(self._ways.metrics)
            found = of_metrics(samples, target.name, target.prefix, time.time())
            if found is None:
                message = f"{self._ways.metrics} tells nothing of {target.name}"
                raise WorkerError(message, hint="does it run on the worker whose metrics these are?")
            return found
        if target.tailrace:
            return of_progress(self._ways.connect.progress(target.name), time.time())
        return None

    def _source(self) -> Source:
        try:
            # Kept: --watch must not cost a handshake each time.
            self._connection = self._connection or connect(self._ways.source())
            return read_source(self._connection)
        except TailraceError:
            self.close()
            raise


def offset(stored: Mapping[str, Any]) -> Stored | None:
    """Of Debezium's fields, as the REST interface shows them; None: there is no place in it."""
    file, position = stored.get("file"), stored.get("pos")
    if not isinstance(file, str) or not isinstance(position, int):
        return None
    committed = None
    if microseconds := stored.get("ts_us"):
        committed = float(microseconds) / 1e6
    elif seconds := stored.get("ts_sec"):
        committed = float(seconds)
    return Stored(file, position, str(stored.get("gtids") or ""), committed, inside=bool(stored.get("event")))


def read_source(connection: Connection) -> Source:
    """Five statements. Raises SourceError."""
    extent = read_binlog_extent(connection)
    uuid, now, gtids, purged = connection.query(
        "SELECT @@GLOBAL.server_uuid, UNIX_TIMESTAMP(NOW(6)), @@GLOBAL.gtid_mode = 'ON', @@GLOBAL.gtid_purged"
    )[0]
    return Source(
        where=connection.where,
        uuid=str(uuid),
        now=float(now),
        executed=extent.end.gtids if gtids else "",
        purged=str(purged).replace("\n", ""),
        files=extent.files,
        expires_after=extent.expires_after,
        replica=read_replica(connection),
    )


def read_replica(connection: Connection) -> Replica | None:
    """How this server follows another; None: it does not. SHOW REPLICA STATUS came with 8.0.22."""
    found: tuple[dict[str, Any], ...] = ()
    for statement in ("SHOW REPLICA STATUS", "SHOW SLAVE STATUS"):
        with suppress(TailraceError):
            found = connection.query_named(statement)
            break
    if not found:
        return None
    status = found[0]

    def value(*names: str) -> Any:
        return next((status[name] for name in names if name in status), None)

    behind = value("Seconds_Behind_Source", "Seconds_Behind_Master")
    received, executed = value("Retrieved_Gtid_Set") or "", value("Executed_Gtid_Set") or ""
    return Replica(
        source=f"{value('Source_Host', 'Master_Host')}:{value('Source_Port', 'Master_Port')}",
        receiving=value("Replica_IO_Running", "Slave_IO_Running") == "Yes",
        applying=value("Replica_SQL_Running", "Slave_SQL_Running") == "Yes",
        seconds=None if behind is None else float(behind),
        waiting=_waiting(received, executed),
        error=value("Last_SQL_Error") or value("Last_IO_Error") or "",
    )


def _waiting(received: str, executed: str) -> int:
    from tailrace._kernel import GtidSet  # noqa: PLC0415 - only of replicas

    return GtidSet(received.replace("\n", "")).subtract(GtidSet(executed.replace("\n", ""))).count()


def of_metrics(samples: Exposition, name: str, prefix: str, now: float) -> Connector | None:
    """Of the connector of this name, or with this topic.prefix; None: they tell nothing of it."""
    if any(True for _ in samples.each("tailrace_state", connector=name)):
        return _of_tailrace(samples, name, prefix, now)

    def value(metric: str, context: str = "streaming") -> float | None:
        return samples.value(f"debezium_metrics_{metric}", name=prefix, context=context)

    connected, lag, quiet = value("Connected"), value("MilliSecondsBehindSource"), value("MilliSecondsSinceLastEvent")
    if connected is None:
        return None
    total, free, position = value("QueueTotalCapacity"), value("QueueRemainingCapacity"), value("BinlogPosition")
    return Connector(
        engine="debezium",
        connected=bool(connected),
        lag=_seconds(lag),
        quiet=_seconds(quiet),
        snapshot=bool(value("SnapshotRunning", "snapshot")),
        queue=1 - free / total if total and free is not None else None,
        read=None if position is None else ("", int(position)),
    )


def _of_tailrace(samples: Exposition, name: str, prefix: str, now: float) -> Connector:
    def value(metric: str) -> float | None:
        return samples.value(f"tailrace_{metric}", connector=name)

    looked = now - (value("source_look_timestamp_seconds") or 0.0) < _OLD_SECONDS

    def seen(metric: str) -> int | None:
        found = value(metric)
        return None if found is None or not looked else int(found)

    state = next((each.labels["state"] for each in samples.each("tailrace_state", connector=name) if each.value), "")
    phase = next(
        (each.labels["phase"] for each in samples.each("tailrace_snapshot_phase", connector=name) if each.value), ""
    )
    capacity, taken = value("queue_capacity_bytes"), value("queue_bytes")
    read = next(iter(samples.each("tailrace_read_position_bytes", connector=name)), None)
    quiet = samples.value("debezium_metrics_MilliSecondsSinceLastEvent", name=prefix, **_STREAMING)
    return Connector(
        engine="tailrace",
        state=state,
        connected=state == "streaming",
        lag=value("lag_seconds"),
        quiet=_seconds(quiet),
        away=value("reconnecting_seconds") or 0.0,
        snapshot=phase == "running",
        queue=taken / capacity if capacity and taken is not None else None,
        unstored=value("offset_age_seconds"),
        read=None if read is None else (read.labels.get("file", ""), int(read.value)),
        gap=seen("gtid_gap_transactions"),
        behind=seen("source_behind_bytes"),
        to_purge=seen("purge_distance_bytes"),
        reads=next((each.labels.get("uuid", "") for each in samples.each("tailrace_source_info", connector=name)), ""),
    )


def _seconds(milliseconds: float | None) -> float | None:
    """-1 says: never."""
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000


def of_progress(progress: Mapping[str, Any], now: float) -> Connector:
    """Of our own worker's account."""
    state, reading, distance = progress["state"], progress["reading"], progress["distance"] or {}
    if now - distance.get("at", 0.0) >= _OLD_SECONDS:
        distance = {}
    capacity, waiting = progress["queue_capacity"], progress["waiting_for_store"]
    return Connector(
        engine="tailrace",
        state=state,
        connected=state == "streaming",
        lag=progress["lag"],
        quiet=max(0.0, now - reading["last_event"]) if reading["last_event"] else None,
        away=max(0.0, now - progress["since"]) if state == "reconnecting" else 0.0,
        snapshot=progress["snapshot"]["phase"] == "running",
        queue=progress["queue_bytes"] / capacity if capacity else None,
        unstored=max(0.0, now - waiting) if waiting else 0.0,
        read=(reading["file"], reading["position"]) if reading["file"] else None,
        gap=distance.get("gtid_gap"),
        behind=distance.get("bytes_behind"),
        to_purge=distance.get("bytes_to_purge"),
        reads=progress["source"]["uuid"],
    )
