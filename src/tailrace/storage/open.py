"""The storage that a configuration asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace.config.kafka import StorageType
from tailrace.storage.sqlite import SqliteStorage, read_offset

if TYPE_CHECKING:
    from tailrace.config import Config
    from tailrace.model.offset import Offset
    from tailrace.storage import Storage


def open_storage(config: Config) -> Storage:
    """Takes the connector's lock, or fences whoever has it. Raises StorageError, or SinkError for Kafka."""
    if config.kafka.storage is StorageType.KAFKA:
        from tailrace.storage.kafka import KafkaStorage  # noqa: PLC0415 - start-up time

        return KafkaStorage(config.kafka, config.name, config.events.topics.prefix)
    return SqliteStorage(config.storage.path, config.name)


def stored_offset(config: Config) -> Offset | None:
    """The offset of a connector that may be running; None where there is none."""
    if config.kafka.storage is StorageType.KAFKA:
        from tailrace.storage import kafka  # noqa: PLC0415 - start-up time

        return kafka.read_offset(config.kafka, config.name, config.events.topics.prefix)
    return read_offset(config.storage.path, config.name)
