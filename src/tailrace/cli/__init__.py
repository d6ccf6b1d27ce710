"""The `tailrace` command. A sub-command's module is imported when it is called, so `tailrace --help` starts at once."""

from __future__ import annotations

import json
import sys

import click

from tailrace.cli.lazy import Lazy, LazyGroup
from tailrace.errors import TailraceError

SUMMARIES = {
    "demo": "A lab, a workload, its capture with a kill in the middle, and the proof.",
    "run": "One connector in the foreground.",
    "worker": "Many connectors, behind the Kafka Connect REST interface.",
    "connector": "Connectors of a worker: list, create, pause, restart, offsets, …",
    "events": "Change events as they come, from Kafka or from files.",
    "snapshot": "Start, stop, pause, resume and follow snapshots.",
    "lag": "How far a connector is behind its source: in time, bytes and transactions.",
    "alerts": "Alerts for Prometheus: export, check, explain.",
    "dashboard": "Dashboards for Grafana: export, check.",
    "doctor": "What keeps a server or a connector from being captured well, and what repairs it.",
    "failover": "Make a replica the primary, and let connectors go on there.",
    "migrate": "Take over from a Debezium connector, or hand back to it.",
    "lab": "A real MySQL primary and replica to try things out on.",
    "learn": "The course: break a real cluster, find out why, repair it, be graded.",
    "bench": "Throughput, latency and memory, beside their peers.",
    "completion": "Completion of commands and connector names for bash, zsh and fish.",
}
"""The command is the attribute of that name in the module of that name, here beside us."""
COMPLETE_VARIABLE = "_TAILRACE_COMPLETE"
"""By this variable of the environment a shell asks for completions."""


@click.group(
    cls=LazyGroup,
    lazy={name: Lazy(name, name, summary) for name, summary in SUMMARIES.items()},
    epilog="Example: tailrace demo",
)
@click.version_option(package_name="tailrace")
def cli() -> None:
    """MySQL change data capture: Debezium-format events without a JVM.

    Exit codes of every command: 0 fine, 1 a problem found, 2 wrong usage or configuration, 3 a server was not reached.
    """


def main() -> None:
    """Entry point: an error of ours is a message on standard error and an exit code, never a traceback."""
    try:
        # Named, because `python -m tailrace.cli` would derive another one from how it was called.
        cli(complete_var=COMPLETE_VARIABLE)
    except TailraceError as error:
        # Asked here, not where it was raised: so it holds for every command that has the flag.
        click.echo(_as_json(error) if "--json" in sys.argv else f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _as_json(error: TailraceError) -> str:
    fields = {"error": type(error).__name__, "message": error.message, "where": error.where, "hint": error.hint}
    return json.dumps(fields)
