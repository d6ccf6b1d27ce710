"""`tailrace migrate`: take over from a Debezium connector, or hand back to it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tailrace.config import Config, load_properties, parse
from tailrace.sinks import sink_fields

if TYPE_CHECKING:
    from tailrace.migrate.move import Files, Move

_OFFSETS = "offset.storage.file.filename"
_HISTORY = "schema.history.internal.file.filename"


@click.group(
    "migrate", epilog="Example: tailrace migrate from-debezium shop.properties --offsets /var/lib/connect/offsets"
)
def migrate() -> None:
    """Take over from a Debezium connector, or hand back to it: offsets and schema history, in files.

    Stop the connector that has the state, move the state, start the other one: it goes on at the very row. CONFIG is
    the connector's own configuration; `name` and `topic.prefix` must be the same on both sides. State in Kafka topics
    is not read: copy it into files with Kafka's console consumer first, or let Tailrace take a snapshot of its own.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.argument("config", type=click.Path(dir_okay=False, path_type=Path)),
        click.option("--offsets", type=click.Path(path_type=Path), help=f"Debezium's offset file; else {_OFFSETS}."),
        click.option("--history", type=click.Path(path_type=Path), help=f"Its schema history; else {_HISTORY}."),
        click.option("--force", is_flag=True, help="Write over a state that is there already."),
        click.option("--dry-run", is_flag=True, help="Say what would be moved, and move nothing."),
        click.option("--json", "as_json", is_flag=True, help="The answer as one JSON document."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@migrate.command("from-debezium", epilog="Example: tailrace migrate from-debezium shop.properties --dry-run")
@_options
def from_debezium(
    config: Path, offsets: Path | None, history: Path | None, *, force: bool, dry_run: bool, as_json: bool
) -> None:
    """Debezium's offset and tables become Tailrace's. Stop Debezium first."""
    from tailrace.migrate import move

    parsed, files = _read(config, offsets, history)
    moved = move.from_debezium(parsed, files, force=force, dry_run=dry_run)
    _tell(moved, dry_run=dry_run, as_json=as_json, then=f"start it: tailrace run {config}")


@migrate.command("to-debezium", epilog="Example: tailrace migrate to-debezium shop.properties --force")
@_options
def to_debezium(
    config: Path, offsets: Path | None, history: Path | None, *, force: bool, dry_run: bool, as_json: bool
) -> None:
    """Tailrace's offset and tables become Debezium's. Stop Tailrace first."""
    from tailrace.migrate import move

    parsed, files = _read(config, offsets, history)
    moved = move.to_debezium(parsed, files, force=force, dry_run=dry_run)
    _tell(moved, dry_run=dry_run, as_json=as_json, then=f"start Debezium with {files.offsets} and {files.history}")


def _read(config: Path, offsets: Path | None, history: Path | None) -> tuple[Config, Files]:
    from tailrace.migrate.move import Files

    properties = load_properties(config)
    found = (offsets or properties.get(_OFFSETS), history or properties.get(_HISTORY))
    for path, option, name in zip(found, ("--offsets", "--history"), (_OFFSETS, _HISTORY), strict=True):
        if path is None:
            raise click.UsageError(f"give {option}: {name} is not in {config}")
    return parse(properties, sink_fields), Files(Path(str(found[0])), Path(str(found[1])))


def _tell(moved: Move, *, dry_run: bool, as_json: bool, then: str) -> None:
    from tailrace.migrate.move import shown

    if as_json:
        fields = dataclasses.asdict(moved) | {"offset": json.loads(moved.offset.to_json()), "dry_run": dry_run}
        click.echo(json.dumps(fields))
        return
    for line in shown(moved):
        click.echo(line)
    click.echo("nothing was moved" if dry_run else f"moved; now {then}")
