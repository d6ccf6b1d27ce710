"""`tailrace connector`: the connectors of a worker, ours or Kafka Connect's."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from tailrace.cli import show as shown
from tailrace.cli.access import name_argument, names_argument, wait_options, worker_options
from tailrace.cli.offsets import offsets
from tailrace.config import load_properties
from tailrace.config.properties import parse_properties
from tailrace.errors import ConfigError, TailraceError, WorkerError
from tailrace.ops.connect import Status, words
from tailrace.ops.secrets import masked, masks

if TYPE_CHECKING:
    from tailrace.ops.connect import Connect

CLASS = "connector.class"
DEBEZIUM = "io.debezium.connector.mysql.MySqlConnector"
"""What a file for `tailrace run` need not say, and a worker must be told."""
STEADY_SECONDS = 2.0
"""A worker tells of a restart some moments after it has accepted it."""


@click.group(epilog="Example: tailrace connector status --url http://127.0.0.1:8083")
def connector() -> None:
    """Connectors of a worker: ours, or any of Kafka Connect.

    The worker is named by --url or TAILRACE_URL. Secrets are masked in whatever is shown.
    Exit codes: 0 fine, 1 a problem found (FAILED, refused), 2 wrong usage or configuration, 3 worker not reached.
    """


connector.add_command(offsets)


@connector.command("list", epilog="Example: tailrace connector list --json")
@worker_options
def list_(connect: Connect, *, as_json: bool) -> None:
    """All connectors and how they stand."""
    found = {name: (each, Status.read(each["status"])) for name, each in connect.overview().items()}
    if as_json:
        shown.document([_document(each["info"], status) for each, status in found.values()])
        return
    if not found:
        click.echo("no connectors; make one: tailrace connector create FILE")
        return
    rows = (
        (name, shown.state(status.state), _tasks(status), each["info"]["type"], _short(each["info"]["config"]))
        for name, (each, status) in found.items()
    )
    shown.table(shown.columns(("name", "state", "tasks", "type", "class"), rows))


@connector.command(epilog="Example: tailrace connector create shop.properties --set tasks.max=1 --wait")
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Its name, where the file has none or another.")
@click.option("--set", "overrides", multiple=True, metavar="NAME=VALUE", help="Override a property of the file.")
@click.option("--replace", is_flag=True, help="Give a connector of that name, if there is one, this configuration.")
@click.option("--dry-run", is_flag=True, help="Have the worker validate it, and make nothing.")
@wait_options
@worker_options
def create(
    file: Path,
    name: str | None,
    overrides: tuple[str, ...],
    connect: Connect,
    wait: float | None,
    *,
    replace: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make a connector from FILE: .properties, JSON, YAML or TOML, or - for standard input (properties or JSON).

    References like ${file:path:key} are for the worker to resolve, and are sent as they are.
    """
    config = _read(file, name, overrides)
    if dry_run:
        _tell_validation(connect, config, as_json=as_json)
        return
    _refuse_masks(connect, config)
    strange = _strange(config)
    if not as_json:
        _warn(strange)
    make: Callable[[str, dict[str, str]], object] = connect.replace if replace else connect.create
    did, steady = ("is as the file says", STEADY_SECONDS) if replace else ("made", 0.0)
    change = Change(lambda called: make(called, config), did, _runs, steady, strange)
    try:
        _on_each(change, (config["name"],), connect, wait, as_json=as_json)
    except (ConfigError, WorkerError) as error:
        raise _in_detail(connect, config, error) from error


@connector.command(epilog="Example: tailrace connector validate shop.properties")
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Its name, where the file has none or another.")
@click.option("--set", "overrides", multiple=True, metavar="NAME=VALUE", help="Override a property of the file.")
@worker_options
def validate(file: Path, name: str | None, overrides: tuple[str, ...], connect: Connect, *, as_json: bool) -> None:
    """Ask the worker what is wrong with a configuration. Exits 1 where something is."""
    _tell_validation(connect, _read(file, name, overrides), as_json=as_json)


