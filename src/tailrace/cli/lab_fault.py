"""`tailrace lab fault`: faults of production on the lab's real servers, to be found and repaired."""

from __future__ import annotations

import functools
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli import show as shown
from tailrace.cli.access import DEFAULT_URL, access_options, complete_connector, connect_to
from tailrace.cli.lab_options import common
from tailrace.lab import faults
from tailrace.lab.pair import Lab
from tailrace.lab.server import server_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tailrace.lab.faults import Active, Fault
    from tailrace.ops.connect import Connect

PAGE = "docs/troubleshooting.md"


class FaultGroup(click.Group):
    """`list`, `heal`, and each fault as a command of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """First those that are no faults."""
        return [*super().list_commands(ctx), *(each.name for each in faults.FAULTS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A fault's is made when it is asked for. Raises ConfigError where there is none of this name."""
        found = super().get_command(ctx, cmd_name)
        # A shell that completes asks with what is not typed yet.
        return None if found is None and ctx.resilient_parsing else found or _injecting(faults.find(cmd_name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands, then faults."""
        del ctx
        own = [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(own)
        with formatter.section("Faults"):
            formatter.write_dl([(each.name, each.title) for each in faults.FAULTS])


@click.group(cls=FaultGroup, epilog="Example: tailrace lab fault account-locked --connector shop")
def fault() -> None:
    """Break the lab as production breaks, on purpose: the fault that is named, by its command.

    What is seen of each, how it is found and what repairs it stands in docs/troubleshooting.md. `heal` undoes what was
    done, which is for the lab alone.

    Exit codes: 0 done, 1 it cannot be done, 2 wrong usage, 3 a server or worker was not reached.
    """


def _worker(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `worker: Connect`, which is asked only when it is needed."""

    @click.option("--url", envvar="TAILRACE_URL", default=DEFAULT_URL, show_default=True, help="The worker.")
    @access_options
    @functools.wraps(command)
    def wrapped(*args: Any, url: str, credentials: Path | None, ca: Path | None, **rest: Any) -> None:
        command(*args, worker=connect_to(url, credentials, ca), **rest)

    return wrapped


def _injecting(wanted: Fault) -> click.Command:
    """The command of one fault."""

    @click.command(wanted.name, epilog=f"Example: tailrace lab fault {wanted.name} --connector shop")
    @click.option(
        "--connector",
        default="",
        shell_complete=complete_connector,
        help="Whom it is done to; reads the lab's primary, or its endpoint.",
    )
    @click.option("--seed", type=int, help="The same seed draws the same table, row, number; default: a new one.")
    @click.option("--blind", is_flag=True, help="Do not tell what was done, now or by `list`.")
    @_worker
    @common
    def command(connector: str, seed: int | None, folder: Path, worker: Connect, *, blind: bool, as_json: bool) -> None:
        with server_errors():
            done = faults.inject(wanted.name, Lab(folder), connector=connector, worker=worker, seed=seed, blind=blind)
        if as_json:
            shown.document(done.document())
        else:
            click.echo("\n".join(_watch(done)))

    needs = "".join(f"\n\nNeeds {need.value}." for need in sorted(wanted.needs))
    command.help = f"{wanted.title}.\n\n{wanted.symptom}{needs}"
    return command


@fault.command("list", epilog="Example: tailrace lab fault list --json")
@common
def list_(folder: Path, *, as_json: bool) -> None:
    """All faults, and which are in the lab."""
    there = {each.name: each for each in faults.active(Lab(folder))}
    if as_json:
        shown.document(
            {
                "faults": [
                    {
                        "name": each.name,
                        "title": each.title,
                        "symptom": each.symptom,
                        "engine": each.engine.value,
                        "needs": sorted(need.value for need in each.needs),
                        "found_by": [asdict(sign) for sign in each.found_by],
                    }
                    for each in faults.FAULTS
                ],
                "active": [each.document() for each in there.values()],
            }
        )
        return
    told = {name for name, each in there.items() if not each.blind}
    rows = [
        (each.name, "in the lab" if each.name in told else "", each.title, each.engine.value) for each in faults.FAULTS
    ]
    shown.table(shown.columns(("name", "", "what", "hurts"), rows))
    if hidden := len(there) - len(told):
        click.echo(f"in the lab and not told: {hidden}")


@fault.command(epilog="Example: tailrace lab fault heal")
@click.argument("name", required=False)
@_worker
@common
def heal(name: str | None, folder: Path, worker: Connect, *, as_json: bool) -> None:
    """Undo the fault NAME, or all that are in the lab."""
    with server_errors():
        done = faults.heal(Lab(folder), name, worker=worker)
    if as_json:
        shown.document([{"name": each.name, "connector": each.connector} for each in done])
    else:
        click.echo("\n".join(f"undone: {each.name}" for each in done) or "there was none")


def _watch(done: Active) -> Iterator[str]:
    """What to look at; of a blind one no word that tells it."""
    who = done.connector or "NAME"
    look = (f"tailrace connector status {who}", f"tailrace lag {who}", f"tailrace doctor --connector {who}")
    if done.blind:
        yield "Something is wrong now. Find it, and repair it:"
        yield from (f"  {line}" for line in look)
        yield "Give up: tailrace lab fault heal"
        return
    wanted = faults.find(done.name)
    yield f"{wanted.title}."
    yield f"  seen:   {wanted.symptom}"
    for sign in wanted.found_by:
        yield f"  found:  {sign.command}"
        yield f"          {sign.name}: {faults.filled(sign.line, done.values)}"
    yield f"  repair: {PAGE}#{wanted.name}"
    for name, value in done.values.items():
        yield f"  export {name}={shlex.quote(value)}"
    yield f"  undo:   tailrace lab fault heal {wanted.name}"
