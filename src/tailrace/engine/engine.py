"""The life of one connector: open, capture and deliver side by side, store, close."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing
from dataclasses import replace
from queue import SimpleQueue
from typing import Literal

from tailrace import __version__
from tailrace._kernel import Batch, Envelope
from tailrace.config import Config
from tailrace.convert.records import transaction_topic
from tailrace.engine.announce import Announcer
from tailrace.engine.capture import Capture
from tailrace.engine.delivery import Deliverer, Heartbeats
from tailrace.engine.heartbeat import HeartbeatQuery
from tailrace.engine.lookout import Lookout
from tailrace.engine.notify import Notifications
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Closed, DeliveryQueue
from tailrace.engine.rewrite import converters, rewrite
from tailrace.errors import DestinationLost
from tailrace.model.encoding import Output
from tailrace.model.notification import Notification, Numbered
from tailrace.model.offset import Offset
from tailrace.model.progress import Progress, State
from tailrace.model.signal import Signal
from tailrace.mysql.connection import connect
from tailrace.signals import Refused, channels
from tailrace.sinks import Sink, create_sink, sink_type
from tailrace.storage import Commit
from tailrace.storage.open import open_storage

log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.05
"""Seconds before the first new attempt; each further pause is twice as long, up to the configured limit."""
_SETTLED = 60.0
"""Seconds after which a run counts as one that went well."""


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
        self._output: Output = kind.output(config.sink.values) if sink is None else "values"
        self._converters = converters(config, self._format)
        self._rewrite = rewrite(config, self._output, self._format, own_sink=sink is not None)
        # Python takes records apart, and puts together what the sink wants.
        self._made: Output = "records" if self._rewrite is not None else self._output
        self._board = ProgressBoard(
            config.name,
            config.events.topics.prefix,
            config.engine.queue_bytes,
            skips_unchanged=config.events.skip_unchanged,
        )
        self._notifications = Notifications(config)
        self._asked: SimpleQueue[Signal | Refused] = SimpleQueue()
        self._stopped = threading.Event()
        """Asked for from outside, or at the end."""
        self._lookout = Lookout(lambda: connect(config.source), self._board, self._stopped)
        self._begin_attempt()

    @property
    def config(self) -> Config:
        """What it was told."""
        return self._config

    @property
    def progress(self) -> Progress:
        """What the connector is doing now."""
        return replace(self._board.read(), queue_bytes=self._queue.bytes)

    def look_at_source(self) -> None:
        """Ask how far the source's end and its oldest binlog are; `progress.distance` tells soon after.

        Never waits; asked often, it looks every few seconds, and after the end too.
        """
        self._lookout.ask()

    def offset_moved(self, offset: Offset | None) -> None:
        """Somebody has changed the stored offset after the end."""
        self._board.move(offset)

    def signal(self, signal: Signal) -> None:
        """Ask for something, from any thread; carried out once the stream runs."""
        self._ask(signal)

    def _ask(self, signal: Signal | Refused) -> None:
        self._asked.put(signal)
        if self._capture is not None:
            self._capture.wake()

    def notifications(self) -> tuple[Notification, ...]:
        """What the connector told last, at most a hundred, oldest first."""
        return tuple(told.notification for told in self._notifications.last)

    def notifications_since(self, number: int) -> tuple[Numbered, ...]:
        """Those of the last hundred that were told after the one with this number, oldest first; 0: all."""
        return tuple(told for told in self._notifications.last if told.number > number)

    def stop(self) -> None:
        """Ask for an end: what was read is delivered and stored first."""
        self._stopped.set()
        self._end_attempt()
        if self._open_sink is not None:
            self._open_sink.interrupt()

    def run(self) -> None:
        """Raises the TailraceError that ended the run; offsets are stored up to what the sink has acknowledged."""
        try:
            self._run_through_outages()
        except BaseException as error:
            self._board.fail(error)
            raise
        else:
            self._board.enter(State.STOPPED)
        finally:
            self._stopped.set()
            self._lookout.close()

    def _run_through_outages(self) -> None:
        """Again from the stored offset, where the destination was away."""
        retries = 0
        while True:
            began = time.monotonic()
            try:
                self._run()
            except DestinationLost as error:
                # One that ran for long was not the same outage.
                retries = 1 if time.monotonic() - began > _SETTLED else retries + 1
                limit = self._config.engine.max_retries
                if self._stopped.is_set() or self._sink is not None or (limit is not None and retries > limit):
                    raise
                log.warning("%s", error)
                self._board.enter(State.RECONNECTING, error.message)
            else:
                return
            if self._stopped.wait(min(_FIRST_PAUSE * 2**retries, self._config.engine.retry_wait_ms / 1000)):
                return
            self._begin_attempt()

    def _begin_attempt(self) -> None:
        self._queue = DeliveryQueue(self._config.engine.queue_bytes)
        self._stopping = threading.Event()
        self._capture: Capture | None = None
        self._open_sink: Sink | None = None

    def _end_attempt(self) -> None:
        self._stopping.set()
        if self._capture is not None:
            self._capture.interrupt()

    def _run(self) -> None:
        config = self._config
        with closing(open_storage(config)) as storage:
            transactions = storage.transactions
            sink = self._open_sink = self._sink or create_sink(config.name, config.sink, transactions)
            if self._stopped.is_set():
                return
            with closing(sink):
                resume = storage.load()
                # Stored before the first write: from here on a kill at any instant is a resume.
                storage.commit(Commit(sink_state=sink.open(resume.sink_state)))
                announcer = Announcer(
                    config,
                    self._made,
                    rows_alone=self._output == "values",
                    to_kafka=self._output == "records",
                    converters=self._converters,
                )
                self._start_heartbeat_query()
                asking = channels(config.signals)
                capture = Capture(
                    config,
                    self._envelope(announcer.headers),
                    storage,
                    resume.offset,
                    self._queue,
                    self._board,
                    self._stopping,
                    announcer,
                    self._notifications,
                    self._asked,
                    self._rewrite,
                    self._converters,
                )
                self._capture = capture
                thread = threading.Thread(
                    target=self._read, args=(capture,), name=f"{config.name}/capture", daemon=True
                )
                thread.start()
                for channel in asking:
                    threading.Thread(
                        target=channel.run, args=(self._ask, self._stopping), name="tailrace-signals", daemon=True
                    ).start()
                try:
                    interval = config.engine.flush_interval_ms / 1000
                    heartbeats = Heartbeats(
                        config.events.heartbeat_interval_ms / 1000, lambda: self._heartbeat(announcer)
                    )
                    Deliverer(
                        self._queue,
                        sink,
                        storage,
                        self._board,
                        flush_interval=interval,
                        heartbeats=heartbeats,
                        eager=transactions is not None and config.kafka.eager,
                    ).run()
                finally:
                    self._end_attempt()
                    thread.join()

    def _heartbeat(self, announcer: Announcer) -> Batch | None:
        batch = announcer.heartbeat()
        return self._rewrite.apply(batch) if batch is not None and self._rewrite is not None else batch

    def _start_heartbeat_query(self) -> None:
        events = self._config.events
        if events.heartbeat_query is None or not events.heartbeat_interval_ms:
            return
        beat = HeartbeatQuery(
            lambda: connect(self._config.source),
            events.heartbeat_query,
            events.heartbeat_interval_ms / 1000,
            self._stopping,
        )
        threading.Thread(target=self._run_heartbeats, args=(beat,), name="tailrace-heartbeat", daemon=True).start()

    def _run_heartbeats(self, beat: HeartbeatQuery) -> None:
        try:
            beat.run()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that runs the engine
            self._queue.end(error)

    def _envelope(self, headers: list[tuple[str, str]]) -> Envelope:
        events = self._config.events
        return Envelope(
            name=events.topics.prefix,
            version=__version__,
            format=self._format,
            output=self._made,
            tombstones=events.tombstones,
            skipped="".join(sorted(events.skipped)),
            skip_unchanged=events.skip_unchanged,
            include_query=events.include_query,
            transactions=transaction_topic(events) if events.transactions else None,
            headers=headers,
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
