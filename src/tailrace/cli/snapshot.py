"""`tailrace snapshot`: asked for by whichever signal channel a connector has, and followed."""

from __future__ import annotations

import functools
import sys
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli import show as shown
from tailrace.cli.access import complete_connector, worker_options
from tailrace.errors import ConfigError, WorkerError
from tailrace.model.table import TableId
from tailrace.ops.connect import words
from tailrace.ops.snapshot import message as messages
from tailrace.ops.snapshot import windows
from tailrace.ops.snapshot.channel import (
    Kind,
    check_captured,
    choose,
    incremental_without_watermarks,
    is_name,
)
from tailrace.ops.snapshot.look import Watcher, Ways
from tailrace.ops.snapshot.message import Message
from tailrace.ops.snapshot.send import check_tables, send
from tailrace.ops.snapshot.standing import (
    UNDER_WAY,
    Outcome,
    Phase,
    Seen,
    Standing,
    answered,
    outcome,
    silence,
    standing,
)
from tailrace.ops.target import find, source, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailrace.ops.connect import Connect

LOOK_SECONDS = 0.7
QUIET_SECONDS = 120.0
"""Without a sign of what was asked for; a fresh consumer of Debezium's takes 45 s to come to a signal of Kafka."""
RATE_SECONDS = 1.0
"""Between the two looks of `status` that a rate is had from."""


@click.group(epilog="Example: tailrace snapshot start shop --table shop.orders --wait")
def snapshot() -> None:
    """Snapshots of a running connector: start, stop, pause, resume, follow.

    CONNECTOR is its name on a worker (ours, or Kafka Connect's with Debezium), or the file of a `tailrace run`. The
    signal goes by REST to a worker of ours, and else by the first channel that the connector's configuration has whole:
    the signalling table, the Kafka topic, the file.

    Exit codes: 0 fine, 1 a problem (refused, aborted, not done in time), 2 usage or configuration, 3 not reached.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `ways: Ways`, of the connector that is meant."""

    @click.argument("connector", shell_complete=complete_connector)
    @click.option(
        "--source",
        "dsn",
        metavar="DSN",
        envvar="TAILRACE_SOURCE",
        help="Where the configuration does not say all of the server: 'mysql://user:${env:NAME}@host:port'.",
    )
    @click.option(
        "--metrics",
        metavar="URL",
        envvar="TAILRACE_METRICS_URL",
        help="The connector's /metrics; Debezium's behind the JMX exporter.",
    )
    @click.option(
        "--bootstrap", metavar="HOST:PORT", help="Kafka, where the configuration's address is none from here."
    )
    @worker_options
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        connector: str,
        dsn: str | None,
        metrics: str | None,
        bootstrap: str | None,
        connect: Connect,
        **rest: Any,
    ) -> None:
        target = find(connect, connector)
        command(*args, ways=Ways(target, metrics, lambda: source(target, dsn), bootstrap), **rest)

    return wrapped


