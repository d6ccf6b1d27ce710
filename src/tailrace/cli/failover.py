"""`tailrace failover`: a replica becomes the primary, and connectors go on there."""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli import failover_view as view
from tailrace.cli import show as shown
from tailrace.cli.access import complete_connector, worker_options
from tailrace.config import Password
from tailrace.errors import ConfigError, FailoverError
from tailrace.ops.dsn import parse_dsn
from tailrace.ops.failover.facts import CANDIDATE, ENDPOINT, SOURCE, Facts, gather
from tailrace.ops.failover.hands import Hands
from tailrace.ops.failover.journal import Journal
from tailrace.ops.failover.plan import Refused, Wish, make_plan
from tailrace.ops.failover.step import REPLICATION_PASSWORD, Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailrace.config import SourceConfig
    from tailrace.ops.connect import Connect
    from tailrace.ops.failover.execute import Told

JOURNAL = Path("failover.jsonl")
PASSWORD_VARIABLE = "TAILRACE_REPLICATION_PASSWORD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Task:
    """What the options say."""

    servers: dict[str, SourceConfig]
    connect: Connect
    connectors: tuple[str, ...]
    wish: Wish
    journal: Path

    def facts(self) -> Facts:
        """As they are now."""
        return gather(self.servers, self.connect, self.connectors)

    def hands(self) -> Hands:
        """Who can carry out its plan."""
        return Hands(self.servers, self.connect, _secrets())


