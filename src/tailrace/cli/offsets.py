"""`tailrace connector offsets`: where a connector resumes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli import show as shown
from tailrace.cli.access import name_argument, worker_options
from tailrace.errors import ConfigError, WorkerError

if TYPE_CHECKING:
    from tailrace.ops.connect import Connect

_PLACE = frozenset({"gtids", "file", "pos"})
_WITHIN = frozenset({"event", "row"})
"""How much of the transaction at the place is done: at another place the same numbers would pass over rows."""


@click.group(epilog="Example: tailrace connector offsets show shop")
def offsets() -> None:
    """Where a connector resumes: show it, set it, forget it. Only a stopped one may be changed."""


@offsets.command("show", epilog="Example: tailrace connector offsets show shop --json > offsets.json")
@name_argument
@worker_options
def show(name: str, connect: Connect, *, as_json: bool) -> None:
    """The stored offset; with --json as `set` takes it."""
    stored = connect.offsets(name)
    if as_json:
        shown.document({"offsets": stored})
    elif not stored:
        click.echo("none yet")
    else:
        for each in stored:
            rows = [(key, json.dumps(value)) for key, value in each["partition"].items()]
            rows += [(key, str(value)) for key, value in each["offset"].items()]
            shown.table(shown.pairs(rows))


@offsets.command("set", epilog="Example: tailrace connector offsets set shop --set file=binlog.000007 --set pos=4")
@name_argument
@click.argument("file", required=False, type=click.Path(allow_dash=True, dir_okay=False, path_type=Path))
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one key of the stored offset.")
@worker_options
def set_(name: str, file: Path | None, changes: tuple[str, ...], connect: Connect, *, as_json: bool) -> None:
    """Where a stopped connector resumes: FILE as `show --json` writes it (- for standard input), or keys by --set.

    Another place (gtids, file, pos) by --set is where a transaction begins: event and row of the old one are left out.
    """
    if (file is None) == (not changes):
        raise click.UsageError("give either FILE or --set KEY=VALUE")
    _demand_stopped(connect, name)
    wanted = _read(file) if file else _changed(connect.offsets(name), changes)
    _tell(name, connect.set_offsets(name, wanted), as_json=as_json)


@offsets.command("reset", epilog="Example: tailrace connector offsets reset shop --yes")
@name_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@worker_options
def reset(name: str, connect: Connect, *, yes: bool, as_json: bool) -> None:
    """A stopped connector forgets where it was; when it runs again it begins as snapshot.mode says."""
    _demand_stopped(connect, name)
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody is there to ask: --yes resets without asking")
        click.confirm(f"{name} forgets where it was?", abort=True, err=True)
    _tell(name, connect.reset_offsets(name), as_json=as_json)


def _demand_stopped(connect: Connect, name: str) -> None:
    state = connect.status(name).state
    if state != "STOPPED":
        raise WorkerError(
            f"{name} is {state}: its offsets can only be changed while it is stopped",
            where=connect.access.url,
            hint=f"tailrace connector stop {name} --wait",
        )


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        given = json.loads(text)
        return [{"partition": each["partition"], "offset": each["offset"]} for each in given["offsets"]]
    except OSError as error:
        raise ConfigError(f"cannot read the offsets: {error.strerror}", where=str(file)) from error
    except (ValueError, TypeError, KeyError):
        raise ConfigError(
            'offsets are {"offsets": [{"partition": {…}, "offset": {…}}]}',
            where=str(file),
            hint="tailrace connector offsets show NAME --json prints them so",
        ) from None


def _changed(stored: list[dict[str, Any]], changes: tuple[str, ...]) -> list[dict[str, Any]]:
    """The only offset there is, with keys changed; a value that reads as JSON is that, else text."""
    if len(stored) != 1:
        raise ConfigError(f"there are {len(stored)} offsets stored, not one", hint="give them all in a FILE")
    given = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key:
            raise ConfigError(f"cannot read --set {key}", hint="write it as --set key=value")
        given[key] = _value(value)
    stale = _WITHIN if _PLACE & given.keys() else frozenset()
    kept = {key: value for key, value in stored[0]["offset"].items() if key not in stale}
    return [{"partition": stored[0]["partition"], "offset": kept | given}]


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _tell(name: str, message: str, *, as_json: bool) -> None:
    if as_json:
        shown.document({"name": name, "message": message})
    else:
        click.echo(f"{message}\nnext: tailrace connector resume {name} --wait")
