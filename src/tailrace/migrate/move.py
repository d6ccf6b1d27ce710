"""The two moves: a Debezium connector's state becomes ours, and ours becomes Debezium's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tailrace.config import Config
from tailrace.engine.schema import Records
from tailrace.errors import ConfigError, StorageError
from tailrace.history.history import SchemaHistory
from tailrace.migrate import history, java_map, offsets
from tailrace.model.offset import Offset
from tailrace.storage import Commit
from tailrace.storage.sqlite import SqliteStorage


@dataclass(frozen=True, slots=True)
class Files:
    """Where a Debezium connector keeps its state."""

    offsets: Path
    history: Path


@dataclass(frozen=True, slots=True)
class Move:
    """What was moved, or would be."""

    connector: str
    offset: Offset
    tables: int
    records: int
    """Of the schema history, read or written."""
    skipped: int = 0
    """Statements whose definitions were taken from Debezium's own table model."""


def from_debezium(config: Config, files: Files, *, force: bool, dry_run: bool) -> Move:
    """Debezium's offset and tables into our storage. Raises StorageError where there is a state already."""
    entries = java_map.load(_read(files.offsets).read_bytes())
    offset = offsets.find(entries, config.name, config.events.topics.prefix)
    with _read(files.history).open(encoding="utf-8", newline="\n") as lines:
        replayed = history.replay(lines, offset)
    move = Move(config.name, offset, len(replayed.tables), replayed.records, replayed.skipped)
    if dry_run:
        return move
    with closing(SqliteStorage(config.storage.path, config.name)) as storage:
        if storage.load().offset is not None and not force:
            hint = "--force writes over it"
            raise StorageError(
                f"connector {config.name!r} has a state already", where=str(config.storage.path), hint=hint
            )
        records = Records(storage)
        SchemaHistory(records).snapshot(f"{offset.file}:{offset.position}", replayed.tables)
        storage.commit(Commit(offset=offset, history=records.take(), clear_history=True))
    return move


def to_debezium(config: Config, files: Files, *, force: bool, dry_run: bool) -> Move:
    """Our offset and tables into Debezium's files. Raises StorageError where a file is there already."""
    with closing(SqliteStorage(config.storage.path, config.name)) as storage:
        offset = storage.load().offset
        if offset is None or offset.snapshot:
            hint = "let it finish its snapshot first" if offset else None
            raise StorageError(f"connector {config.name!r} has no offset to hand over", hint=hint)
        own = SchemaHistory(Records(storage))
        own.recover(lambda _: True)
    prefix = config.events.topics.prefix
    move = Move(config.name, offset, len(own.tables), len(own.tables))
    if dry_run:
        return move
    for path in (files.offsets, files.history):
        if path.exists() and not force:
            raise StorageError("the file is there already", where=str(path), hint="--force writes over it")
    lines = history.records(own.tables, offset, prefix, _now_ms)
    _write(files.history, "".join(f"{line}\n" for line in lines).encode())
    _write(files.offsets, java_map.dump({offsets.key(config.name, prefix): offsets.write(offset)}))
    return move


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _read(path: Path) -> Path:
    if not path.is_file():
        raise ConfigError("there is no such file", where=str(path), hint="give it with --offsets or --history")
    return path


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.new")
    scratch.write_bytes(content)
    scratch.replace(path)


def shown(move: Move) -> Iterator[str]:
    """For people."""
    offset = move.offset
    yield f"connector {move.connector}: {offset.file}:{offset.position}"
    if offset.gtids:
        yield f"  executed GTIDs  {offset.gtids}"
    if offset.events:
        yield f"  inside the next transaction: {offset.events} events and {offset.rows} rows of it are out already"
    yield f"  tables          {move.tables}, from {move.records} records of the schema history"
    if move.skipped:
        yield f"  of {move.skipped} statements the definition beside them was taken"
