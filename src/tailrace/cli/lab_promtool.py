"""`tailrace lab promtool`: Prometheus's own tool, the one that the lab's Prometheus came with."""

from __future__ import annotations

import os
import sys

import click

from tailrace.cli.lab_options import CLIENT_SETTINGS


@click.command(
    "promtool",
    epilog="Example: tailrace lab promtool check rules .tailrace/lab/prometheus/rules/tailrace.yml",
    context_settings=CLIENT_SETTINGS,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def promtool(arguments: tuple[str, ...]) -> None:
    """Prometheus's promtool; ARGUMENTS are its own: check rules FILE, test rules FILE, query instant URL EXPR."""
    from tailrace.lab import monitoring

    program = str(monitoring.programs().promtool.path)
    sys.stdout.flush()
    os.execv(program, [program, *arguments])  # noqa: S606 - in place of us, so that it has the terminal