@connector.command(epilog="Example: tailrace connector show shop")
@name_argument
@worker_options
def show(name: str, connect: Connect, *, as_json: bool) -> None:
    """Everything about one connector: state, tasks, traces of failures, topics, offsets, configuration."""
    info, status = connect.info(name), connect.status(name)
    topics, stored = connect.topics(name), connect.offsets(name)
    if as_json:
        shown.document({**_document(info, status), "topics": topics, "offsets": stored})
        return
    rows: list[tuple[str, str | Text]] = [("name", name), ("state", shown.state(status.state)), ("type", info["type"])]
    rows += [("worker", status.worker)]
    for task in status.tasks:
        rows.append((f"task {task.id}", Text.assemble(shown.state(task.state), f" on {task.worker}")))
    rows += [("topics", ", ".join(topics) or "none yet")]
    rows += [("offset", json.dumps(each["offset"])) for each in stored] or [("offset", "none yet")]
    rows += [(key, value or "") for key, value in sorted(masked(info["config"]).items())]
    shown.table(shown.pairs(rows))
    _show_traces(status)


@connector.command(epilog="Example: tailrace connector status shop || tailrace connector restart shop --failed-only")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@worker_options
def status(names: tuple[str, ...], connect: Connect, *, as_json: bool) -> None:
    """State of connectors (all without a NAME) and tasks, with the trace of what failed. Exits 1 where one FAILED."""
    found = [connect.status(name) for name in names or connect.names()]
    if as_json:
        shown.document([_status_document(each) for each in found])
    else:
        rows = [row for each in found for row in _status_rows(each)]
        if rows:
            shown.table(shown.columns(("name", "", "state", "worker"), rows))
        else:
            click.echo("no connectors")
        for each in found:
            _show_traces(each)
    if any(each.is_failed for each in found):
        sys.exit(1)


