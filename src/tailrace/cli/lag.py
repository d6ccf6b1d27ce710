"""`tailrace lag`: how far connectors are behind, hop by hop; and how long a snapshot needs binlogs kept."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.console import Group, RenderableType
from rich.text import Text

from tailrace.cli import quantity
from tailrace.cli import show as shown
from tailrace.cli.access import complete_connector, worker_options
from tailrace.cli.lag_look import first, judged, look_options, looking
from tailrace.cli.lag_publish import publish
from tailrace.cli.retention import retention
from tailrace.ops.lag.hop import Mood
from tailrace.ops.lag.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailrace.ops.connect import Connect
    from tailrace.ops.lag.read import Reader

COLOURS = {
    Mood.FINE: "green",
    Mood.BEHIND: "yellow",
    Mood.FROZEN: "bold red",
    Mood.DOWN: "bold red",
    Mood.UNKNOWN: "dim",
}
BARS = "▁▂▃▄▅▆▇█"
WATCHED = 60
"""Values of a sparkline."""


class ShowByDefault(click.Group):
    """`tailrace lag NAME` is `tailrace lag show NAME`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """With the command put in, where none of ours is named."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else ["show", *args])


@click.group(cls=ShowByDefault)
def lag() -> None:
    """How far connectors are behind."""


lag.add_command(retention)
lag.add_command(publish)


@lag.command(
    epilog="Example: tailrace lag shop --metrics http://127.0.0.1:9404 --source 'mysql://ops:${env:PW}@db:3306' --watch"
)
@click.argument("names", metavar="[CONNECTOR]...", nargs=-1, shell_complete=complete_connector)
@look_options
@click.option(
    "--fail-above", "limit", type=quantity.duration, metavar="30s", help="Exit 1 where lag is above that, or unknown."
)
@click.option("--watch", is_flag=True, help="Again and again, until Ctrl-C.")
@click.option("--every", type=quantity.duration, default="2s", show_default=True, help="Between two looks of --watch.")
@worker_options
def show(  # noqa: PLR0917 - click names them
    names: tuple[str, ...],
    metrics: str | None,
    dsn: str | None,
    limit: float | None,
    every: float,
    connect: Connect,
    *,
    watch: bool,
    as_json: bool,
) -> None:
    """How far connectors (all without a CONNECTOR) are behind their source, hop by hop, and what each figure means.

    Time, bytes of binlog and transactions, from the connector's metrics, the stored offset and the source itself. The
    source is taken from the connector's configuration, or from --source; without --metrics a worker of ours is asked by
    REST. How long must binlogs be kept for a snapshot? tailrace lag retention --help

    Exit codes: 0 fine, 1 lag above --fail-above, 2 wrong usage or configuration, 3 worker not reached.
    """
    if watch:
        with suppress(KeyboardInterrupt), looking(names, connect, metrics, dsn) as readers:
            _watch(readers, every, as_json=as_json)
        return
    with looking(names, connect, metrics, dsn) as readers:
        before = first(readers)
        found = [judged(reader.read(), earlier) for reader, earlier in zip(readers, before, strict=True)]
    if as_json:
        shown.document([asdict(each) for each in found])
    else:
        for each in found:
            shown.table(_head(each))
            shown.table(_hops(each))
            click.echo(_tail(each))
        if not found:
            click.echo("no connectors")
    if limit is not None and (late := [each for each in found if each.seconds is None or each.seconds > limit]):
        for each in late:
            what = "unknown" if each.seconds is None else shown.duration(each.seconds)
            click.echo(f"{each.connector}: lag is {what}; --fail-above {shown.duration(limit)}", err=True)
        sys.exit(1)


def _watch(readers: list[Reader], every: float, *, as_json: bool) -> None:
    before = first(readers)
    history: list[deque[float | None]] = [deque(maxlen=WATCHED) for _ in readers]
    with _screen(as_json=as_json) as put:
        while True:
            now = [reader.read() for reader in readers]
            found = [judged(each, earlier) for each, earlier in zip(now, before, strict=True)]
            for values, each in zip(history, found, strict=True):
                values.append(each.seconds)
            put(found, [sparkline(values) for values in history])
            before = now
            time.sleep(every)


@contextmanager
def _screen(*, as_json: bool) -> Iterator[Callable[[list[Report], list[str]], None]]:
    """On a terminal a page that is drawn anew; elsewhere a line for each connector and look."""

    def put_line(found: list[Report], _: list[str]) -> None:
        for each in found:
            click.echo(json.dumps(asdict(each), ensure_ascii=False) if as_json else _line(each))

    if as_json or not sys.stdout.isatty():
        yield put_line
        return
    from rich.live import Live

    with Live(console=shown.console(), auto_refresh=False) as live:

        def put(found: list[Report], sparks: list[str]) -> None:
            parts: list[RenderableType] = []
            for each, spark in zip(found, sparks, strict=True):
                parts += [_head(each), Text(f"lag {spark}", "cyan"), _hops(each), Text(_tail(each))]
            live.update(Group(*parts), refresh=True)

        yield put


def sparkline(values: deque[float | None]) -> str:
    """A bar for each value, the highest for the greatest; a gap where it is not known."""
    top = max((value for value in values if value is not None), default=0.0)
    return "".join(
        " " if value is None else BARS[round(value / top * (len(BARS) - 1))] if top else BARS[0] for value in values
    )


def _head(found: Report) -> Text:
    total = "unknown" if found.seconds is None else shown.duration(found.seconds)
    return Text.assemble((found.connector, "bold"), f"  {found.state}  lag {total}")


def _hops(found: Report) -> Any:
    rows = [
        (
            f"  {hop.name}",
            Text(hop.mood.value, COLOURS[hop.mood]),
            "" if hop.seconds is None else shown.duration(hop.seconds),
            "" if hop.bytes is None else shown.size(hop.bytes),
            "" if hop.transactions is None else f"{hop.transactions:,}",
            hop.meaning,
        )
        for hop in found.hops
    ]
    return shown.columns(("  hop", "", ">time", ">bytes", ">GTIDs", "meaning"), rows)


def _tail(found: Report) -> str:
    left = "unknown" if found.purge.bytes is None else shown.size(found.purge.bytes)
    lines = [f"  to purge: {left} of binlog before the offset; {found.purge.meaning}"]
    if found.write_rate is not None:
        more = f"; caught up in {shown.duration(found.catch_up)}" if found.catch_up is not None else ""
        lines.append(f"  the source writes {shown.size(found.write_rate)}/s{more}")
    lines += [f"  not known: {each}" for each in found.missing]
    return "\n".join(lines)


def _line(found: Report) -> str:
    parts = [time.strftime("%H:%M:%S"), found.connector]
    parts.append("lag unknown" if found.seconds is None else f"lag {shown.duration(found.seconds)}")
    for hop in found.hops:
        told = [] if hop.bytes is None else [shown.size(hop.bytes)]
        told += [] if hop.transactions is None else [f"{hop.transactions} GTIDs"]
        parts.append(f"[{hop.name}: {' '.join((hop.mood.value, *told))}]")
    return "  ".join(parts)