def _task_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `task: Task` and `as_json: bool`."""
    dsn = "mysql://user:${env:NAME}@host:port of an administrator"

    @click.option("--source", required=True, metavar="DSN", help=f"The primary of today: {dsn}.")
    @click.option("--candidate", required=True, metavar="DSN", help="The replica that is to be the primary.")
    @click.option("--replica", "replicas", multiple=True, metavar="DSN", help="Another replica; repeatable.")
    @click.option(
        "--connector",
        "connectors",
        multiple=True,
        metavar="NAME",
        shell_complete=complete_connector,
        help="A connector of the worker that captures the source; repeatable.",
    )
    @click.option(
        "--endpoint",
        metavar="HOST:PORT",
        help="A stable address by which connectors reach the primary. Without it their configuration is changed.",
    )
    @click.option(
        "--endpoint-command",
        default="",
        metavar="COMMAND",
        help="What leads the endpoint to the candidate, if it needs it.",
    )
    @click.option("--dead", is_flag=True, help="The source is gone: what it did not send is given up.")
    @click.option(
        "--fence-command",
        default="",
        metavar="COMMAND",
        help="What keeps the source from taking writes, by other means.",
    )
    @click.option(
        "--replication-user",
        default="",
        metavar="USER",
        help=f"By whom servers follow the new primary, the old one too; password: {PASSWORD_VARIABLE}.",
    )
    @click.option(
        "--deadline", type=click.FloatRange(1), default=60.0, show_default=True, help="Seconds one step may wait."
    )
    @click.option(
        "--journal",
        type=click.Path(dir_okay=False, path_type=Path),
        default=JOURNAL,
        show_default=True,
        help="File by which a run that was broken off is resumed.",
    )
    @worker_options
    @functools.wraps(command)
    def wrapped(  # noqa: PLR0917 - click gives them by name
        source: str,
        candidate: str,
        replicas: tuple[str, ...],
        connectors: tuple[str, ...],
        endpoint: str | None,
        endpoint_command: str,
        fence_command: str,
        replication_user: str,
        deadline: float,
        journal: Path,
        connect: Connect,
        *,
        dead: bool,
        **rest: Any,
    ) -> None:
        if endpoint_command and not endpoint:
            raise click.UsageError("--endpoint-command needs --endpoint: where to look whether it has worked")
        servers = {SOURCE: parse_dsn(source), CANDIDATE: parse_dsn(candidate)}
        servers |= {f"replica-{number}": parse_dsn(dsn) for number, dsn in enumerate(replicas, start=1)}
        if endpoint:
            servers[ENDPOINT] = _at(servers[CANDIDATE], endpoint)
        wish = Wish(dead, fence_command, endpoint_command, replication_user, deadline)
        command(task=Task(servers, connect, connectors, wish, journal), **rest)

    return wrapped


def _at(login: SourceConfig, place: str) -> SourceConfig:
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdigit():
        raise click.BadParameter(f"{place!r} is not HOST:PORT", param_hint="--endpoint")
    return replace(login, host=host.strip("[]"), port=int(port))


def _secrets() -> dict[str, Password]:
    return {REPLICATION_PASSWORD: Password(os.environ.get(PASSWORD_VARIABLE, ""))}


@click.group(epilog="Example: tailrace failover plan --source '${env:PRIMARY}' --candidate '${env:REPLICA}'")
def failover() -> None:
    """Make a replica the primary, planned or because the primary is dead, and let connectors go on there.

    A failover that would lose transactions is refused, with their GTIDs. Passwords come from the environment or files
    (${env:NAME}, ${file:path:key}), never from the command line.
    Exit codes: 0 fine, 1 refused or a problem found, 2 wrong usage, 3 a server or worker not reached.
    """


@failover.command(
    epilog="Example: tailrace failover plan --source '${env:PRIMARY}' --candidate '${env:REPLICA}' --connector shop"
)
@_task_options
def plan(task: Task, *, as_json: bool) -> None:
    """Show the servers side by side, and the steps. Changes nothing. Exits 1 where it is refused."""
    facts = task.facts()
    found = make_plan(facts, task.wish)
    if as_json:
        shown.document({"facts": asdict(facts), **view.plan_document(found)})
    else:
        view.show_facts(facts)
        view.show_plan(found)
    if isinstance(found, Refused):
        sys.exit(1)


@failover.command(
    epilog="Example: tailrace failover runbook --source '${env:PRIMARY}' --candidate '${env:REPLICA}' > failover.sh"
)
@_task_options
def runbook(task: Task, *, as_json: bool) -> None:
    """Print the same steps as a bash script, for review. Changes nothing."""
    from tailrace.ops.failover.runbook import write_runbook

    script = write_runbook(_accepted(make_plan(task.facts(), task.wish), task))
    if as_json:
        shown.document({"runbook": script})
    else:
        click.echo(script, nl=False)


@failover.command(epilog="Example: tailrace failover run --source '${env:PRIMARY}' --candidate '${env:REPLICA}' --yes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_task_options
def run(task: Task, *, yes: bool, as_json: bool) -> None:
    """Carry out the plan. A step that fails before the point of no return takes all back; a second run goes on where
    the first was broken off.
    """
    from tailrace.ops.failover.execute import execute

    with Journal(task.journal) as journal:
        resumed = journal.plan
        if resumed is None:
            facts = task.facts()
            wanted = _accepted(make_plan(facts, task.wish), task)
            if not as_json:
                view.show_facts(facts)
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
        click.echo(f"\n{wanted.servers[1][1]} is the primary; now: tailrace failover verify, with the same options")


@failover.command(
    epilog="Example: tailrace failover verify --source '${env:OLD}' --candidate '${env:NEW}' --connector shop"
)
@click.option("--table", "tables", multiple=True, metavar="DATABASE.TABLE", help="Compare its rows too; repeatable.")
@_task_options
def verify(task: Task, tables: tuple[str, ...], *, as_json: bool) -> None:
    """Check that all is well after a failover, with the evidence. --source is the old primary, --candidate the new one.

    Waits for what takes its time, up to --deadline. Exits 1 where there is a problem.
    """
    from tailrace.ops.failover.tables import compare
    from tailrace.ops.failover.verify import Severity
    from tailrace.ops.failover.verify import verify as look

    values: dict[str, str] = {}
    if task.journal.exists():
        with Journal(task.journal) as journal:
            values = journal.values if journal.is_finished else {}
    found = look(task.servers, task.connect, task.connectors, values, seconds=task.wish.seconds)
    facts = task.facts()
    others = {one.name: task.servers[one.name] for one in facts.members if one.is_reachable and one.following}
    for table in tables:
        found += compare(task.servers[CANDIDATE], others, table, task.wish.seconds)
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
        where = " → ".join(f"{config.host}:{config.port}" for config in list(task.servers.values())[:2])
        raise FailoverError("refused: " + "\n".join(lines), where=where, hint=found.reasons[0].hint)
    if REPLICATION_PASSWORD in str(found.to_json()) and not _secrets()[REPLICATION_PASSWORD].reveal():
        raise ConfigError(f"--replication-user needs its password in {PASSWORD_VARIABLE}")
    return found


def _same(resumed: Plan, task: Task) -> Plan:
    """The plan that was broken off, if it is of the same servers."""
    given = {(name, f"{config.host}:{config.port}") for name, config in task.servers.items()}
    if set(resumed.servers) != given:
        raise FailoverError(
            "a run of other servers was broken off: " + ", ".join(f"{name} {place}" for name, place in resumed.servers),
            where=str(task.journal),
            hint="finish that one first, with its own options, or name another --journal",
        )
    return resumed


def _confirm(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask: --yes goes on without asking")
    click.confirm("carry it out?", abort=True, err=True)
