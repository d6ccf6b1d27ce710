"""Where the events of a connector can be read again: its topics in Kafka, or the files of its JSONL sink."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from tailrace.errors import ConfigError
from tailrace.ops.events.event import Record
from tailrace.ops.events.files import Files
from tailrace.ops.target import Target, brokers


class Reader(Protocol):
    """Of topics or of files."""

    def last(self, count: int, wanted: Callable[[Record], bool]) -> list[Record]:
        """The last that are wanted, oldest first."""

    def whole(self) -> Iterator[Record]:
        """All there is."""

    def follow(self, *, from_beginning: bool, began: Callable[[], None] = ...) -> Iterator[Record]:
        """What comes, for ever."""


def of_connector(target: Target, bootstrap: str | None = None) -> Reader:
    """`bootstrap`: Kafka's address, where the configuration names none, or none that can be reached from here.

    Raises ConfigError where its sink is none that can be read again, or its files are on another machine.
    """
    kind = target.config.get("sink.type", "kafka" if not target.tailrace else "stdout")
    if kind == "jsonl":
        path = Path(target.config.get("sink.path", "events")).expanduser()
        if not path.exists():
            hint = "the files lie where the connector runs: run this there, or give --file"
            raise ConfigError(f"the files of {target.name} are not here", where=str(path), hint=hint)
        return Files(path, target.name if path.is_dir() else None)
    if kind == "kafka":
        from tailrace.ops.events.kafka import Topics  # noqa: PLC0415 - optional

        return Topics(brokers(target, bootstrap, "producer.override.", "signal.consumer."), _named(target))
    raise ConfigError(f"{target.name} writes to {kind}: only Kafka and JSONL files can be read again")


def _named(target: Target) -> Callable[[str], bool]:
    """Topics of its events: those under its prefix, and those that it has written to, however they are called."""
    internal = {
        target.config.get("schema.history.internal.kafka.topic"),
        target.config.get("signal.kafka.topic"),
        target.config.get("notification.sink.topic.name"),
    }
    written = set(target.worker.topics(target.name)) if target.worker is not None else set()
    prefix = f"{target.prefix}{target.config.get('topic.delimiter', '.')}"
    return lambda topic: topic not in internal and (topic.startswith(prefix) or topic in written)
