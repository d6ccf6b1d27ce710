"""The life of one connector: open, capture and deliver side by side, store, close."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Literal

from tailrace import __version__
from tailrace._kernel import Envelope
from tailrace.config import Config
from tailrace.engine.capture import Capture
from tailrace.engine.delivery import Deliverer
from tailrace.engine.progress import Progress, ProgressBoard, State
from tailrace.engine.queue import Closed, DeliveryQueue
from tailrace.sinks import Sink, create_sink, sink_type
from tailrace.storage import Commit
from tailrace.storage.sqlite import SqliteStorage


class Engine:
    """`run` blocks until the capture ends, by itself, by an error, or by `stop` from any thread or signal handler."""

    def __init__(
        self, config: Config, sink: Sink | None = None, *, encoding: Literal["json", "arrow"] | None = None
    ) -> None:
        """`sink` takes the place of the configured one, and wants `encoding` (the Python iterator does so)."""
        self._config = config
        self._sink = sink
        kind = sink_type(config.sink.type)
        self._format: Literal["json", "arrow"] = encoding or kind.format
        self._output = kind.output(config.sink.values) if sink is None else "values"
        self._board = ProgressBoard()
        self._queue = DeliveryQueue(config.engine.queue_bytes)
        self._stopping = threading.Event()
        self._capture: Capture | None = None

    @property
    def progress(self) -> Progress:
        """What the connector is doing now."""
        return self._board.read()

    def stop(self) -> None:
        """Ask for an end: what was read is delivered and stored first."""
        self._stopping.set()
        if self._capture is not None:
            self._capture.interrupt()

    def run(self) -> None:
        """Raises the TailraceError that ended the run; offsets are stored up to what the sink has acknowledged."""
        try:
            self._run()
        except BaseException as error:
            self._board.enter(State.FAILED, str(error))
            raise
        self._board.enter(State.STOPPED)

    def _run(self) -> None:
        config = self._config
        with closing(SqliteStorage(config.storage.path, config.name)) as storage:
            sink = self._sink or create_sink(config.name, config.sink)
            with closing(sink):
                resume = storage.load()
                # Stored before the first write: from here on a kill at any instant is a resume.
                storage.commit(Commit(sink_state=sink.open(resume.sink_state)))
                capture = Capture(
                    config, self._envelope(), storage, resume.offset, self._queue, self._board, self._stopping
                )
                self._capture = capture
                thread = threading.Thread(target=self._read, args=(capture,), name="tailrace-capture", daemon=True)
                thread.start()
                try:
                    interval = config.engine.flush_interval_ms / 1000
                    Deliverer(self._queue, sink, storage, self._board, interval).run()
                finally:
                    self.stop()
                    thread.join()

    def _envelope(self) -> Envelope:
        return Envelope(
            name=self._config.engine.topic_prefix,
            version=__version__,
            format=self._format,
            output=self._output,
        )

    def _read(self, capture: Capture) -> None:
        try:
            capture.run()
        except Closed:
            pass
        except BaseException as error:  # noqa: BLE001 - handed to the thread that runs the engine
            self._queue.end(error)
        else:
            self._queue.end()
