"""`tailrace run`: one connector in the foreground."""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

import click

from tailrace.config import load_properties, parse
from tailrace.engine import Engine
from tailrace.model.progress import Progress
from tailrace.sinks import sink_fields


@click.command(
    "run",
    epilog="Example: tailrace run shop.properties --set sink.type=jsonl --set sink.path=events/",
)
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--set", "overrides", multiple=True, metavar="NAME=VALUE", help="Override a property of the file.")
@click.option("--metrics", metavar="[HOST:]PORT", help="Serve metrics for Prometheus there, on /metrics.")
@click.option("--json", "as_json", is_flag=True, help="Log, errors and closing line as JSON, on standard error.")
@click.option("--quiet", "-q", is_flag=True, help="Warnings and errors only.")
def run(config: Path, overrides: tuple[str, ...], metrics: str | None, *, as_json: bool, quiet: bool) -> None:
    """Capture changes as CONFIG says, until Ctrl-C.

    CONFIG is a .properties, JSON, YAML or TOML file with Debezium's property names. Events go to standard output, one
    JSON document a line, unless sink.type says otherwise. A second run goes on where the first one stopped.

    Exit codes: 0 stopped, 1 a problem in the source or the sink, 2 the configuration, 3 the server was not reached.
    """
    log_to_stderr(logging.WARNING if quiet else logging.INFO, as_json=as_json)
    engine = Engine(parse(load_properties(config, overrides), sink_fields))
    _stop_on_signals(engine)
    with _serving(metrics, engine):
        engine.run()
    if not quiet:
        click.echo(_closing_line(engine.progress, as_json=as_json), err=True)


@contextmanager
def _serving(address: str | None, engine: Engine) -> Iterator[None]:
    """`/metrics` for as long as the connector runs, where an address was given."""
    if address is None:
        yield
        return
    from tailrace.metrics.server import MetricsServer

    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise click.BadParameter(f"{address!r} is not [HOST:]PORT", param_hint="--metrics")

    def connectors() -> tuple[Progress]:
        engine.look_at_source()
        return (engine.progress,)

    with closing(MetricsServer(host.strip("[]") or "127.0.0.1", int(port), connectors)) as server:
        click.echo(f"metrics on http://{server.address}/metrics", err=True)
        yield


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One JSON document a record."""
        fields = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "thread": record.threadName,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def log_to_stderr(level: int, *, as_json: bool) -> None:
    """The log of a command that runs until it is stopped."""
    # Standard output may hold the events.
    handler = logging.StreamHandler()
    handler.setFormatter(
        _JsonLine() if as_json else logging.Formatter("%(asctime)s %(levelname)s [%(threadName)s] %(message)s")
    )
    logging.basicConfig(handlers=[handler], level=level)


def _stop_on_signals(engine: Engine) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        # The handler runs in the engine's own thread, which may hold a lock that `stop` needs.
        threading.Thread(target=engine.stop, daemon=True).start()
        # A second Ctrl-C ends at once: nothing is lost, the next run repeats what was not stored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _closing_line(progress: Progress, *, as_json: bool) -> str:
    offset = progress.stored or progress.offset
    if as_json:
        place = json.loads(offset.to_json()) if offset else None
        return json.dumps({"events": progress.events, "transactions": progress.transactions, "offset": place})
    place = f", stored up to {offset.place}" if offset else ""
    return f"stopped after {progress.events} events in {progress.transactions} transactions{place}"
