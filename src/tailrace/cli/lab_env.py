"""`tailrace lab env`: where the lab's parts are."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from tailrace.cli.lab_options import answer, common
from tailrace.lab import Lab, faults


@click.command(epilog='Example: eval "$(tailrace lab env)" && echo $TAILRACE_PRIMARY_DSN')
@common
def env(folder: Path, *, as_json: bool) -> None:
    """The servers' addresses and accounts as shell variables. They hold passwords: of the lab, and of nothing else.

    Of faults that are in the lab, what their texts name ($CONNECTOR, $TABLE) is among them, but for blind ones.
    """
    mine = Lab(folder)
    parts = mine.parts
    variables = {
        "TAILRACE_PRIMARY_DSN": parts.primary.dsn,
        "TAILRACE_PRIMARY_ADMIN_DSN": parts.primary.admin_dsn,
        # Where a configuration asks for the port alone: `"database.port": "${env:TAILRACE_PRIMARY_PORT}"`.
        "TAILRACE_PRIMARY_PORT": str(parts.primary.port),
        # By reference: a password within it would be refused, as it is anywhere on a command line.
        "TAILRACE_SOURCE": "${env:TAILRACE_PRIMARY_ADMIN_DSN}",
        "TAILRACE_REPLICA_DSN": parts.replica.dsn,
        "TAILRACE_REPLICA_ADMIN_DSN": parts.replica.admin_dsn,
        "TAILRACE_REPLICA_PORT": str(parts.replica.port),
        "TAILRACE_LAB_CA": str(parts.primary.ca),
        # Of the account that captures: a worker does not tell it.
        "MYSQL_PWD": parts.primary.password,
    }
    if parts.endpoint:
        variables["TAILRACE_ENDPOINT_DSN"] = parts.primary.dsn_at(parts.endpoint.port)
    if parts.kafka:
        variables["TAILRACE_KAFKA"] = parts.kafka.bootstrap
    # Whose connectors commands speak of where nothing else is said: ours, where there are both.
    if engine := parts.worker or parts.connect:
        variables |= {"TAILRACE_URL": engine.url, "TAILRACE_METRICS_URL": engine.metrics_url}
    if parts.connect:
        variables |= {
            "TAILRACE_DEBEZIUM_URL": parts.connect.url,
            "TAILRACE_DEBEZIUM_METRICS_URL": parts.connect.metrics_url,
        }
    if parts.prometheus and parts.alertmanager:
        variables |= {
            "TAILRACE_PROMETHEUS": parts.prometheus.url,
            "TAILRACE_ALERTMANAGER": parts.alertmanager.url,
        }
    if parts.aws:
        port = parts.aws.endpoint[1]
        variables |= {
            **parts.aws.environment,
            "TAILRACE_AURORA_DSN": parts.primary.dsn_at(port),
            "TAILRACE_AURORA_ADMIN_DSN": parts.primary.dsn_at(port, parts.primary.admin),
        }
    if parts.follower:
        variables |= {
            "TAILRACE_AURORA_REPLICA_DSN": parts.follower.dsn,
            "TAILRACE_AURORA_REPLICA_ADMIN_DSN": parts.follower.admin_dsn,
        }
    for each in faults.active(mine):
        variables |= {} if each.blind else each.values
    answer(
        variables,
        "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        as_json=as_json,
    )
