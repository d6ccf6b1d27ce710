"""Which topics a connector has written to since it was last asked to count anew."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from tailrace.convert.names import table_topic
from tailrace.engine import Engine
from tailrace.model.progress import Progress
from tailrace.worker.store import Store


class Topics:
    """Of all connectors of a worker. Topics of tables: what a transform written in Python makes of them is not seen."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mutex = threading.Lock()
        self._behind: dict[str, tuple[Engine, Progress]] = {}
        """What an engine had done when it was last asked to count anew."""

    def of(self, name: str, engine: Engine | None) -> Sequence[str]:
        """Ordered; kept in the store."""
        with self._mutex:
            stored = self._store.topics(name)
            if engine is None:
                return stored
            topics = sorted({*stored, *self._used(name, engine)})
            if topics != stored:
                self._store.put_topics(name, topics)
            return topics

    def reset(self, name: str, engine: Engine | None) -> None:
        """None, until more records come."""
        with self._mutex:
            if engine is not None:
                self._behind[name] = (engine, engine.progress)
            self._store.put_topics(name, ())

    def _used(self, name: str, engine: Engine) -> set[str]:
        there, behind = self._behind.get(name, (None, None))
        before = behind.tables if behind is not None and there is engine else {}
        events = engine.config.events
        topics = {
            table_topic(table, events.topics)
            for table, count in engine.progress.tables.items()
            if count != before.get(table)
        }
        route = events.transforms.route
        return {route.topic(topic) for topic in topics} if route is not None else topics
