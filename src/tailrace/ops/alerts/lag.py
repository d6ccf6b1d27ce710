"""Alerts about how far behind a connector is, and a cluster of Aurora as a replica."""

from __future__ import annotations

from typing import Final

from tailrace.ops.alerts.alert import OTHERS, Alert, Engine, Severity, of_connect, own

_LAG: Final = 'debezium_metrics_MilliSecondsBehindSource{context="streaming"}'
_AURORA: Final = "aws_rds_aurora_binlog_replica_lag_average"
_CLUSTER: Final = "{{ $labels.dbcluster_identifier }}{{ $labels.dimension_DBClusterIdentifier }}"
_LAG_STEPS: Final = (
    "`tailrace lag NAME` shows it in seconds, in bytes and in transactions. Is it falling? Then wait.",
    "A burst at the source (a batch, an ALTER of a big table)? It goes by; see CdcBinlogPurgeNear for how long it may.",
    "The queue is full: the sink is too slow; look at its side. The queue is empty: the source or the network is.",
    "One huge transaction shows its commit time until its last row is out.",
)
_AURORA_STEPS: Final = (
    "`SHOW REPLICA STATUS` on the writer of that cluster: which thread waits, and for what?",
    "Long transactions or an ALTER at its source? `replica_parallel_workers` on the cluster?",
    "Our connectors are measured by CdcLagHigh, wherever they read.",
)

LAG: Final = (
    Alert(
        "CdcLagHigh",
        Severity.WARNING,
        {Engine.BOTH: f"{_LAG} / 1000 > <lag>"},
        "lag.for",
        "connector {{ $labels.name }} is {{ $value | humanizeDuration }} behind its source",
        "From the commit at the source to its delivery it takes this long. In Tailrace the figure grows while the "
        "source cannot be reached or the sink takes nothing; in Debezium it is that of the last event, and stands "
        "still when none come.",
        _LAG_STEPS,
        silent="Before the first transaction the figure is -1 (CdcLagUnknown).",
    ),
    Alert(
        "CdcLagCritical",
        Severity.CRITICAL,
        {Engine.BOTH: f"{_LAG} / 1000 > <lag-critical>"},
        "lag-critical.for",
        "connector {{ $labels.name }} is {{ $value | humanizeDuration }} behind its source",
        "As CdcLagHigh, and so far that consumers see an old world. If it grows on, the source purges what is still "
        "needed.",
        _LAG_STEPS,
        quiets=("CdcLagHigh",),
    ),
    Alert(
        "CdcLagUnknown",
        Severity.WARNING,
        {Engine.BOTH: f'{_LAG} < 0\nand on ({OTHERS}) debezium_metrics_Connected{{context="streaming"}} == 1'},
        "lag-unknown.for",
        "connector {{ $labels.name }} is connected, and its lag is not known",
        "The figure is -1: no event has come since the start, not even a heartbeat. An alert on a lag above something "
        "never sees that.",
        (
            "Does anything come? `tailrace events tail`, or the position in `SHOW BINARY LOG STATUS` against "
            "`debezium_metrics_BinlogPosition`.",
            "Nothing, though the source writes: restart the task; go on at CdcNoEvents.",
        ),
        silent="While it is not connected, which a first snapshot is too.",
    ),
    Alert(
        "CdcQueueFull",
        Severity.WARNING,
        {
            Engine.BOTH: '1 - debezium_metrics_QueueRemainingCapacity{context="streaming"}'
            ' / debezium_metrics_QueueTotalCapacity{context="streaming"} > <queue>\n'
            f"unless on ({OTHERS}) debezium_metrics_SnapshotRunning == 1"
        },
        "queue.for",
        "the queue of connector {{ $labels.name }} is {{ $value | humanizePercentage }} full",
        "What is read waits for the sink. Nothing is dropped: when the queue is full, reading stops until there is "
        "room, and the lag grows.",
        (
            "Is the sink slow or away? For Kafka: brokers, `acks`, quotas; for files: the disk.",
            "It always is: more capacity at the sink helps, a bigger queue does not.",
        ),
        silent="While a snapshot runs, which fills any queue.",
    ),
    Alert(
        "CdcOffsetNotStored",
        Severity.WARNING,
        {
            Engine.TAILRACE: own("tailrace_offset_age_seconds") + " > <offset>",
            Engine.DEBEZIUM: of_connect("kafka_connect_connector_task_metrics_offset_commit_failure_percentage")
            + " > 0",
        },
        "offset.for",
        "connector {{ $labels.name }} delivers, and its offset is not stored",
        "After a crash it would deliver again what it has delivered since (Tailrace's files and Kafka in its "
        "transactional mode take that back), and the binlog that it needs is older than it seems.",
        (
            "Tailrace: is the sink's flush slow, is the disk of `storage.path` full?",
            "Connect: `offset.flush.timeout.ms`, the topic of offsets, its brokers.",
        ),
    ),
    Alert(
        "CdcAuroraReplicaLagHigh",
        Severity.WARNING,
        {Engine.AURORA: f"{_AURORA} > <aurora>"},
        "aurora.for",
        f"Aurora cluster {_CLUSTER} is {{{{ $value | humanizeDuration }}}} behind as a binlog replica",
        "AuroraBinlogReplicaLag is how far this cluster is behind the server that it replicates from by binlog, in "
        "seconds. It says nothing about a connector that reads from this cluster, nor about Aurora's own readers.",
        _AURORA_STEPS,
    ),
    Alert(
        "CdcAuroraReplicaLagCritical",
        Severity.CRITICAL,
        {Engine.AURORA: f"{_AURORA} > <aurora-critical>"},
        "aurora-critical.for",
        f"Aurora cluster {_CLUSTER} is {{{{ $value | humanizeDuration }}}} behind as a binlog replica",
        "As CdcAuroraReplicaLagHigh, and too far for a failover to it.",
        _AURORA_STEPS,
        quiets=("CdcAuroraReplicaLagHigh",),
    ),
    Alert(
        "CdcAuroraReplicationStopped",
        Severity.CRITICAL,
        {Engine.AURORA: f"{_AURORA} < 0"},
        "aurora.for",
        f"Aurora cluster {_CLUSTER} does not replicate",
        "-1 is AWS's figure for a replication that is not active, or whose lag cannot be told. It is below every "
        "threshold, so no other alert sees the worst case.",
        (
            "`SHOW REPLICA STATUS` on the writer: the error of the receiver and of the applier.",
            "A maintenance or a network outage gives -1 too; it goes by.",
        ),
    ),
)
