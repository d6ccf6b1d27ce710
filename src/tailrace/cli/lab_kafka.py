"""`tailrace lab kafka-topics`: Kafka's own tool, on the lab's broker."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from tailrace.cli.lab_options import CLIENT_SETTINGS, DEFAULT_FOLDER
from tailrace.errors import LabError
from tailrace.lab import Lab


@click.command(
    "kafka-topics",
    epilog="Example: tailrace lab kafka-topics --create --topic shop-signals --partitions 1",
    context_settings=CLIENT_SETTINGS,
)
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=DEFAULT_FOLDER, hidden=True)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def kafka_topics(folder: Path, arguments: tuple[str, ...]) -> None:
    """Kafka's kafka-topics on the lab's broker; ARGUMENTS are its own: --list, --create, --describe, --delete."""
    from tailrace.lab import jvm

    broker = Lab(folder).kafka
    if broker is None:
        raise LabError("this lab has no Kafka", where=str(folder), hint="tailrace lab up --with kafka")
    command = [*jvm.command("128m", "-Dlab.log=ERROR"), "org.apache.kafka.tools.TopicCommand"]
    command += ["--bootstrap-server", broker.bootstrap, *arguments]
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606 - in place of us, so that it has the terminal
