"""Faults of the way to the source."""

from __future__ import annotations

from tailrace.lab.faults.fault import Engine, Fault, Need, doctor, lag, shell
from tailrace.lab.faults.scene import Scene

ENDPOINT = "'${env:TAILRACE_ENDPOINT_DSN}'"
AROUND = "tailrace connector config $CONNECTOR --set database.hostname=$HOST --set database.port=$PORT --wait"


def _direct(scene: Scene) -> None:
    scene.values["HOST"] = scene.primary.host
    scene.values["PORT"] = str(scene.primary.port)


def _heal(scene: Scene) -> None:
    """The endpoint leads to the primary, and the connector reads through it."""
    endpoint = scene.lab.endpoint
    if endpoint is not None:
        endpoint.mend()
        endpoint.lead_to(scene.primary.port)
        if scene.has_connector:
            scene.at.patch(scene.connector, {"database.port": str(endpoint.port)})
    scene.heal_table()


def _inject_dead(scene: Scene) -> None:
    endpoint = scene.endpoint
    scene.make_table()
    _direct(scene)
    endpoint.stall()
    for _ in range(20):
        scene.write(1)


def _inject_stale(scene: Scene) -> None:
    endpoint = scene.endpoint
    scene.make_table()
    _direct(scene)
    done = scene.primary.execute("SELECT @@gtid_executed")[0][0]
    scene.replica.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 30)", (done,))
    # What is left of a failover that the endpoint slept through: a server that takes no writes and gets none.
    scene.replica.execute("STOP REPLICA")
    endpoint.lead_to(scene.replica.port)
    for _ in range(20):
        scene.write(1)


def _heal_stale(scene: Scene) -> None:
    scene.replica.execute("START REPLICA")
    _heal(scene)


NETWORK = (
    Fault(
        "dead-path",
        "The connection is dead, and nobody was told",
        "The task is RUNNING and nothing comes. There is no error; lag may stand still at a small figure.",
        (
            lag("source → connector", "down", "reconnecting", engine=Engine.TAILRACE),
            lag("source → connector", "unknown", "hears nothing there for", engine=Engine.DEBEZIUM),
        ),
        "A NAT gateway or a firewall has forgotten the connection, and drops what comes. Neither end gets a packet, "
        "so neither learns. Tailrace counts the server's heartbeats and connects again when they stay away; Debezium "
        "may wait for its socket for minutes. Where the source is asked at the very address that the connector has, "
        "`tailrace lag` calls it frozen.",
        (
            shell(
                AROUND,
                words="Find out whether another connection gets through on this path (`mysql -h …`). If it does, a "
                "restart is enough; if not, lead the connector by another one:",
            ),
        ),
        "`connect.keep.alive.interval.ms` below the idle timeout of every box on the way; alert on silence "
        "([CdcNoEvents](runbooks.md#cdcnoevents)), for no task fails.",
        _inject_dead,
        _heal,
        needs=frozenset({Need.CONNECTOR, Need.ENDPOINT}),
        alerts=("CdcDisconnected",),
    ),
    Fault(
        "stale-endpoint",
        "The endpoint leads to a server that gets no writes",
        "After a failover everything is green: RUNNING, connected, no lag. New rows do not come.",
        (
            doctor("server.following", "Replica_IO_Running: No", source=ENDPOINT, stays=True),
            lag("source → connector", "unknown", "it reads another server, or by another address"),
        ),
        "The name or the proxy still leads to the old primary, or to a replica that has stopped. It answers, it is "
        "read-only, and its binlog stands still: so there is nothing to be behind of.",
        (
            shell(
                AROUND,
                words="Compare `@@server_uuid` and `@@gtid_executed` of both servers. Lead the endpoint to the new "
                "primary, or the connector past it; with GTIDs it goes on where it was:",
            ),
        ),
        "After a failover `tailrace failover verify` asks the server that the connector really reads. Heartbeat rows "
        "written on the primary make silence visible.",
        _inject_stale,
        _heal_stale,
        needs=frozenset({Need.CONNECTOR, Need.ENDPOINT}),
    ),
)
