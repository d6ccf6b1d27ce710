"""Passwords that the worker shows to everybody who asks."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, info
from tailrace.ops.doctor.repair import properties
from tailrace.ops.secrets import is_secret


def look(facts: Facts) -> Iterator[Finding]:
    """They are references of a config provider."""
    connector = facts.connector
    if connector is None or not connector.is_debezium:
        return  # our worker masks them
    plain = [
        name for name, value in connector.config.items() if is_secret(name) and value and not value.startswith("${")
    ]
    if plain:
        yield info(
            "whoever reaches the worker's REST interface can read them",
            ", ".join(plain),
            properties(
                connector,
                {name: "${file:/etc/connect/secrets.properties:" + name + "}" for name in plain},
                note="with config.providers=file in the worker",
            ),
        )


CHECK = Check(
    id="connector.secrets",
    title="the worker's REST interface shows no password",
    why="GET /connectors/NAME/config of Kafka Connect gives every property as it was sent.",
    look=look,
    needs=Need.CONNECTOR,
)
