"""Alerts about what can be lost: binlog that is purged, events that cannot be read, snapshots that do not end."""

from __future__ import annotations

from typing import Final

from tailrace.ops.alerts.alert import OTHERS, Alert, Engine, Severity, own

_RESTORE: Final = (
    "The changes in between can be had from the source only by reading the tables again: an incremental snapshot "
    "(`tailrace snapshot start`) or `snapshot.mode=when_needed`. Rows deleted meanwhile stay at the consumers."
)

DATA: Final = (
    Alert(
        "CdcGtidOff",
        Severity.WARNING,
        {
            Engine.BOTH: 'debezium_metrics_IsGtidModeEnabled{context="streaming"} == 0\n'
            f'and on ({OTHERS}) debezium_metrics_Connected{{context="streaming"}} == 1'
        },
        "gtid.for",
        "the source of connector {{ $labels.name }} has no GTIDs",
        "The connector's place is a file and a position, which mean something else on every other server: a failover "
        "cannot be followed, and a file of the same name there would be read from the wrong place.",
        (
            "`SELECT @@gtid_mode, @@enforce_gtid_consistency` on the source; both must be ON.",
            "Was it a failover to a server without? Fail back, or turn GTIDs on: OFF_PERMISSIVE, ON_PERMISSIVE, ON, "
            "one after the other, on all servers.",
            "Never meant to be: silence this alert, or leave it out.",
        ),
        silent="While it is not connected, for then it does not know.",
    ),
    Alert(
        "CdcBinlogPurgeNear",
        Severity.CRITICAL,
        {
            Engine.TAILRACE: own("tailrace_purge_distance_seconds") + " < <headroom>",
            Engine.DEBEZIUM: 'debezium_metrics_MilliSecondsBehindSource{context="streaming", server=""} / 1000'
            " > <retention> - <headroom>\n"
            'or debezium_metrics_MilliSecondsSinceLastEvent{context="streaming", server=""} / 1000'
            " > <retention> - <headroom>",
        },
        "headroom.for",
        "the source of connector {{ $labels.name }} is about to purge binlog that is still needed",
        "When it does, the connector cannot go on: what was in there is lost to it. Tailrace asks the source how old "
        "its binlog may become; for Debezium the threshold `retention` must say it.",
        (
            "More time first: `SET GLOBAL binlog_expire_logs_seconds = …`; Aurora: `CALL mysql.rds_set_configuration("
            "'binlog retention hours', …)`. Is there room on the disk?",
            "Then find what holds the connector up: CdcConnectorStopped, CdcDisconnected, CdcTaskFailed, CdcLagHigh.",
            "It is idle, and the retention itself is shorter than the headroom: keep more, or lower `headroom`.",
        ),
    ),
    Alert(
        "CdcBinlogPurged",
        Severity.CRITICAL,
        {Engine.TAILRACE: own("tailrace_purge_distance_bytes") + " == 0"},
        "purged.for",
        "the source of connector {{ $labels.name }} has purged the place where it would go on",
        "As long as it runs it may still hold what it needs. After a restart it will not find its place, and stop. "
        "Debezium has no such figure; there CdcTaskFailed tells of it.",
        ("Do not restart it before it has caught up (CdcLagHigh).", _RESTORE),
        quiets=("CdcBinlogPurgeNear",),
    ),
    Alert(
        "CdcErroneousEvents",
        Severity.CRITICAL,
        {Engine.BOTH: "increase(debezium_metrics_NumberOfErroneousEvents[<errors.window>]) > 0"},
        "",
        "connector {{ $labels.name }} has met events that it cannot read",
        "Tailrace stops at the first one. Debezium does too, unless `event.processing.failure.handling.mode` has it "
        "warn or skip; then those changes are missing at the consumers.",
        (
            "The log names the file, the position and the table.",
            "A definition that does not fit the rows: schema history and `binlog_row_metadata` are the places to look.",
            _RESTORE,
        ),
    ),
    Alert(
        "CdcSkippedEvents",
        Severity.CRITICAL,
        {Engine.BOTH: 'increase(debezium_metrics_NumberOfSkippedEvents{context="streaming"}[<errors.window>]) > 0'},
        "",
        "connector {{ $labels.name }} passes over events",
        "Its reader of the binlog has left out what it could not read, and gone on: those changes are missing at the "
        "consumers. Tailrace never does so.",
        ("Its log says which.", _RESTORE),
    ),
    Alert(
        "CdcSnapshotStalled",
        Severity.WARNING,
        {
            Engine.BOTH: "debezium_metrics_SnapshotRunning == 1\n"
            f"unless on ({OTHERS}) debezium_metrics_SnapshotPaused == 1\n"
            f"unless on ({OTHERS}) sum by ({OTHERS}) (increase(debezium_metrics_RowsScanned[<snapshot.window>])) > 0"
        },
        "snapshot.for",
        "the snapshot of connector {{ $labels.name }} makes no progress",
        "It is said to be running, and no row has come for a while. Everything it holds stays held: its transaction "
        "keeps old row versions alive at the source.",
        (
            "`tailrace snapshot status NAME`: which table, and is there a reason?",
            "`SHOW PROCESSLIST` on the source: does its SELECT wait for a lock (metadata, FLUSH TABLES)?",
            "Is the queue full? Then the sink is what is stuck.",
            "An incremental snapshot moves with the stream: go on at CdcNoEvents.",
        ),
        silent="While it is paused.",
    ),
    Alert(
        "CdcSnapshotAborted",
        Severity.WARNING,
        {Engine.BOTH: "debezium_metrics_SnapshotAborted == 1"},
        "aborted.for",
        "the snapshot of connector {{ $labels.name }} has ended early",
        "Tables that it had not read are not at the consumers. A first snapshot is taken again from the beginning at "
        "the next start; an incremental one is not.",
        (
            "The reason is in the log, and in `tailrace connector status NAME`.",
            "Was it stopped by a signal? Then somebody wanted it.",
            "Begin it again: restart the connector, or `tailrace snapshot start`.",
        ),
    ),
)
