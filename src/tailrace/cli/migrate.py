"""`tailrace migrate`: take over from a Debezium connector, or hand back to it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.access import access_options, connect_to
from tailrace.config import load_properties, parse
from tailrace.migrate.named import Given, history_place, offset_place
from tailrace.sinks import sink_fields

if TYPE_CHECKING:
    from tailrace.config import Config
    from tailrace.migrate.move import Move, Places
    from tailrace.ops.connect import Connect


@click.group("migrate", epilog="Example: tailrace migrate from-debezium shop.properties --url http://127.0.0.1:8083")
def migrate() -> None:
    """Take over from a Debezium connector, or hand back to it: offset and schema history, in files or in Kafka.

    Stop the connector that has the state, move the state, start the other one: it goes on at the very row. CONFIG is
    the connector's own configuration; `name` and `topic.prefix` must be the same on both sides.

    Debezium's offset is where --offsets, --offsets-topic or --url say, else --worker, else CONFIG; its schema history
    where --history or --history-topic say, else CONFIG. With --url a connector that is not stopped is refused.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command its configuration, Debezium's places, `force`, `dry_run`, `as_json` and the file's name."""

    @click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
    @click.option(
        "--url", help="The Kafka Connect that has the connector: its REST interface gives and takes the offset."
    )
    @click.option("--offsets", type=click.Path(path_type=Path), help="Offset file; else offset.storage.file.filename.")
    @click.option("--offsets-topic", metavar="TOPIC", help="Topic of offsets; else offset.storage.topic.")
    @click.option("--history", type=click.Path(path_type=Path), help="File of the schema history.")
    @click.option(
        "--history-topic", metavar="TOPIC", help="Topic of the same; else schema.history.internal.kafka.topic."
    )
    @click.option(
        "--worker",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Properties of Kafka Connect's worker: where its offsets are, brokers, security.",
    )
    @access_options
    @click.option("--force", is_flag=True, help="Write over an offset that is there already.")
    @click.option("--dry-run", is_flag=True, help="Say what would be done; ask no server and move nothing.")
    @click.option("--json", "as_json", is_flag=True, help="The answer as one JSON document.")
    @functools.wraps(command)
    def wrapped(  # noqa: PLR0917 - one each
        config: Path,
        url: str | None,
        offsets: Path | None,
        offsets_topic: str | None,
        history: Path | None,
        history_topic: str | None,
        worker: Path | None,
        credentials: Path | None,
        ca: Path | None,
        *,
        dry_run: bool,
        **rest: Any,
    ) -> None:
        properties = load_properties(config)
        given = Given(offsets, offsets_topic, history, history_topic, load_properties(worker) if worker else {})
        connect = connect_to(url, credentials, ca) if url else None
        parsed = parse(properties, sink_fields)
        places = _places(parsed, properties, given, connect, dry_run=dry_run)
        command(parsed, places, file=config, dry_run=dry_run, **rest)

    return wrapped


@migrate.command("from-debezium", epilog="Example: tailrace migrate from-debezium shop.properties --dry-run")
@_options
def from_debezium(config: Config, places: Places, file: Path, *, force: bool, dry_run: bool, as_json: bool) -> None:
    """Debezium's offset and tables become Tailrace's. Stop Debezium first."""
    from tailrace.migrate import move

    moved = move.from_debezium(config, places, force=force, dry_run=dry_run)
    _tell(moved, dry_run=dry_run, as_json=as_json, then=f"start it: tailrace run {file}")


@migrate.command(
    "to-debezium", epilog="Example: tailrace migrate to-debezium shop.properties --url http://127.0.0.1:8083 --force"
)
@_options
def to_debezium(config: Config, places: Places, file: Path, *, force: bool, dry_run: bool, as_json: bool) -> None:
    """Tailrace's offset and tables become Debezium's. Stop Tailrace first."""
    from tailrace.migrate import move

    del file
    moved = move.to_debezium(config, places, force=force, dry_run=dry_run)
    _tell(moved, dry_run=dry_run, as_json=as_json, then=f"start Debezium's {moved.connector}")


def _places(
    config: Config, properties: dict[str, str], given: Given, connect: Connect | None, *, dry_run: bool
) -> Places:
    """Raises WorkerError where the connector that is moved still runs, as far as a worker was named."""
    from tailrace.migrate.move import Places
    from tailrace.ops.offsets import ConnectOffsets, demand_at_rest

    if connect is not None and not dry_run:
        demand_at_rest(connect, config.name)
    history = history_place(properties, given)
    if connect is not None and not given.offsets_file and not given.offsets_topic:
        return Places(ConnectOffsets(connect, config.name), history)
    return Places(offset_place(properties, given, config.kafka), history)


def _tell(move: Move, *, dry_run: bool, as_json: bool, then: str) -> None:
    from tailrace.migrate.move import shown

    if as_json:
        fields: dict[str, Any] = {"connector": move.connector, "dry_run": dry_run, "steps": move.steps}
        if move.found is not None:
            fields |= asdict(move.found) | {"offset": json.loads(move.found.offset.to_json())}
        click.echo(json.dumps(fields))
        return
    for line in shown(move):
        click.echo(line)
    if dry_run:
        click.echo("nothing was moved; this would be done:")
        for number, step in enumerate(move.steps, start=1):
            click.echo(f"  {number}. {step}")
    else:
        click.echo(f"moved; now {then}")
