"""How old the connector's place is, against how long the binlog is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Connector, Facts, known, missing
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import sql, variables
from tailrace.ops.doctor.retention import kept_seconds, words

WARN, FAIL = 0.5, 0.8


def look(facts: Facts) -> Iterator[Finding]:
    """Less than half of it."""
    connector = facts.connector
    if connector is None or connector.is_in_snapshot or not connector.offset or _is_at_the_end(facts, connector):
        return
    kept, since = kept_seconds(facts), _timestamp(connector.offset)
    if not kept or not since:
        return
    lag = facts.now - since
    if lag < WARN * kept:
        return
    finding = error if lag >= FAIL * kept else warning
    yield finding(
        "its place in the binlog will soon be purged: see why it is behind, and keep the binlog longer meanwhile",
        f"{words(lag)} behind, the binlog is kept for {words(kept)}",
        sql(f"CALL mysql.rds_set_configuration('binlog retention hours', {int(lag / 1200) + 1})")
        if facts.profile.is_aws
        else variables(facts.profile, {"binlog_expire_logs_seconds": int(lag * 3)}),
    )


def _is_at_the_end(facts: Facts, connector: Connector) -> bool:
    if connector.gtids:
        return not missing(facts.source.executed, connector.gtids)
    binlog, offset = known(facts.source.binlog), connector.offset or {}
    return (binlog.file, binlog.position) == (offset.get("file"), offset.get("pos"))


def _timestamp(offset: Mapping[str, object]) -> float:
    """When the last event that was captured was committed; 0: not told."""
    micros, seconds = offset.get("ts_us"), offset.get("ts_sec")
    if isinstance(micros, int) and micros:
        return micros / 1e6
    return float(seconds) if isinstance(seconds, int) else 0.0


CHECK = Check(
    id="connector.lag",
    title="it is behind by less than half of what the binlog is kept for",
    why="When lag exceeds retention the connector cannot catch up any more; the figure to watch is their ratio.",
    look=look,
    needs=Need.CONNECTOR,
)
