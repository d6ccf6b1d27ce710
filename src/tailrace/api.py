"""`tailrace.stream`: changes as a Python iterator, sync or async."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import orjson

from tailrace.config import Config, load_properties, parse
from tailrace.engine import Engine
from tailrace.model.progress import Progress
from tailrace.sinks import ArrowRows, Batch, sink_fields
from tailrace.sinks.queue import QueueSink

if TYPE_CHECKING:
    from types import TracebackType

Change = dict[str, Any]
"""A Debezium envelope: before, after, source, op, ts_ms …"""


def stream(config: str | Path | Mapping[str, object]) -> ChangeStream:
    """The changes of one connector, which starts when the iteration does.

    `config` is a file, or a mapping, of Debezium's property names; its `sink.*` count for nothing here. At least once:
    a batch of changes counts as delivered when the next one is asked for, and the next run begins behind it.

    Raises ConfigError here, and while iterating whatever ends the connector.
    """
    properties = load_properties(config if isinstance(config, Mapping) else Path(config))
    return ChangeStream(parse(properties, sink_fields))


class ChangeStream:
    """Iterate once: `for change in stream`, `async for change in stream`, or by `.batches()` or `.arrow()`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._sink = QueueSink()
        self._engine: Engine | None = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def __iter__(self) -> Iterator[Change]:
        """Each change as a dict."""
        for batch in self.batches():
            yield from _changes(batch)

    async def __aiter__(self) -> AsyncIterator[Change]:
        """Each change as a dict; the event loop is free meanwhile."""
        import asyncio  # noqa: PLC0415 - start-up time

        self._start("json")
        try:
            while (batch := await asyncio.to_thread(self._sink.take)) is not None:
                for change in _changes(batch):
                    yield change
        finally:
            await asyncio.to_thread(self.close)
        self._raise()

    def batches(self) -> Iterator[Batch]:
        """Changes as JSON lines: `bytes(batch)`, or `batch.split()` for one bytes object each."""
        return self._batches("json")

    def arrow(self) -> Iterator[ArrowRows]:
        """Changes as Arrow, one table at a time: `pyarrow.record_batch(rows)`, `polars.from_arrow(rows)`."""
        for batch in self._batches("arrow"):
            yield from batch.arrow()
            yield from batch.arrow(tail=True)

    @property
    def progress(self) -> Progress:
        """What the connector is doing now."""
        return self._engine.progress if self._engine is not None else Progress()

    def close(self) -> None:
        """Stop the connector.

        Stored as delivered is what the iteration had stepped past at the last `offset.flush.interval.ms`, or somewhat
        less: the rest comes again in the next run.
        """
        self._sink.leave()
        if self._engine is not None:
            self._engine.stop()
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        """Closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See `close`."""
        self.close()

    def _start(self, encoding: Literal["json", "arrow"]) -> None:
        if self._engine is not None:
            message = "a stream can be iterated over once; call tailrace.stream again"
            raise RuntimeError(message)
        self._engine = Engine(self._config, self._sink, encoding=encoding)
        self._thread = threading.Thread(target=self._run, args=(self._engine,), name="tailrace-stream", daemon=True)
        self._thread.start()

    def _run(self, engine: Engine) -> None:
        try:
            engine.run()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that iterates
            self._error = error
        finally:
            self._sink.close()

    def _batches(self, encoding: Literal["json", "arrow"]) -> Iterator[Batch]:
        self._start(encoding)
        try:
            while (batch := self._sink.take()) is not None:
                yield batch
        finally:
            self.close()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error


def _changes(batch: Batch) -> Iterator[Change]:
    # A line at a time: dicts of a whole batch at once would not fit the processor's cache, at twice the cost.
    return map(orjson.loads, batch.split())
