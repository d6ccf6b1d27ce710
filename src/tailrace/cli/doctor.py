"""`tailrace doctor`: what keeps a server, and a connector, from being captured well."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from tailrace.cli import show as shown
from tailrace.cli.access import complete_connector, worker_options
from tailrace.ops.doctor.checks import all_checks
from tailrace.ops.doctor.facts import Profile
from tailrace.ops.doctor.gather import gather
from tailrace.ops.doctor.judge import judge
from tailrace.ops.doctor.report import document, text
from tailrace.ops.dsn import parse_dsn

if TYPE_CHECKING:
    from tailrace.ops.connect import Connect

TONES = {"error": "red", "warning": "yellow", "info": "cyan", "fine": "green", "quiet": "bright_black"}
NARROWEST, WIDEST = 60, 110
PROBLEM = 1


@click.command("doctor", epilog="Example: MYSQL_PWD=… tailrace doctor --source mysql://capture@db1:3306")
@click.option("--source", metavar="DSN", help="The server, as the account that captures: mysql://user@host:port.")
@click.option(
    "--connector",
    metavar="NAME",
    shell_complete=complete_connector,
    help="A connector of the worker, ours or Debezium's, together with its server.",
)
@click.option(
    "--replica", "replicas", multiple=True, metavar="DSN", help="A server that may take over; may be given again."
)
@click.option(
    "--profile",
    type=click.Choice([profile.value for profile in Profile]),
    help="Who runs the server: it decides what repairs look like. Default: as the server looks.",
)
@click.option(
    "--aurora",
    default="",
    metavar="CLUSTER",
    help="The Aurora cluster, by name or ARN: AWS is asked about it, by the SDK's usual settings.",
)
@worker_options
def doctor(  # noqa: PLR0917 - click gives them by name
    source: str | None,
    connector: str | None,
    replicas: tuple[str, ...],
    profile: str | None,
    aurora: str,
    connect: Connect,
    *,
    as_json: bool,
) -> None:
    """Check what a capture needs of a server, its replicas, a connector and its topics; say what repairs it.

    Only reads. A DSN's password comes from MYSQL_PWD or a reference: 'mysql://capture:${env:SECRET}@db1', or
    '${env:DSN}' for all of it. With --connector alone, server and account are those of its configuration.

    A check whose facts could not be read says so, and counts as a problem.

    Exit codes: 0 all fine, perhaps with remarks; 1 a problem found; 2 wrong usage; 3 a server or worker not reached.
    """
    if source is None and connector is None:
        raise click.UsageError("which server? --source DSN, --connector NAME, or both")
    facts = gather(
        parse_dsn(source) if source else None,
        replicas=[parse_dsn(replica) for replica in replicas],
        connect=connect if connector else None,
        connector=connector,
        profile=Profile(profile) if profile else None,
        aurora=aurora,
    )
    judgement = judge(facts, all_checks())
    if as_json:
        shown.document(document(facts, judgement))
    else:
        width = min(WIDEST, max(NARROWEST, shutil.get_terminal_size().columns))
        for line in text(facts, judgement, width):
            tone = TONES.get(line.tone)
            click.secho(line.text, fg=tone, bold=line.tone == "error") if tone else click.echo(line.text)
    if judgement.has_problem:
        sys.exit(PROBLEM)
