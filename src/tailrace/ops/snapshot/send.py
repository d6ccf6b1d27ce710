"""A signal into its channel."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tailrace.errors import AccessDenied, ConfigError, SourceError
from tailrace.model.table import TableId
from tailrace.mysql.connection import Connection, connect
from tailrace.ops.snapshot.channel import Channel, Kind
from tailrace.ops.snapshot.message import Message
from tailrace.ops.target import Target, brokers

if TYPE_CHECKING:
    from tailrace.config import SourceConfig

_COLUMNS = ("id", "type", "data")
_DEFINITION = "(id VARCHAR(42) PRIMARY KEY, type VARCHAR(32) NOT NULL, data VARCHAR(2048))"


def send(target: Target, channel: Channel, message: Message, source: Callable[[], SourceConfig]) -> str:
    """Where it went. `source` is asked where SQL is needed. Raises TailraceError."""
    match channel.kind:
        case Kind.REST:
            assert target.worker is not None
            return f"worker {target.worker.signal(target.name, message.document())}"
        case Kind.SOURCE:
            with closing(connect(source())) as connection:
                return _insert(connection, channel.place, message)
        case Kind.KAFKA:
            return _produce(target, channel, message)
        case Kind.FILE:
            return _append(Path(channel.place), message)


def _insert(connection: Connection, table: str, message: Message) -> str:
    """Raises ConfigError where there is no such table, or it is none for signals."""
    database, _, name = table.rpartition(".")
    check_table(connection, TableId(database, name), message)
    try:
        into = f"INSERT INTO `{database}`.`{name}` VALUES (%s, %s, %s)"  # noqa: S608 - names of the configuration
        connection.query(into, (message.id, message.type, message.text()))
    except AccessDenied as error:
        hint = f"GRANT INSERT ON {table} TO '{connection.user}'@'%', or name another user: --source"
        raise AccessDenied(error.message, where=connection.where, hint=hint) from None
    return f"{table} on {connection.where}"


def check_table(connection: Connection, table: TableId, message: Message) -> None:
    """Raises ConfigError where the signalling table is missing, or is none, or too narrow."""
    found = connection.query(
        "SELECT LOWER(COLUMN_NAME), CHARACTER_MAXIMUM_LENGTH FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION",
        (table.database, table.table),
    )
    make = f"CREATE TABLE {table} {_DEFINITION}"
    if not found:
        message_ = f"the signalling table {table} is not there, or {connection.user} may not see it"
        raise ConfigError(message_, where=connection.where, hint=make)
    columns = tuple(str(row[0]) for row in found)
    if columns != _COLUMNS:
        what = f"the signalling table {table} has columns {', '.join(columns)}; it must have id, type, data and no more"
        raise ConfigError(what, where=connection.where, hint=f"DROP TABLE {table}; {make}")
    for (column, width), text in zip(found, (message.id, message.type, message.text()), strict=True):
        if width is not None and len(text) > int(width):
            what = f"this signal needs {len(text)} characters in {table}.{column}, which has {width}"
            hint = f"ALTER TABLE {table} MODIFY {column} VARCHAR({max(len(text), 4096)}), or name tables by a pattern"
            raise ConfigError(what, where=connection.where, hint=hint)


def check_tables(connection: Connection, tables: Sequence[TableId]) -> None:
    """Raises ConfigError where the server does not have one of them."""
    for table in tables:
        if not connection.query(
            "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", tuple(table)
        ):
            message = f"there is no table {table}, or {connection.user} may not see it"
            raise ConfigError(message, where=connection.where, hint="check the name; a pattern is not checked")


def _produce(target: Target, channel: Channel, message: Message) -> str:
    from tailrace.kafka.producer import KafkaProducer  # noqa: PLC0415 - optional, and start-up time
    from tailrace.kafka.topics import Topics  # noqa: PLC0415 - the same

    config = brokers(target, channel.servers, "signal.consumer.", "producer.override.")
    topics = Topics(config)
    topics.open()
    if not topics.has(channel.place):
        hint = f"kafka-topics.sh --create --topic {channel.place} --partitions 1, then restart the connector's task"
        raise ConfigError(f"the signal topic {channel.place} is not there", where=channel.servers, hint=hint)
    producer = KafkaProducer(config)
    document = json.dumps(message.document(), ensure_ascii=False).encode()
    producer.send(channel.place, target.prefix.encode(), document, 0)
    producer.interrupt()
    producer.drain()
    return f"topic {channel.place} on {channel.servers}"


def _append(file: Path, message: Message) -> str:
    """Raises SourceError where it cannot be written: it lies where the connector runs."""
    try:
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(message.document(), ensure_ascii=False) + "\n")
    except OSError as error:
        hint = "the file is read where the connector runs: run this there, as a user who may write it"
        raise SourceError(f"cannot write the signal: {error.strerror}", where=str(file), hint=hint) from None
    return str(file)
