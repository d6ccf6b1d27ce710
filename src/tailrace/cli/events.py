"""`tailrace events`: change events as they come."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from tailrace.cli import show as shown
from tailrace.cli.access import connector_option, only_one, worker_options
from tailrace.ops.events.event import OPERATIONS, Event, Filter, Record, raw, read, summary
from tailrace.ops.events.files import Files
from tailrace.ops.events.reader import Reader, of_connector
from tailrace.ops.snapshot.channel import pattern
from tailrace.ops.target import find

if TYPE_CHECKING:
    from tailrace.ops.connect import Connect

SHOWN = 10
STYLES = {"c": "green", "r": "green", "u": "yellow", "d": "red", "t": "bold red", "?": "bold red"}


@click.group(epilog="Example: tailrace events tail --connector shop --follow")
def events() -> None:
    """Change events of a connector, from Kafka or from files."""


def _operations(_context: click.Context, _option: click.Parameter, given: str | None) -> frozenset[str]:
    letters = {name: letter for letter, name in OPERATIONS.items()} | {letter: letter for letter in OPERATIONS}
    named = [part.strip().lower() for part in (given or "").split(",") if part.strip()]
    if strangers := [part for part in named if part not in letters]:
        raise click.BadParameter(
            f"{', '.join(strangers)}: choose of {', '.join(OPERATIONS.values())}, or their letters"
        )
    return frozenset(letters[part] for part in named)


def _tables(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(pattern(name), re.IGNORECASE) for name in given)
    except re.error as error:
        raise click.BadParameter(f"no name of a table, and no regular expression: {error}") from None


@events.command(
    epilog="Example: tailrace events tail --connector shop --table shop.orders --op u,d --follow | head -20"
)
@connector_option
@click.option(
    "--file", type=click.Path(path_type=Path), help="Of a JSONL sink: a file, or its folder; no worker is asked."
)
@click.option(
    "--bootstrap", metavar="HOST:PORT", help="Kafka, where the configuration does not name it, or not from here."
)
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option(
    "-n", "count", type=click.IntRange(0), default=SHOWN, show_default=True, help="So many of the last events."
)
@click.option("--from-beginning", is_flag=True, help="All that is there, not the last ones.")
@click.option(
    "--table", "tables", multiple=True, callback=_tables, metavar="DATABASE.TABLE", help="Or a regular expression."
)
@click.option("--op", "operations", callback=_operations, metavar="c,u,d,r,t", help="Letters or words: create,update …")
@worker_options
def tail(  # noqa: PLR0917 - click names them
    connector: str | None,
    file: Path | None,
    bootstrap: str | None,
    count: int,
    tables: tuple[re.Pattern[str], ...],
    operations: frozenset[str],
    connect: Connect,
    *,
    follow: bool,
    from_beginning: bool,
    as_json: bool,
) -> None:
    """The last change events, and with --follow those that come: time, operation, table, key, and what has changed.

    They are read from the topics of the connector (its topic.prefix), or from the files of its JSONL sink, and never
    taken away from anybody. With --json each event is one line, as it lies there.

    Exit codes: 0 fine, 1 events cannot be read, 2 wrong usage or configuration, 3 worker or Kafka not reached.
    """
    reader = _reader(connect, connector, file, bootstrap)
    wanted = Filter(tables, operations)

    def put(records: Iterable[Record]) -> None:
        _print(records, wanted, as_json=as_json)

    def last() -> list[Record]:
        return reader.last(count, lambda record: wanted.wants(read(record)))

    with _quietly():
        if not follow:
            put(reader.whole() if from_beginning else last())
        elif from_beginning or not count:
            put(reader.follow(from_beginning=from_beginning))
        else:
            put(following(reader, last, put))


def _reader(connect: Connect, connector: str | None, file: Path | None, bootstrap: str | None) -> Reader:
    if file is not None:
        return Files(file)
    return of_connector(find(connect, only_one(connect, connector) if connector is None else connector), bootstrap)


def following(
    reader: Reader, last: Callable[[], list[Record]], put: Callable[[list[Record]], None]
) -> Iterator[Record]:
    """What comes, after the last ones are put. What comes while those are looked for is missed by neither."""
    known: Counter[Record] = Counter()

    def began() -> None:
        found = last()
        known.update(found)
        put(found)

    for record in reader.follow(from_beginning=False, began=began):
        if known[record]:
            known[record] -= 1
        else:
            yield record


def _print(records: Iterable[Record], wanted: Filter, *, as_json: bool) -> None:
    out = shown.console()
    for record in records:
        event = read(record)
        if not wanted.wants(event):
            continue
        if as_json:
            click.echo(raw(record).decode(errors="replace"))
        elif out.is_terminal:
            out.print(_line(event), overflow="ellipsis", no_wrap=True)
        else:
            click.echo(_line(event).plain)


def _line(event: Event) -> Text:
    when = (
        time.strftime("%H:%M:%S", time.localtime(event.at_ms / 1000)) + f".{event.at_ms % 1000:03}"
        if event.at_ms
        else "-"
    )
    return Text.assemble(
        (f"{when:12}  ", "dim"), (f"{event.op:2}", STYLES.get(event.op, "dim")), f"  {event.table}  {summary(event)}"
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Ctrl-C, and a reader that has seen enough (`| head`), are ends and no errors."""
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        # What is still buffered has nobody to go to when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
