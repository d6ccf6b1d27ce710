"""Storage in compacted Kafka topics: what one commit writes is one Kafka transaction, events of a Kafka sink included.

The offset lies in `offsets.storage.topic`, as Kafka Connect keeps offsets: key `["<connector>",{"server":"<prefix>"}]`.
All else lies in a topic of the connector's own, keys being JSON: `["sink"]`, `["history",n]` in order, and
`["hold",id,piece,xid]` for prepared XA transactions. Whoever opens the storage fences those who had it before.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tailrace.config.kafka import KafkaConfig
from tailrace.errors import StorageError
from tailrace.kafka import log
from tailrace.kafka.topics import COMPACTED, Topics
from tailrace.kafka.transactions import Entry, Transactions
from tailrace.model.offset import Offset, connect_key
from tailrace.storage import Commit, Resume

_PART = 512 << 10
"""Bytes of a piece in one record: brokers take a mebibyte by default."""


@dataclass(slots=True)
class _Hold:
    xid: str
    places: list[tuple[int, int]] = field(default_factory=list)
    """Where its pieces lie in the spool: position and length."""
    keys: tuple[bytes, ...] = ()
    """Of its records, once it is prepared."""


class KafkaStorage:
    """See `tailrace.storage.Storage`."""

    def __init__(self, config: KafkaConfig, connector: str, prefix: str) -> None:
        self._config = config
        self._where = f"{config.bootstrap}, topic {config.state_topic}"
        self._key = connect_key(connector, prefix)
        topics = Topics(config)
        topics.open()
        topics.ensure([config.offsets_topic, config.state_topic], COMPACTED)
        self.transactions = Transactions(config, f"tailrace-{connector}")
        self._mutex = threading.Lock()
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._holds: dict[int, _Hold] = {}
        self._records: dict[int, bytes] = {}
        self._sink: bytes | None = None
        # Only now: what the former owner had begun is either committed or gone.
        self._read(log.read(config, config.state_topic))
        self._offset = log.read(config, config.offsets_topic).get(self._key)
        self._next_record = max(self._records, default=0) + 1
        self._next_hold = max(self._holds, default=0) + 1

    def _read(self, entries: dict[bytes, bytes]) -> None:
        try:
            for key, value in sorted((json.loads(key), value) for key, value in entries.items()):
                match key:
                    case ["sink"]:
                        self._sink = value
                    case ["history", int(number)]:
                        self._records[number] = value
                    case ["hold", int(number), int(), str(xid)]:
                        hold = self._holds.setdefault(number, _Hold(xid))
                        hold.places.append(self._put(value))
                        hold.keys += (_json(key),)
        except (ValueError, TypeError) as error:
            hint = "move the topic away and start over with snapshot.mode=initial"
            raise StorageError(f"the stored state cannot be read: {error}", where=self._where, hint=hint) from None

    def load(self) -> Resume:
        """What the last commit left."""
        try:
            offset = Offset.from_json(self._offset.decode()) if self._offset else None
            return Resume(offset, json.loads(self._sink) if self._sink else None)
        except ValueError as error:
            hint = "delete the connector's offset, and start over with snapshot.mode=initial"
            raise StorageError(f"the stored offset cannot be read: {error}", where=self._where, hint=hint) from None

    def forget_offset(self) -> None:
        """The next run begins as a first one does; what the sink has stays."""
        entries: list[Entry] = [(self._config.offsets_topic, self._key, None)]
        entries += [(self._config.state_topic, key, None) for hold in self._holds.values() for key in hold.keys]
        self._holds.clear()
        self.transactions.commit(entries)
        self._offset = None

    def commit(self, commit: Commit) -> None:
        """All of it and what the sink wrote before its cut, or nothing."""
        with self._mutex:
            entries = [*self._history_entries(commit), *self._hold_entries(commit)]
        if commit.sink_state:
            entries.append((self._config.state_topic, _json(["sink"]), _json(commit.sink_state)))
        if commit.offset is not None:
            entries.append((self._config.offsets_topic, self._key, commit.offset.to_json().encode()))
        self.transactions.commit(entries)

    def _history_entries(self, commit: Commit) -> Iterator[Entry]:
        topic = self._config.state_topic
        if commit.clear_history:
            yield from ((topic, _json(["history", number]), None) for number in self._records)
            self._records.clear()
        for record in commit.history:
            text = record.encode()
            self._records[self._next_record] = text
            yield topic, _json(["history", self._next_record]), text
            self._next_record += 1

    def _hold_entries(self, commit: Commit) -> Iterator[Entry]:
        topic = self._config.state_topic
        for number in commit.prepared:
            hold = self._holds[number]
            hold.keys = tuple(_json(["hold", number, part, hold.xid]) for part in range(len(hold.places)))
            yield from ((topic, key, self._get(place)) for key, place in zip(hold.keys, hold.places, strict=True))
            for older in [n for n, other in self._holds.items() if n < number and other.xid == hold.xid]:
                if not self._holds[older].keys:
                    del self._holds[older]
        for number in commit.forgotten:
            yield from ((topic, key, None) for key in self._holds.pop(number).keys)

    def history(self) -> Iterator[str]:
        """Schema history records in the order they were committed."""
        for number in sorted(self._records):
            yield self._records[number].decode()

    def hold(self, xid: str, data: bytes, *, first: bool) -> int:
        """Keep the next piece of an XA transaction, here until it is prepared. Returns the hold's id."""
        with self._mutex:
            number = None if first else self._youngest(xid)
            if number is None:
                number, self._next_hold = self._next_hold, self._next_hold + 1
                self._holds[number] = _Hold(xid)
            for start in range(0, len(data), _PART):
                self._holds[number].places.append(self._put(data[start : start + _PART]))
        return number

    def held(self, xid: str) -> int | None:
        """The youngest hold of `xid` that no commit has forgotten."""
        with self._mutex:
            return self._youngest(xid)

    def _youngest(self, xid: str) -> int | None:
        return max((number for number, hold in self._holds.items() if hold.xid == xid), default=None)

    def pieces(self, hold: int) -> Iterator[bytes]:
        """The pieces of a hold, in order, one in memory at a time."""
        for place in tuple(self._holds[hold].places):
            with self._mutex:
                piece = self._get(place)
            yield piece

    def _put(self, data: bytes) -> tuple[int, int]:
        position = self._spool.seek(0, 2)
        self._spool.write(data)
        return position, len(data)

    def _get(self, place: tuple[int, int]) -> bytes:
        self._spool.seek(place[0])
        return self._spool.read(place[1])

    def close(self) -> None:
        """Twice is once."""
        self._spool.close()


def read_offset(config: KafkaConfig, connector: str, prefix: str) -> Offset | None:
    """The stored offset of a connector that may be running; None where there is none. Raises SinkError."""
    topics = Topics(config)
    topics.ensure([config.offsets_topic], COMPACTED)
    value = log.read(config, config.offsets_topic).get(connect_key(connector, prefix))
    return Offset.from_json(value.decode()) if value else None


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