@connector.command(epilog="Example: tailrace connector config shop --set max.batch.size=4096 --unset poll.interval.ms")
@name_argument
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Give a property this value; repeatable.")
@click.option("--unset", "removals", multiple=True, metavar="NAME", help="Take a property away; repeatable.")
@click.option("--dry-run", is_flag=True, help="Have the worker validate the change, and change nothing.")
@wait_options
@worker_options
def config(
    name: str,
    changes: tuple[str, ...],
    removals: tuple[str, ...],
    connect: Connect,
    wait: float | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Show the configuration of a connector, or change properties of it, which restarts it."""
    patch: dict[str, str | None] = {**load_properties({}, changes), **dict.fromkeys(removals)}
    if not patch:
        properties = masked(connect.config(name))
        if as_json:
            shown.document(properties)
            return
        for key, value in sorted(properties.items()):
            click.echo(f"{key}={value}")
        return
    _refuse_masks(connect, patch)
    if dry_run:
        whole = {**connect.config(name), **patch}
        wanted = {key: value for key, value in whole.items() if value is not None}
        _tell_validation(connect, wanted, as_json=as_json)
        return
    change = Change(lambda name: connect.patch(name, patch), "changed", _runs, STEADY_SECONDS)
    _on_each(change, (name,), connect, wait, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked of a connector, the word for it, and by which status it has come to pass."""

    act: Callable[[str], object]
    did: str
    came: Callable[[Status | None], bool]
    steady: float = 0.0
    """Seconds for which that status must hold."""
    warnings: Mapping[str, list[str]] = field(default_factory=dict)
    """What is strange about the configuration, by property."""


def _on_each(change: Change, names: tuple[str, ...], connect: Connect, wait: float | None, *, as_json: bool) -> None:
    """Acts on all first, then awaits and tells of each."""
    for name in names:
        change.act(name)
    documents = []
    for name in names:
        status = _await(connect, name, change, wait) if wait else None
        documents.append(_done(name, change.did, status) | ({"warnings": change.warnings} if change.warnings else {}))
        if not as_json:
            _tell(connect, name, change.did, status)
    if as_json:
        shown.document(documents)


def _await(connect: Connect, name: str, change: Change, seconds: float) -> Status | None:
    """Until it has come to pass: of what is to run, also until its task has begun to read."""
    came = change.came
    if came is _runs and connect.is_tailrace():
        return connect.await_status(
            name,
            lambda status: _runs(status) and connect.has_begun(name),
            seconds=seconds,
            steady=change.steady,
        )
    return connect.await_status(name, came, seconds=seconds, steady=change.steady)


@connector.command(epilog="Example: tailrace connector pause shop --wait")
@names_argument
@wait_options
@worker_options
def pause(names: tuple[str, ...], connect: Connect, wait: float | None, *, as_json: bool) -> None:
    """Connectors read nothing more; their tasks keep memory and connections."""
    _on_each(Change(connect.pause, "pauses", _is_paused), names, connect, wait, as_json=as_json)


@connector.command(epilog="Example: tailrace connector resume shop --wait")
@names_argument
@wait_options
@worker_options
def resume(names: tuple[str, ...], connect: Connect, wait: float | None, *, as_json: bool) -> None:
    """Paused or stopped connectors go on where they were."""
    _on_each(Change(connect.resume, "resumes", _runs), names, connect, wait, as_json=as_json)


@connector.command(epilog="Example: tailrace connector stop shop --wait")
@names_argument
@wait_options
@worker_options
def stop(names: tuple[str, ...], connect: Connect, wait: float | None, *, as_json: bool) -> None:
    """The tasks of connectors end; configuration and offsets stay, and offsets may be changed."""
    _on_each(Change(connect.stop, "stops", _is_stopped), names, connect, wait, as_json=as_json)


@connector.command(epilog="Example: tailrace connector restart shop --failed-only --wait")
@names_argument
@click.option("--tasks", is_flag=True, help="The tasks too, not the connector's own instance alone.")
@click.option("--failed-only", is_flag=True, help="What has failed, of the connector and its tasks.")
@click.option("--task", type=click.IntRange(0), help="This task only.")
@wait_options
@worker_options
def restart(
    names: tuple[str, ...],
    task: int | None,
    connect: Connect,
    wait: float | None,
    *,
    tasks: bool,
    failed_only: bool,
    as_json: bool,
) -> None:
    """Restart connectors, with their tasks or only what failed."""
    if task is not None and (tasks or failed_only):
        raise click.UsageError("--task stands alone: it restarts one task")

    def act(name: str) -> None:
        if task is not None:
            connect.restart_task(name, task)
        else:
            connect.restart(name, tasks=tasks or failed_only, failed_only=failed_only)

    what = "restarts" if tasks or failed_only or task is not None else "restarts, its tasks do not (--tasks)"
    _on_each(Change(act, what, _runs, STEADY_SECONDS), names, connect, wait, as_json=as_json)


@connector.command(epilog="Example: tailrace connector delete shop --yes")
@names_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@wait_options
@worker_options
def delete(names: tuple[str, ...], connect: Connect, wait: float | None, *, yes: bool, as_json: bool) -> None:
    """Delete connectors. Topics stay; Kafka Connect keeps the offsets too, for one of the same name."""
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody is there to ask: --yes deletes without asking")
        click.confirm(f"delete {', '.join(names)}?", abort=True, err=True)
    _on_each(Change(connect.delete, "deleted", _is_gone), names, connect, wait, as_json=as_json)


def _in_detail(connect: Connect, config: dict[str, str], error: TailraceError) -> TailraceError:
    """Property by property, where it is the configuration: Connect itself says only how many errors there are, and
    fails on some configurations while it counts them (500).
    """
    is_config = isinstance(error, ConfigError) or getattr(error, "status", 0) == HTTPStatus.INTERNAL_SERVER_ERROR
    problems = connect.validate(config) if is_config else {}
    if not problems:
        return error
    lines = [f"{name}: {problem}" for name, found in problems.items() for problem in found]
    return ConfigError("\n".join(lines), where=connect.access.url)


def _refuse_masks(connect: Connect, config: Mapping[str, str | None]) -> None:
    """Kafka Connect would take a mask for the secret; our own worker leaves what it knows."""
    names = masks(config)
    if names and not connect.is_tailrace():
        raise ConfigError(
            f"{', '.join(names)}: the mask, not the secret itself",
            hint=f"give it with --set {names[0]}=… or, better, as ${{env:NAME}} or ${{file:path:key}}",
        )


def _runs(status: Status | None) -> bool:
    return bool(status and status.is_running)


def _is_paused(status: Status | None) -> bool:
    return bool(status and status.is_paused)


def _is_stopped(status: Status | None) -> bool:
    return bool(status and status.is_stopped)


def _is_gone(status: Status | None) -> bool:
    return status is None


def _read(file: Path, name: str | None, overrides: tuple[str, ...]) -> dict[str, str]:
    """The properties, with name and class. Raises ConfigError."""
    config = load_properties(_standard_input() if str(file) == "-" else file, overrides)
    if name:
        config["name"] = name
    if not config.get("name"):
        raise ConfigError("the connector has no name", where=str(file), hint="name it in the file or with --name")
    return {CLASS: DEBEZIUM, **config}


def _standard_input() -> Mapping[str, object]:
    text = sys.stdin.read()
    if not text.lstrip().startswith("{"):
        return parse_properties(text)
    try:
        given: dict[str, object] = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"cannot read the configuration: {error}", where="standard input") from None
    return given