def _sending_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `channel: Kind | None` and `wait: float | None`."""

    @click.option(
        "--channel", type=click.Choice([kind.value for kind in Kind]), help="By this one; default: see above."
    )
    @click.option("--wait", is_flag=True, help="Return when it has come to pass, not when it is sent.")
    @click.option("--deadline", type=click.FloatRange(0), default=3600.0, show_default=True, help="Seconds of --wait.")
    @functools.wraps(command)
    def wrapped(*args: Any, channel: str | None, wait: bool, deadline: float, **rest: Any) -> None:
        command(*args, channel=Kind(channel) if channel else None, wait=deadline if wait else None, **rest)

    return wrapped


_TABLES = click.option(
    "--table", "named", multiple=True, metavar="DATABASE.TABLE", help="Or a regular expression; repeatable."
)


@snapshot.command(
    epilog="Example: tailrace snapshot start shop --table shop.orders --condition 'shop.orders=id>7' --wait"
)
@_TABLES
@click.option("--condition", "conditions", multiple=True, metavar="TABLE=EXPR", help="SQL that rows must meet.")
@click.option("--surrogate-key", "surrogate", metavar="COLUMN", help="Read by this column, not by the primary key.")
@click.option(
    "--type", "kind", type=click.Choice(["incremental", "blocking"]), default="incremental", show_default=True
)
@_sending_options
@_options
def start(  # noqa: PLR0917 - click names them
    named: tuple[str, ...],
    conditions: tuple[str, ...],
    surrogate: str | None,
    kind: str,
    ways: Ways,
    channel: Kind | None,
    wait: float | None,
    *,
    as_json: bool,
) -> None:
    """Read tables again: piece by piece beside the stream, or (blocking) in one go while the stream waits."""
    if not named:
        raise click.UsageError("which tables? --table shop.orders, or a pattern: --table 'shop\\..*'")
    target, blocking = ways.target, kind == "blocking"
    check_captured(named, tables(target))
    _check_there(ways, named)
    if not target.tailrace and not blocking and incremental_without_watermarks(target.config):
        raise ConfigError(
            "Debezium reads incrementally only with a signalling table, for its watermarks, or with read.only=true",
            hint="set signal.data.collection, or read.only=true on a server with GTIDs",
        )
    if not blocking:
        windows.check_may_open(target)
    asked = messages.execute(named, conditions, surrogate, blocking=blocking)
    opened = windows.count(target, ways.source) if wait is not None and not blocking else None

    def came(before: Seen, looks: list[Seen]) -> Outcome:
        found = outcome(asked.id, before, looks)
        if found.done or target.tailrace or (quiet := silence(before, looks)) < QUIET_SECONDS:
            return found
        standing_ = target.worker.status(target.name) if target.worker is not None else None
        if standing_ is not None and not standing_.is_running:
            why = f"the connector is {words(standing_)}"
        else:
            why = windows.told_of(target, opened, windows.count(target, ways.source))
        return Outcome(done=False, problem=f"nothing was seen of it for {quiet:.0f} s; {why}")

    _ask(ways, channel, asked, wait, came, as_json=as_json)


@snapshot.command(epilog="Example: tailrace snapshot stop shop --table shop.orders")
@_TABLES
@_sending_options
@_options
def stop(named: tuple[str, ...], ways: Ways, channel: Kind | None, wait: float | None, *, as_json: bool) -> None:
    """Read no more of these tables, or of any; what was delivered stays."""
    asked = messages.stop(named)
    gone = _until(
        ways, asked, lambda found: found.phase not in UNDER_WAY or bool(named and not {*named} & {*found.waiting})
    )
    paused = _ask(ways, channel, asked, wait, gone, as_json=as_json)
    if paused and not ways.target.tailrace:
        click.echo("it is paused, and Debezium stops a paused one when it goes on: tailrace snapshot resume", err=True)


@snapshot.command(epilog="Example: tailrace snapshot pause shop --wait")
@_sending_options
@_options
def pause(ways: Ways, channel: Kind | None, wait: float | None, *, as_json: bool) -> None:
    """The incremental snapshot rests; the stream goes on."""
    asked = messages.pause()
    rests = _until(ways, asked, lambda found: found.phase is not Phase.RUNNING)
    _ask(ways, channel, asked, wait, rests, as_json=as_json)


@snapshot.command(epilog="Example: tailrace snapshot resume shop")
@_sending_options
@_options
def resume(ways: Ways, channel: Kind | None, wait: float | None, *, as_json: bool) -> None:
    """The incremental snapshot goes on where it was."""
    asked = messages.resume()
    goes_on = _until(ways, asked, lambda found: found.phase is not Phase.PAUSED)
    _ask(ways, channel, asked, wait, goes_on, as_json=as_json)


@snapshot.command(epilog="Example: tailrace snapshot status shop --metrics http://127.0.0.1:9404")
@_options
def status(ways: Ways, *, as_json: bool) -> None:
    """Phase, rows scanned, tables left, chunk bounds, rate and time left; "unknown" where it cannot be known."""
    with closing(Watcher(ways)) as watcher:
        if not watcher.sees:
            raise ConfigError("there is nothing to see it by", hint="--metrics URL, or a notification topic")
        before = watcher.look()
        found = standing(before)
        if found.phase is Phase.RUNNING and before.reported is not None:
            time.sleep(RATE_SECONDS)
            found = standing(watcher.look(), before)
    if as_json:
        shown.document({"connector": ways.target.name, **asdict(found)})
    else:
        shown.table(shown.pairs(_words(found)))
    if found.phase is Phase.ABORTED:
        sys.exit(1)


def _check_there(ways: Ways, named: tuple[str, ...]) -> None:
    from tailrace.mysql.connection import connect

    try:
        server = ways.source()
    except ConfigError:
        # Not known here; the connector tells.
        return
    with closing(connect(server)) as connection:
        check_tables(connection, [TableId(*name.split(".")) for name in named if is_name(name)])


def _until(ways: Ways, asked: Message, holds: Callable[[Standing], bool]) -> Callable[[Seen, list[Seen]], Outcome]:
    """`holds` may be so from before the signal was read: Tailrace says when it was, Debezium does not."""

    def came(_: Seen, looks: list[Seen]) -> Outcome:
        read = not ways.target.tailrace or answered(asked.id, looks[-1])
        return Outcome(done=read and holds(standing(looks[-1])))

    return came


def _ask(
    ways: Ways,
    channel: Kind | None,
    asked: Message,
    wait: float | None,
    came: Callable[[Seen, list[Seen]], Outcome],
    *,
    as_json: bool,
) -> bool:
    """Sends, tells by which channel, and awaits; whether a snapshot rested before. Exits 1 where it went wrong."""
    target = ways.target
    way = choose(target.config, target.prefix, channel, rest=target.tailrace and target.worker is not None)
    with closing(Watcher(ways)) as watcher:
        if wait is not None and not watcher.sees:
            raise ConfigError("--wait has nothing to see the end by", hint="--metrics URL, or a notification topic")
        before = watcher.look() if watcher.sees else None
        watcher.forget()
        where = send(target, way, asked, ways.source)
        document: dict[str, Any] = {
            "connector": target.name,
            "channel": way.kind.value,
            "where": where,
            "signal": asked.document(),
        }
        if not as_json:
            click.echo(f"{asked.type} sent by {way.kind.value}: {where} (signal {asked.id})")
        if wait is not None and before is not None:
            ended, last = _follow(watcher, before, wait, came, quiet=as_json)
            document |= {"done": ended.done, "problem": ended.problem, "status": asdict(standing(last))}
            if not as_json:
                click.echo(_ending(ended, standing(last)))
    if as_json:
        shown.document(document)
    if document.get("problem") or document.get("done") is False:
        sys.exit(1)
    return before is not None and standing(before).phase is Phase.PAUSED


def _follow(
    watcher: Watcher, before: Seen, seconds: float, came: Callable[[Seen, list[Seen]], Outcome], *, quiet: bool
) -> tuple[Outcome, Seen]:
    """Until it has come, or the deadline has; Ctrl-C ends the waiting alone, what was asked for goes on."""
    deadline, last, ended = time.monotonic() + seconds, before, Outcome(done=False)
    looks: list[Seen] = []
    with suppress(KeyboardInterrupt), _progress(quiet=quiet) as tell:
        while True:
            earlier, last = last, _look(watcher, last)
            looks.append(last)
            ended = came(before, looks)
            tell(standing(last, earlier))
            if ended.done or ended.problem or time.monotonic() >= deadline:
                break
            time.sleep(LOOK_SECONDS)
    return ended, last


def _look(watcher: Watcher, last: Seen) -> Seen:
    try:
        return watcher.look()
    except WorkerError as error:
        # A worker that is away for a moment: the snapshot goes on.
        if not error.retriable:
            raise
        return last


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[Standing], None]]:
    """On a terminal a line that moves; elsewhere nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    out = Console(stderr=True)
    with out.status("waiting") as line:
        yield lambda found: line.update(_line(found))


