"""The way from the capture into the queue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tailrace.engine.progress import ProgressBoard
from tailrace.engine.queue import Delivery, DeliveryQueue
from tailrace.engine.schema import Schema

if TYPE_CHECKING:
    from tailrace.engine.rewrite import Rewrite


class HandOver:
    """Called with each step of the capture, in order."""

    def __init__(self, queue: DeliveryQueue, board: ProgressBoard, schema: Schema, rewrite: Rewrite | None) -> None:
        """`rewrite` makes other records of those that the kernel made."""
        self._queue = queue
        self._board = board
        self._schema = schema
        self._rewrite = rewrite

    def __call__(self, delivery: Delivery) -> None:
        """Waits while the queue is full. Raises what rewriting raises, and Closed."""
        if self._rewrite is not None and delivery.batch is not None:
            delivery = replace(delivery, batch=self._rewrite.apply(delivery.batch))
        if delivery.history:
            self._board.define(delivery.history)
        if delivery.batch is not None:
            self._schema.tell_unfit()
            self._board.hand_over()
        self._queue.put(delivery)
