"""`tailrace worker`: many connectors behind the Kafka Connect REST interface."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from tailrace.cli.run import log_to_stderr
from tailrace.config import load_properties


@click.command("worker", epilog="Example: tailrace worker --config worker.properties --listen 127.0.0.1:8083")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="File with the worker's properties.")
@click.option("--listen", metavar="HOST:PORT", help="Address of the REST interface; default 127.0.0.1:8083.")
@click.option("--group", metavar="NAME", help="Share connectors with the workers of this group, through Kafka.")
@click.option("--set", "overrides", multiple=True, metavar="NAME=VALUE", help="Override a property of the file.")
@click.option("--json", "as_json", is_flag=True, help="Log and errors as JSON, on standard error.")
@click.option("--quiet", "-q", is_flag=True, help="Warnings and errors only.")
def worker(
    config: Path | None,
    listen: str | None,
    group: str | None,
    overrides: tuple[str, ...],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run connectors that are made, watched and changed through the Kafka Connect REST interface, until Ctrl-C.

    Configurations, states and offsets are kept in the folder of worker.folder, ./tailrace-worker by default; a second
    start takes all of them up again. Properties of the file that are not the worker's own are defaults of its
    connectors: sink.type, database.hostname …

    With --group, configurations, states and offsets lie in Kafka (bootstrap.servers), each connector runs on one worker
    of the group, and where a worker is gone the others take its connectors over.

    Exit codes: 0 stopped, 1 its files cannot be used, 2 the configuration.
    """
    from tailrace.metrics.server import MetricsServer
    from tailrace.rest.server import Server
    from tailrace.ui.console import Console
    from tailrace.worker.open import open_worker
    from tailrace.worker.settings import read_settings

    log_to_stderr(logging.WARNING if quiet else logging.INFO, as_json=as_json)
    # The first process of a container has no other way to end by a signal while it waits for Kafka.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    given = load_properties(config if config is not None else {}, overrides)
    if listen is not None:
        given["listeners"] = listen
    if group is not None:
        given["group.id"] = group
    settings = read_settings(given)
    console = Console(settings) if settings.console else None
    server = Server(settings.rest, console.served) if console is not None else Server(settings.rest)
    running, leave = open_worker(settings, server.address)
    metrics = None
    try:
        server.start(running)
        if console is not None:
            console.start(running)
        if settings.metrics is not None:
            metrics = MetricsServer(settings.metrics.host, settings.metrics.port, running.observe)
            click.echo(f"metrics on http://{metrics.address}/metrics", err=True)
        address = f"http{'s' * settings.rest.listener.tls}://{server.address}"
        if console is not None:
            click.echo(f"console on {address}/console", err=True)
        click.echo(f"listening on {address}", err=True)
        _await_signal()
    finally:
        if metrics is not None:
            metrics.close()
        server.stop()
        if console is not None:
            console.close()
        running.close()
        leave()


def _await_signal() -> None:
    asked = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        asked.set()
        # A second Ctrl-C ends at once: nothing is lost, the next start repeats what was not stored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    asked.wait()