def _line(found: Standing) -> str:
    rows, rate = sum(found.rows.values()), f"{found.rate:,.0f} rows/s" if found.rate else "rate unknown"
    left = f"{shown.duration(found.eta)} left" if found.eta is not None else "time left unknown"
    table = f" {found.table}" if found.table else ""
    return f"{found.phase.value}{table}: {rows:,} rows, {rate}, {left}"


def _ending(ended: Outcome, last: Standing) -> str:
    if ended.problem:
        return f"it did not come to pass: {ended.problem}"
    if not ended.done:
        return f"not awaited to its end; the snapshot is {last.phase.value}: tailrace snapshot status"
    return f"done: the snapshot is {last.phase.value}"


def _words(found: Standing) -> list[tuple[str, str]]:
    unknown = "unknown"
    rows: list[tuple[str, str]] = [("snapshot", found.phase.value)]
    if found.remaining is not None:
        total = f" of {found.tables}" if found.tables else ""
        names = f": {', '.join(found.waiting)}" if found.waiting else ""
        rows.append(("tables left", f"{found.remaining}{total}{names}"))
    rows += [(f"rows of {table}", f"{count:,}") for table, count in sorted(found.rows.items())]
    if found.phase in UNDER_WAY:
        rows += [
            ("table", found.table or unknown),
            ("chunk", f"delivered up to key {found.last_key or unknown}, ends at {found.greatest_key or unknown}"),
        ]
    if found.seconds is not None:
        rows.append(("lasts" if found.phase in UNDER_WAY else "lasted", shown.duration(found.seconds)))
    if found.phase is Phase.RUNNING:
        rows += [
            ("rate", f"{found.rate:,.0f} rows/s" if found.rate is not None else unknown),
            ("time left", shown.duration(found.eta) if found.eta is not None else unknown),
        ]
    return [*rows, ("seen by", ", ".join(found.by) or "nothing")]
