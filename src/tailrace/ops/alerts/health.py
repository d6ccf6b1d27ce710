"""Alerts about whether connectors are there and at work."""

from __future__ import annotations

from typing import Final

from tailrace.ops.alerts.alert import OTHERS, Alert, Engine, Severity, of_connect, own

HEALTH: Final = (
    Alert(
        "CdcTargetDown",
        Severity.CRITICAL,
        {Engine.BOTH: 'up{job=~"<jobs>"} == 0'},
        "target.for",
        "{{ $labels.job }} at {{ $labels.instance }} cannot be scraped",
        "Prometheus gets no metrics from this worker, so every other alert about it is blind: its series are gone, and "
        "what is gone is above no threshold. Either the process is dead, or only its metrics are.",
        (
            "Is the process there? `tailrace connector list --url http://HOST:8083` asks the worker itself.",
            "It is not: start it, and look at the end of its log for why it ended. It goes on where it was.",
            "It is: open http://INSTANCE/metrics; compare the port with `metrics.listener` (Tailrace) or with the Java "
            "agent of the JMX exporter (Debezium); look for a firewall between it and Prometheus.",
        ),
        quiets=("CdcConnectorStopped",),
    ),
    Alert(
        "CdcMetricsAbsent",
        Severity.WARNING,
        {Engine.BOTH: 'absent(debezium_metrics_Connected{context="streaming"})'},
        "absent.for",
        "there are no metrics of any connector",
        "No target that Prometheus scrapes has a running connector, or none is scraped at all. If connectors should be "
        "running, all of them are unwatched.",
        (
            "Open the targets page of Prometheus: are the workers there, and up?",
            "They are: `tailrace connector list` says which connectors there are, and their states.",
            "Metrics come under other names? The rules of the JMX exporter must be those of "
            "`deploy/prometheus/jmx-exporter.yml`.",
        ),
    ),
    Alert(
        "CdcConnectorStopped",
        Severity.WARNING,
        {
            Engine.BOTH: 'max by (job, name) (max_over_time(debezium_metrics_Connected{context="streaming"}'
            "[<stopped.window>]))\n"
            'unless on (job, name) debezium_metrics_Connected{context="streaming"}\n'
            "unless on (job) (up == 0)",
            Engine.TAILRACE: own('tailrace_state{state="stopped"}') + " == 1",
            Engine.DEBEZIUM: of_connect("kafka_connect_worker_metrics_connector_paused_task_count") + " > 0",
        },
        "stopped.for",
        "connector {{ $labels.name }} does not run",
        "The worker answers, and the connector is paused, stopped or deleted; or its task has failed, for Debezium "
        "takes a task's metrics away with the task. Meanwhile the source purges binlog as always, which Tailrace "
        "goes on to measure (CdcBinlogPurgeNear). What a paused Debezium says of its lag is old.",
        (
            "`tailrace connector status NAME` says whether it is paused, stopped, failed or deleted.",
            "Failed: go on at CdcTaskFailed. Paused or stopped by mistake: `tailrace connector resume NAME`.",
            "On purpose: silence this alert for as long, and look to it that it comes back before the source purges.",
        ),
        silent="When the worker itself is down, which CdcTargetDown says; and when it has had no metrics for longer "
        "than stopped.window, for Prometheus does not remember it then.",
    ),
    Alert(
        "CdcTaskFailed",
        Severity.CRITICAL,
        {
            Engine.TAILRACE: own('tailrace_state{state="failed"}') + " == 1",
            Engine.DEBEZIUM: of_connect("kafka_connect_worker_metrics_connector_failed_task_count") + " > 0",
        },
        "task.for",
        "connector {{ $labels.name }} has failed",
        "It met an error that trying again does not cure, and stands still until somebody restarts it. Nothing is lost "
        "as long as the source keeps the binlog behind the stored offset.",
        (
            "`tailrace connector status NAME` shows the error; Tailrace says below it what to do.",
            "Repair what it names (a grant, a purged position, a sink that refuses …).",
            "`tailrace connector restart NAME --failed-only`; a plain restart is one of the connector, and leaves the "
            "failed task as it is.",
        ),
        quiets=("CdcConnectorStopped",),
    ),
    Alert(
        "CdcDisconnected",
        Severity.CRITICAL,
        {
            Engine.TAILRACE: own('tailrace_state{state="reconnecting"}') + " == 1",
            Engine.DEBEZIUM: 'debezium_metrics_Connected{context="streaming", server=""} == 0\n'
            f"unless on ({OTHERS}) (\n"
            "  debezium_metrics_SnapshotRunning == 1\n"
            f"  and on ({OTHERS}) debezium_metrics_TotalNumberOfEventsSeen"
            '{context="streaming"} == 0\n'
            ")",
        },
        "disconnected.for",
        "connector {{ $labels.name }} does not reach its source",
        "The connector runs and has no connection to MySQL. Tailrace tries again all the time, and its lag grows "
        "meanwhile; Debezium's lag stands still at its last value, so only this alert shows it.",
        (
            "Is the server there? Try the capture account: `mysql -h HOST -u USER -p -e 'SELECT 1'` from the worker's "
            "machine.",
            "After a failover: does the name lead to the new writer? Is GTID mode on there (CdcGtidOff)?",
            "The reason: `tailrace_reason_info` in Tailrace's metrics and its log; Debezium's log.",
            "Debezium may stay deaf for a minute or two after the server is back; restart the task if it takes longer.",
        ),
        silent="While Debezium takes its first snapshot: it says that it is not connected all that time, for it does "
        "not read the binlog yet.",
        quiets=("CdcLagHigh", "CdcLagUnknown", "CdcNoEvents"),
    ),
    Alert(
        "CdcReconnectsOften",
        Severity.WARNING,
        {
            Engine.BOTH: 'increase(debezium_metrics_NumberOfDisconnects{context="streaming"}[<reconnects.window>])'
            " > <reconnects>"
        },
        "",
        'connector {{ $labels.name }} has lost its source {{ $value | printf "%.0f" }} times lately',
        "It comes back each time, so no other alert stays on, and each time it costs seconds.",
        (
            "Two readers with one `database.server.id`? The server throws the older one out, and so they take turns: "
            "look for 'same server_uuid/server_id' in the worker's log.",
            "A proxy, NAT or load balancer that ends idle connections? Set `connect.keep.alive` or heartbeats below "
            "its patience.",
            "`wait_timeout`, `net_write_timeout` of the server, when the sink is slow.",
        ),
    ),
    Alert(
        "CdcNoEvents",
        Severity.WARNING,
        {
            Engine.TAILRACE: 'debezium_metrics_MilliSecondsSinceLastEvent{context="streaming", server!=""} / 1000'
            " > <no-events>\n"
            f"and on ({OTHERS}) " + own("tailrace_gtid_gap_transactions") + " > 0\n"
            f"and on ({OTHERS}) " + own('tailrace_state{state="streaming"}') + " == 1",
            Engine.DEBEZIUM: 'debezium_metrics_MilliSecondsSinceLastEvent{context="streaming", server=""} / 1000'
            " > <no-events>\n"
            f"unless on ({OTHERS}) sum by ({OTHERS}) (increase(debezium_metrics_RowsScanned[<no-events>])) > 0",
        },
        "no-events.for",
        "connector {{ $labels.name }} has read nothing for {{ $value | humanizeDuration }}",
        "The connection looks alive and nothing comes out of it: a dead TCP connection that nobody has noticed, a "
        "server that hangs, or a sink that takes nothing, so that nothing more is read. This needs no error to fire.",
        (
            "Is the queue full (CdcQueueFull)? Then the sink is what is stuck.",
            "`SHOW PROCESSLIST` on the source: is there a 'Binlog Dump GTID' of the capture user, and what does it do?",
            "There is none, or it sends and nothing comes: restart the task; look at what is between the two.",
        ),
        silent="On an idle source: Tailrace compares with what the source has executed (so it needs GTIDs), and in "
        "Debezium the server's heartbeats count as events. While rows of a snapshot come in.",
    ),
)
