"""The two moves: a Debezium connector's state becomes ours, and ours becomes Debezium's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from tailrace.config import Config
from tailrace.config.kafka import StorageType
from tailrace.engine.schema import Records
from tailrace.errors import StorageError
from tailrace.history.history import SchemaHistory
from tailrace.history.tables import Tables
from tailrace.migrate import history, offsets
from tailrace.migrate.places import HistoryPlace, OffsetPlace
from tailrace.model.offset import Offset, connect_key
from tailrace.storage import Commit
from tailrace.storage.open import open_storage


@dataclass(frozen=True, slots=True)
class Places:
    """Where a Debezium connector keeps its state."""

    offsets: OffsetPlace
    history: HistoryPlace


@dataclass(frozen=True, slots=True)
class Found:
    """A state to be moved."""

    offset: Offset
    tables: int
    records: int
    """Of the schema history, read or written."""
    skipped: int = 0
    """Statements whose definitions were taken from Debezium's own table model."""


@dataclass(frozen=True, slots=True)
class Move:
    """What was done, or would be."""

    connector: str
    steps: tuple[str, ...]
    found: Found | None
    """None: to know it, a server would have to be asked, and was not."""


def from_debezium(config: Config, places: Places, *, force: bool, dry_run: bool) -> Move:
    """Debezium's offset and tables into our storage. Raises StorageError where there is a state already.

    A dry run asks no server: with state in Kafka it tells the steps alone.
    """
    prefix, ours = config.events.topics.prefix, _our_place(config)
    steps = (
        f"read the offset of {connect_key(config.name, prefix).decode()} in {places.offsets.where}",
        f"read the schema history of {prefix!r} up to it in {places.history.where}",
        f"write both to {ours}, in one commit",
    )
    if dry_run and (places.offsets.remote or places.history.remote):
        return Move(config.name, steps, None)
    offset = offsets.find(places.offsets.read(), config.name, prefix, places.offsets.where)
    replayed = history.replay(places.history.read(), offset, prefix)
    if not replayed.records:
        hint = "give the history of this very connector, with the prefix that it had"
        message = f"there is no record of {prefix!r} up to its offset"
        raise StorageError(message, where=places.history.where, hint=hint)
    found = Found(offset, len(replayed.tables), replayed.records, replayed.skipped)
    if dry_run:
        return Move(config.name, steps, found)
    with closing(open_storage(config)) as storage:
        if storage.load().offset is not None and not force:
            message = f"connector {config.name!r} has a state already"
            raise StorageError(message, where=ours, hint="--force writes over it")
        records = Records(storage)
        SchemaHistory(records).snapshot(offset.place, replayed.tables)
        storage.commit(Commit(offset=offset, history=records.take(), clear_history=True))
    return Move(config.name, steps, found)


def to_debezium(config: Config, places: Places, *, force: bool, dry_run: bool) -> Move:
    """Our offset and tables into Debezium's places. Raises StorageError where an offset is there already.

    The history first: without the offset it means nothing, the offset without it would be read with old tables. A dry
    run asks no server: with our state in Kafka it tells the steps alone.
    """
    prefix, ours = config.events.topics.prefix, _our_place(config)
    key = connect_key(config.name, prefix)
    steps = (
        f"read offset and tables in {ours}",
        f"append the definitions of all tables to {places.history.where}",
        f"write the offset of {key.decode()} to {places.offsets.where}",
    )
    if dry_run and config.kafka.storage is StorageType.KAFKA:
        return Move(config.name, steps, None)
    offset, tables = _ours(config)
    found = Found(offset, len(tables), len(tables))
    if dry_run:
        return Move(config.name, steps, found)
    if places.offsets.read().get(key) is not None and not force:
        message = f"Debezium has an offset of connector {config.name!r} already"
        raise StorageError(message, where=places.offsets.where, hint="--force writes over it")
    known = history.replay(places.history.read(), offset, prefix).tables
    gone = {table.id for table in known} - {table.id for table in tables}
    records = list(history.records(tables, gone, offset, prefix, _now_ms))
    places.history.append(records)
    places.offsets.write(key, offsets.write(offset))
    return Move(config.name, steps, Found(offset, len(tables), len(records)))


def _ours(config: Config) -> tuple[Offset, Tables]:
    """Raises StorageError where there is none, or a file's connector runs; one with its state in Kafka is fenced."""
    with closing(open_storage(config)) as storage:
        offset = storage.load().offset
        if offset is None or offset.snapshot:
            hint = "let it finish its snapshot first" if offset else None
            raise StorageError(f"connector {config.name!r} has no offset to hand over", hint=hint)
        own = SchemaHistory(Records(storage))
        own.recover(lambda _: True)
        return offset, own.tables


def _our_place(config: Config) -> str:
    if config.kafka.storage is StorageType.KAFKA:
        return f"{config.kafka.bootstrap}, topics {config.kafka.offsets_topic} and {config.kafka.state_topic}"
    return str(config.storage.path)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def shown(move: Move) -> Iterator[str]:
    """For people."""
    found = move.found
    if found is None:
        yield f"connector {move.connector}"
        return
    offset = found.offset
    yield f"connector {move.connector}: {offset.place}"
    if offset.gtids:
        yield f"  executed GTIDs  {offset.gtids}"
    if offset.events:
        yield f"  inside the next transaction: {offset.events} events and {offset.rows} rows of it are out already"
    yield f"  tables          {found.tables}; {found.records} records of the schema history"
    if found.skipped:
        yield f"  of {found.skipped} statements the definition beside them was taken"