def _tell_validation(connect: Connect, config: dict[str, str], *, as_json: bool) -> None:
    problems = connect.validate(config)
    strange = {name: found for name, found in _strange(config).items() if name not in problems}
    if as_json:
        shown.document({"name": config["name"], "valid": not problems, "errors": problems, "warnings": strange})
    elif problems:
        for name, errors in problems.items():
            for error in errors:
                click.echo(f"{name}: {error}", err=True)
    else:
        click.echo(f"{config['name']}: the worker finds nothing wrong")
    if not as_json:
        _warn(strange)
    if problems:
        sys.exit(1)


def _strange(config: Mapping[str, str]) -> dict[str, list[str]]:
    from tailrace.ops.captured import warnings

    return warnings(config)


def _warn(warnings: Mapping[str, list[str]]) -> None:
    for name, found in warnings.items():
        for each in found:
            click.secho(f"mind: {name}: {each}", fg="yellow", err=True)


def _done(name: str, did: str, status: Status | None) -> dict[str, Any]:
    return {"name": name, "did": did, "status": _status_document(status) if status else None}


def _tell(connect: Connect, name: str, did: str, status: Status | None) -> None:
    if status:
        click.echo(f"{name} {did}: {words(status)}")
    elif did == "deleted":
        click.echo(f"{name} deleted")
    else:
        click.echo(f"{name} {did}: accepted by {connect.access.url}; see: tailrace connector status {name}")


def _document(info: Mapping[str, Any], status: Status) -> dict[str, Any]:
    return {
        **_status_document(status),
        "type": info["type"],
        "class": info["config"].get(CLASS),
        "config": masked(info["config"]),
    }


def _status_document(status: Status) -> dict[str, Any]:
    tasks = [_without_empty({"id": t.id, "state": t.state, "worker": t.worker, "trace": t.trace}) for t in status.tasks]
    head = {"name": status.name, "state": status.state, "worker": status.worker, "trace": status.trace}
    return {**_without_empty(head), "tasks": tasks}


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != "trace" or value}


def _status_rows(status: Status) -> list[tuple[str | Text, ...]]:
    head: tuple[str | Text, ...] = (status.name, "connector", shown.state(status.state), status.worker)
    return [head, *(("", f"task {task.id}", shown.state(task.state), task.worker) for task in status.tasks)]


def _show_traces(status: Status) -> None:
    for who, trace in status.traces:
        click.echo(f"\n{status.name}, {who}:\n{trace.rstrip()}")


def _tasks(status: Status) -> Text:
    """How many of them run, and what the others do."""
    running = sum(task.state == "RUNNING" for task in status.tasks)
    others = sorted({task.state for task in status.tasks} - {"RUNNING"})
    text = Text(f"{running}/{len(status.tasks)}")
    for other in others:
        text = Text.assemble(text, " ", shown.state(other))
    return text


def _short(config: Mapping[str, str]) -> str:
    return config.get(CLASS, "").rpartition(".")[2]
