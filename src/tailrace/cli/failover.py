"""`tailrace failover`: a replica, or an instance of Aurora, becomes the primary, and connectors go on there."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli import failover_view as view
from tailrace.cli import show as shown
from tailrace.cli.failover_options import task_options
from tailrace.cli.failover_task import PASSWORD_VARIABLE
from tailrace.errors import ConfigError, FailoverError
from tailrace.ops.failover.journal import Journal
from tailrace.ops.failover.plan import Refused
from tailrace.ops.failover.step import REPLICATION_PASSWORD, Plan

if TYPE_CHECKING:
    from tailrace.cli.failover_task import Task
    from tailrace.ops.failover.execute import Told


@click.group(epilog="Example: tailrace failover plan --source '${env:PRIMARY}' --candidate '${env:REPLICA}'")
def failover() -> None:
    """Make a replica the primary, planned or because the primary is dead, and let connectors go on there.

    With --aurora AWS promotes: another instance of the cluster, or with --global a cluster in another region.

    A failover that would lose transactions is refused, with their GTIDs. Passwords come from the environment or files
    (${env:NAME}, ${file:path:key}), never from the command line.
    Exit codes: 0 fine, 1 refused or a problem found, 2 wrong usage, 3 a server or worker not reached.
    """


@failover.command(
    epilog="Example: tailrace failover plan --source '${env:PRIMARY}' --candidate '${env:REPLICA}' --connector shop"
)
@task_options
def plan(task: Task, *, as_json: bool) -> None:
    """Show the servers side by side, and the steps. Changes nothing. Exits 1 where it is refused."""
    outlook = task.look()
    if as_json:
        shown.document({"facts": asdict(outlook.facts), **view.plan_document(outlook.found)})
    else:
        outlook.show()
        view.show_plan(outlook.found)
    if isinstance(outlook.found, Refused):
        sys.exit(1)


@failover.command(
    epilog="Example: tailrace failover runbook --source '${env:PRIMARY}' --candidate '${env:REPLICA}' > failover.sh"
)
@task_options
def runbook(task: Task, *, as_json: bool) -> None:
    """Print the same steps as a bash script, for review. Changes nothing."""
    from tailrace.ops.failover.runbook import write_runbook

    script = write_runbook(_accepted(task.look().found, task))
    if as_json:
        shown.document({"runbook": script})
    else:
        click.echo(script, nl=False)


@failover.command(epilog="Example: tailrace failover run --source '${env:PRIMARY}' --candidate '${env:REPLICA}' --yes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@task_options
def run(task: Task, *, yes: bool, as_json: bool) -> None:
    """Carry out the plan. A step that fails before the point of no return takes all back; a second run goes on where
    the first was broken off.
    """
    from tailrace.ops.failover.execute import execute

    with Journal(task.journal) as journal:
        resumed = journal.plan
        if resumed is None:
            outlook = task.look()
            wanted = _accepted(outlook.found, task)
            if not as_json:
                outlook.show()
        else:
            wanted = _same(resumed, task)
        if not as_json:
            view.show_plan(wanted)
            if resumed is not None:
                click.echo(f"goes on where the run of {task.journal} was broken off\n")
        _confirm(yes=yes)
        if resumed is None:
            journal.begin(wanted)
        told: list[dict[str, Any]] = []

        def tell(news: Told) -> None:
            told.append(view.told_document(news))
            if not as_json:
                view.show_told(news)

        try:
            execute(wanted, journal, task.hands(), tell)
        finally:
            if as_json:
                shown.document({"kind": wanted.kind, "steps": told})
    if not as_json:
        task.show_end(wanted)
        click.echo("now: tailrace failover verify, with the same options")


@failover.command(
    epilog="Example: tailrace failover verify --source '${env:OLD}' --candidate '${env:NEW}' --connector shop"
)
@click.option("--table", "tables", multiple=True, metavar="DATABASE.TABLE", help="Compare its rows too; repeatable.")
@task_options
def verify(task: Task, tables: tuple[str, ...], *, as_json: bool) -> None:
    """Check that all is well after a failover, with the evidence; with the same options as `run`.

    Waits for what takes its time, up to --deadline. Exits 1 where there is a problem.
    """
    from tailrace.ops.failover.verify import Severity

    values: dict[str, str] = {}
    if task.journal.exists():
        with Journal(task.journal) as journal:
            values = journal.values if journal.is_finished else {}
    found = task.verify(values, tables)
    if as_json:
        shown.document([asdict(finding) for finding in found])
    else:
        shown.table(shown.columns(("", "check", "evidence"), (view.finding_row(finding) for finding in found)))
        for finding in found:
            if finding.hint:
                click.echo(f"\n{finding.check}\n  try: {finding.hint}")
    if any(finding.severity is Severity.PROBLEM for finding in found):
        sys.exit(1)


def _accepted(found: Plan | Refused, task: Task) -> Plan:
    if isinstance(found, Refused):
        lines = [f"{reason.words}{': ' + reason.gtids if reason.gtids else ''}" for reason in found.reasons]
        raise FailoverError("refused: " + "\n".join(lines), where=task.where, hint=found.reasons[0].hint)
    if REPLICATION_PASSWORD in str(found.to_json()) and not task.hands().secrets[REPLICATION_PASSWORD].reveal():
        raise ConfigError(f"--replication-user needs its password in {PASSWORD_VARIABLE}")
    return found


def _same(resumed: Plan, task: Task) -> Plan:
    """The plan that was broken off, if it is of the same servers."""
    if not task.is_of(resumed):
        raise FailoverError(
            "a run of other servers was broken off: "
            + ", ".join([resumed.cluster, *(f"{name} {place}" for name, place in resumed.servers)]).lstrip(", "),
            where=str(task.journal),
            hint="finish that one first, with its own options, or name another --journal",
        )
    given = {worker.access.url for worker in task.workers}
    if missing := [url for url in resumed.workers if url not in given]:
        raise FailoverError(
            f"the run that was broken off has connectors of {', '.join(missing)}",
            where=str(task.journal),
            hint="give that too: " + " ".join(f"--url {url}" for url in missing),
        )
    return resumed


def _confirm(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask: --yes goes on without asking")
    click.confirm("carry it out?", abort=True, err=True)
