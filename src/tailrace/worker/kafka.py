"""A group's configurations and states in one compacted topic, which every worker reads from its beginning and on.

Keys are JSON: `["connector",name]`, `["slot",name]`, `["status",name]`, `["topics",name]`; and `["restart",name]` and
`["signal",name]`, which are requests to the worker that has the connector. What a worker writes counts once it has read
it back, so that all see one order; to know what others have written it writes a `["mark",id]` of its own.
Configurations lie there as they were given, secrets included, as Kafka Connect's do: give the topic to workers alone.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from tailrace.config.kafka import KafkaConfig
from tailrace.errors import DestinationLost, TailraceError
from tailrace.kafka import client
from tailrace.kafka.producer import KafkaProducer
from tailrace.kafka.topics import COMPACTED, Topics
from tailrace.model.signal import Signal
from tailrace.worker.group import SLOTS
from tailrace.worker.state import State, Target
from tailrace.worker.store import Restart, Status, Stored, Told

if TYPE_CHECKING:
    from confluent_kafka import Consumer

log = logging.getLogger(__name__)

_WAIT = 15.0
"""Seconds a change may take until it is written and read back."""
_REQUESTS = ("restart", "signal")
"""Kinds of records that are asked once, and are no state."""

Changed = Callable[[str], None]
"""Of the connector of this name, the configuration, the target or the told status is another now."""


class KafkaStore:
    """See `tailrace.worker.store.Store`."""

    def __init__(self, config: KafkaConfig, group: str) -> None:
        """Raises SinkError where Kafka cannot be used."""
        self._config = config
        self._topic = f"tailrace-{group}-connectors"
        topics = Topics(config)
        topics.open()
        topics.ensure([self._topic], COMPACTED)
        self.cluster_id = topics.cluster_id
        self._producer = KafkaProducer(config)
        self._writing = threading.Lock()
        self._read = threading.Condition()
        self._values: dict[tuple[str, str], Any] = {}
        """In the order of the topic."""
        self._versions: Counter[tuple[str, str]] = Counter()
        self._up_to_date = False
        self._closing = threading.Event()
        self._changed: Changed = lambda _: None
        self._restart: Callable[[str, Restart], None] = lambda _, __: None
        self._signal: Callable[[str, Signal], object] = lambda _, __: None
        # Told by a thread of its own: who listens may be waiting for something to be read back.
        self._news: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        threading.Thread(target=self._tell, name="tailrace-news", daemon=True).start()
        self._thread = threading.Thread(target=self._follow, name="tailrace-store", daemon=True)
        self._thread.start()
        with self._read:
            if not self._read.wait_for(lambda: self._up_to_date, _WAIT):
                message = f"topic {self._topic} cannot be read: no answer within {_WAIT:g} s"
                raise DestinationLost(message, where=config.bootstrap, hint="see whether its partition has a leader")

    def watch(
        self, changed: Changed, restart: Callable[[str, Restart], None], signal: Callable[[str, Signal], object]
    ) -> None:
        """Hear of what any worker of the group writes."""
        self._changed = changed
        self._restart = restart
        self._signal = signal

    # Asking

    def connectors(self) -> Sequence[Stored]:
        """All of them, ordered by name."""
        with self._read:
            names = sorted(name for kind, name in self._values if kind == "connector")
            return [self._stored(name) for name in names]

    def connector(self, name: str) -> Stored | None:
        """One of them."""
        with self._read:
            return self._stored(name) if ("connector", name) in self._values else None

    def _stored(self, name: str) -> Stored:
        value = self._values["connector", name]
        return Stored(name, value["config"], Target(value["target"]))

    def slot(self, name: str) -> int | None:
        """The partition of the group's topic that the connector goes with."""
        with self._read:
            return self._values.get(("slot", name))

    def status(self, name: str) -> Status | None:
        """What was last told."""
        with self._read:
            value = self._values.get(("status", name))
        return None if value is None else Status(_told(value["connector"]), value["task"] and _told(value["task"]))

    def topics(self, name: str) -> Sequence[str]:
        """Topics that got records since the last reset, ordered."""
        with self._read:
            return [str(topic) for topic in self._values.get(("topics", name), ())]

    # Writing

    def put(self, connector: Stored) -> None:
        """A new one, or new configuration or target of one that is there."""
        if self.slot(connector.name) is None:
            self._claim_slot(connector.name)
        self._write("connector", connector.name, {"config": dict(connector.config), "target": connector.target.value})

    def _claim_slot(self, name: str) -> None:
        """One that fewest have. Others may claim it at the same time: whose claim comes later in the topic looks again,
        before the connector is there for anybody to run.
        """
        used = self._slots(before=None)
        while True:
            slot = min(range(SLOTS), key=lambda slot: (used[slot], slot))
            self._write("slot", name, slot)
            used = self._slots(before=name)
            if used[slot] == min(used[other] for other in range(SLOTS)):
                return

    def _slots(self, before: str | None) -> Counter[int]:
        """How often each is claimed, by those who came before the connector's claim."""
        with self._read:
            earlier = takewhile(lambda item: item[0] != ("slot", before), self._values.items())
            return Counter(int(value) for (kind, _), value in earlier if kind == "slot")

    def delete(self, name: str) -> None:
        """Forget the connector, its status and its topics; no error where there is none."""
        for kind in ("status", "topics", "connector", "slot"):
            with self._read:
                there = (kind, name) in self._values
            if there:
                self._write(kind, name, None)

    def put_status(self, name: str, status: Status) -> None:
        """Not waited for: it may be told while Kafka is away."""
        value = {"connector": _words(status.connector), "task": status.task and _words(status.task)}
        self._send("status", name, value)

    def put_topics(self, name: str, topics: Sequence[str]) -> None:
        """In place of those before."""
        self._write("topics", name, sorted(topics))

    def ask_restart(self, name: str, restart: Restart) -> None:
        """Of the worker that has the connector."""
        parts = {"connector": restart.connector, "task": restart.task, "only_failed": restart.only_failed}
        self._write("restart", name, parts)

    def ask_signal(self, name: str, signal: Signal) -> None:
        """Of the worker that has the connector."""
        self._write("signal", name, {"id": signal.id, "type": signal.type, "data": dict(signal.data)})

    def refresh(self) -> None:
        """What any worker has written before this call counts when it returns."""
        # By a name of its own: what counts is this mark, not one that another has written before.
        self._write("mark", uuid.uuid4().hex, None)

    def _write(self, kind: str, name: str, value: object) -> None:
        """Raises DestinationLost where it is not there, and read back, in time."""
        with self._read:
            version = self._versions[kind, name]
        self._send(kind, name, value)
        with self._read:
            if not self._read.wait_for(lambda: self._versions[kind, name] > version, _WAIT):
                message = f"the change was not written within {_WAIT:g} s; it may still be"
                raise DestinationLost(message, where=self._config.bootstrap, hint="see whether Kafka answers")

    def _send(self, kind: str, name: str, value: object) -> None:
        with self._writing:
            self._producer.send(self._topic, _bytes([kind, name]), None if value is None else _bytes(value), 0)

    def close(self) -> None:
        """What was told last is written, where Kafka answers. Twice is once."""
        if not self._closing.is_set():
            self._producer.interrupt()
            try:
                self._producer.drain()
            except DestinationLost as error:
                log.warning("%s", error)
        self._closing.set()
        self._thread.join()
        self._news.put(None)

    # Reading

    def _tell(self) -> None:
        while (news := self._news.get()) is not None:
            try:
                news()
            except TailraceError as error:
                log.warning("%s", error)

    def _follow(self) -> None:
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - optional, and start-up time

        consumer = client.consumer(self._config, **{"enable.partition.eof": True})
        try:
            consumer.assign([TopicPartition(self._topic, 0, 0)])
            while not self._closing.is_set():
                self._take(consumer)
        finally:
            consumer.close()

    def _take(self, consumer: Consumer) -> None:
        from confluent_kafka import KafkaError  # noqa: PLC0415 - optional, and start-up time

        record = consumer.poll(0.2)
        if record is None:
            return
        error = record.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the name it has
                with self._read:
                    self._up_to_date = True
                    self._read.notify_all()
            else:
                log.warning("the group's topic cannot be read: %s", error.str())
            return
        try:
            kind, name = json.loads(record.key() or b"")
            value = json.loads(record.value() or b"null")
        except ValueError:
            log.warning("a record of topic %s is none of ours: it is passed over", self._topic)
            return
        self._apply(kind, name, value)

    def _apply(self, kind: str, name: str, value: Any) -> None:
        with self._read:
            self._values.pop((kind, name), None)
            if value is not None and kind not in _REQUESTS:
                self._values[kind, name] = value
            self._versions[kind, name] += 1
            self._read.notify_all()
            told = self._up_to_date
        if not told:
            return
        if kind == "restart" and value is not None:
            self._news.put(lambda: self._restart(name, Restart(**value)))
        elif kind == "signal" and value is not None:
            self._news.put(lambda: self._signal(name, Signal(**value, channel="rest")))
        elif kind in ("connector", "status"):
            self._news.put(lambda: self._changed(name))


def _words(told: Told) -> Mapping[str, str]:
    return {"state": told.state.value, "worker_id": told.worker_id, "trace": told.trace}


def _told(words: Mapping[str, str]) -> Told:
    return Told(State(words["state"]), words["worker_id"], words["trace"])


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
