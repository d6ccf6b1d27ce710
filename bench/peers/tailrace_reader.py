"""Tailrace as each of its users meets it: a sink, an iterator of dicts, or Arrow rows. One JSON line at the end.

Arguments: a JSON object {kind, properties, offset, rows}; `offset` null begins with a snapshot.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from tailrace.api import ChangeStream
from tailrace.config import Config, load_properties, parse
from tailrace.engine import Engine
from tailrace.model.offset import Offset
from tailrace.sinks import Batch, Sink, create_sink, sink_fields
from tailrace.storage import Commit
from tailrace.storage.open import open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator


def begin_at(config: Config, offset: dict[str, Any]) -> None:
    """Store an offset, as an earlier run would have."""
    storage = open_storage(config)
    storage.commit(Commit(offset=Offset(**offset)))
    storage.close()


def written(config: Config, rows: int) -> tuple[float, float]:
    """`tailrace run` with the sink that the properties name; when the first and the last event were written."""
    engine = Engine(config)
    first = 0.0

    def watch() -> None:
        nonlocal first
        while engine.progress.events < rows:
            if not first and engine.progress.events:
                first = engine.progress.last_event
            time.sleep(0.005)
        engine.stop()

    threading.Thread(target=watch, daemon=True).start()
    engine.run()
    return first or engine.progress.last_event, engine.progress.last_event


class Timed:
    """The configured sink, and when each of its writes was done."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.open, self.end_transaction, self.rollback = sink.open, sink.end_transaction, sink.rollback
        self.flush, self.stored, self.close = sink.flush, sink.stored, sink.close
        self.done: list[tuple[float, bytes]] = []

    def write(self, batch: Batch) -> None:
        """As the sink does."""
        self._sink.write(batch)
        self.done.append((time.time(), bytes(batch)))


def latencies(config: Config, rows: int) -> list[float]:
    """Milliseconds from each commit to the return of the write that holds it, sorted."""
    sink = Timed(create_sink(config.name, config.sink))
    engine = Engine(config, sink)
    threading.Thread(target=lambda: _stop_after(engine, rows), daemon=True).start()
    engine.run()
    return sorted(
        written * 1000 - json.loads(line)["source"]["ts_us"] / 1000
        for written, lines in sink.done
        for line in lines.splitlines()
    )


def _stop_after(engine: Engine, rows: int) -> None:
    while engine.progress.events < rows:
        time.sleep(0.05)
    engine.stop()


def counted(sizes: Iterator[int], rows: int) -> tuple[float, float]:
    """When the first and the last event came."""
    first, seen = 0.0, 0
    for size in sizes:
        first = first or time.time()
        seen += size
        if seen >= rows:
            break
    return first, time.time()


def main() -> None:
    """Read what was asked for, and tell."""
    asked = json.loads(sys.argv[1])
    config = parse(load_properties(asked["properties"]), sink_fields)
    if asked["offset"] is not None:
        begin_at(config, asked["offset"])
    rows = asked["rows"]
    if asked["kind"] == "latency":
        found = latencies(config, rows)
        quantiles = {"median": found[rows // 2], "p99": found[rows * 99 // 100], "worst": found[-1]}
        print(json.dumps(quantiles))
        return
    stream = ChangeStream(config)
    if asked["kind"] == "sink":
        first, last = written(config, rows)
    elif asked["kind"] == "dicts":
        first, last = counted((1 for change in stream if change["op"]), rows)
    else:
        first, last = counted((len(table) for table in stream.arrow()), rows)
    stream.close()
    print(json.dumps({"events": rows, "first_ms": first * 1000, "last_ms": last * 1000}))


if __name__ == "__main__":
    main()
