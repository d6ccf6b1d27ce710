"""RUNNING, and yet nobody reads the binlog."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Connector, Facts, Other, known
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import shell


def look(facts: Facts) -> Iterator[Finding]:
    """The server has a session for it."""
    connector = facts.connector
    if connector is None or not connector.status.is_running or connector.is_in_snapshot:
        return
    user = connector.config.get("database.user", "")
    replicas = {each.uuid for each in known(facts.source.registered)}
    readers = [dump for dump in known(facts.source.dumps) if dump.user == user and dump.uuid not in replicas]
    running = [other for other in connector.others if other.status.is_running and _alike(connector, other, user)]
    if len(readers) <= len(running):
        yield error(
            "the worker says that it runs, but the server has no session that reads the binlog for it: its connection"
            " is gone and it has not noticed",
            f"{len(readers)} sessions of {user} read the binlog, {len(running) + 1} connectors should",
            shell(f"tailrace connector restart {shlex.quote(connector.name)} --tasks"),
        )


def _alike(connector: Connector, other: Other, user: str) -> bool:
    return connector.shares_server(other.config) and other.config.get("database.user") == user


CHECK = Check(
    id="connector.reader",
    title="the server has a session that reads the binlog for it",
    why="Debezium may stay RUNNING for minutes after its connection was cut; lag stands still at its last figure.",
    look=look,
    needs=Need.CONNECTOR,
)
