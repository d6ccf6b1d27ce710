"""What the board tells while a sink holds in its own hands what it was given."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

from tailrace.engine.delivery import Deliverer, Heartbeats
from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Delivery, DeliveryQueue
from tailrace.lab.process import await_condition
from tailrace.model.progress import State


class HoldingSink:
    """Takes everything at once, as Kafka's producer does, and acknowledges it when it is told to."""

    def __init__(self) -> None:
        self.acknowledges = threading.Event()

    def write(self, batch: Any) -> None:
        pass

    def flush(self, *, final: bool = False) -> Any:  # noqa: ARG002 - the contract
        def acknowledge() -> dict[str, object]:
            assert self.acknowledges.wait(60)
            return {}

        return acknowledge

    def stored(self, state: Any) -> None:
        pass


def test_lag_grows_until_the_sink_acknowledges_though_the_source_has_nothing_more() -> None:
    queue, board, sink = DeliveryQueue(1 << 20), ProgressBoard("c", "s", 1 << 20), HoldingSink()
    storage: Any = SimpleNamespace(commit=lambda _: None)
    given: Any = sink
    deliverer = Deliverer(queue, given, storage, board, flush_interval=0.01, heartbeats=Heartbeats(0, lambda: None))
    commit = SimpleNamespace(
        file="binlog.1", position=100, gtids="", timestamp_us=int(time.time() * 1e6), transactions=1
    )
    batch: Any = SimpleNamespace(rows=1, memory=100, commit=commit, counts=[], in_transaction=False)
    thread = threading.Thread(target=deliverer.run)
    thread.start()
    try:
        board.enter(State.STREAMING)
        board.hand_over()
        queue.put(Delivery(batch))

        def lag() -> float:
            board.hear()
            board.ask("binlog.1", 100)
            return board.read().lag or 0.0

        assert await_condition(lambda: lag() > 1, 30, every=0.25)
        sink.acknowledges.set()
        assert await_condition(lambda: lag() == 0, 30, every=0.25)
    finally:
        sink.acknowledges.set()
        queue.end()
        thread.join()
