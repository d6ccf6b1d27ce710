"""`tailrace lab verify`: whether what a connector wrote is what the tables have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.access import connector_option, only_one, worker_options
from tailrace.cli.lab_options import DEFAULT_FOLDER, server_option
from tailrace.errors import ConfigError

if TYPE_CHECKING:
    from tailrace.lab import Server
    from tailrace.lab.verify import Verdict
    from tailrace.ops.connect import Connect
    from tailrace.ops.events.reader import Reader

ARRIVE_SECONDS = 5.0
AGAIN_SECONDS = 0.5


@click.command("verify", epilog="Example: tailrace lab verify --connector shop")
@connector_option
@click.option("--database", "databases", multiple=True, help="Default: those that the connector captures. Repeatable.")
@server_option
@click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=DEFAULT_FOLDER, show_default=True
)
@worker_options
def verify(
    connector: str | None,
    databases: tuple[str, ...],
    role: str | None,
    folder: Path,
    connect: Connect,
    *,
    as_json: bool,
) -> None:
    """Whether the events of a connector make the tables of the lab's primary, row for row, and each came once.

    Read are its topics, or the files of its JSONL sink, with the default modes of its types. Nobody may write meanwhile
    (`tailrace lab workload stop`); what is on its way is waited for, for some seconds.

    Exit codes: 0 equal, 1 not equal, 2 wrong usage or configuration, 3 worker, Kafka or server not reached.
    """
    from tailrace.lab import Server
    from tailrace.lab.process import await_condition
    from tailrace.ops.events.reader import of_connector
    from tailrace.ops.target import find

    target = find(connect, only_one(connect, connector) if connector is None else connector)
    reader, server = of_connector(target), Server.open(folder / (role or "primary"))
    names = databases or _captured(target.config)
    verdicts: list[tuple[str, Verdict]] = []

    def are_equal() -> bool:
        verdicts[:] = [(f"{name}.{each.table}", each) for name in names for each in _look(server, name, reader)]
        return all(each.equal for _, each in verdicts)

    equal = await_condition(are_equal, ARRIVE_SECONDS, every=AGAIN_SECONDS)
    if as_json:
        click.echo(json.dumps([{**asdict(each), "table": name, "equal": each.equal} for name, each in verdicts]))
    else:
        click.echo("\n".join(_line(name, each) for name, each in verdicts) or "no tables")
    if not (equal and verdicts):
        raise SystemExit(1)


def _captured(config: Mapping[str, str]) -> tuple[str, ...]:
    """Raises ConfigError where the configuration has no plain names of databases."""
    found = [name.strip() for name in config.get("database.include.list", "").split(",") if name.strip()]
    found = found or [name.strip().split(".")[0] for name in config.get("table.include.list", "").split(",") if name]
    if not found or not all(re.fullmatch(r"[\w$]+", name) for name in found):
        raise ConfigError("which databases it captures cannot be told", hint="name them: --database shop")
    return tuple(dict.fromkeys(found))


def _look(server: Server, database: str, reader: Reader) -> list[Verdict]:
    from tailrace.lab.verify import compare

    with server.connect() as connection:
        return compare(connection, database, _envelopes(reader))


def _envelopes(reader: Reader) -> Iterator[dict[str, Any]]:
    """Of rows; what else there is (tombstones, statements, heartbeats) is passed over."""
    for record in reader.whole():
        document = json.loads(record.value) if record.value else {}
        envelope = document["payload"] if "schema" in document and "payload" in document else document
        if isinstance(envelope, dict) and envelope.get("op") and "table" in (envelope.get("source") or {}):
            yield envelope


def _line(name: str, verdict: Verdict) -> str:
    mark = "=" if verdict.equal else "≠"
    why = verdict.fault or ("" if verdict.equal else "rows differ")
    return f"{mark} {name:30} {verdict.rebuilt_rows:>9} of {verdict.server_rows:<9} {why}".rstrip()
