"""A process that runs an engine over a sink with the real storage, to be killed by the test at any instant.

Usage: victim.py DESTINATION PATH STORAGE TRANSACTIONS SEED
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from destinations import DESTINATIONS

import source
from tailrace.model.offset import Offset
from tailrace.storage import Commit
from tailrace.storage.sqlite import SqliteStorage

if TYPE_CHECKING:
    from tailrace.sinks import SinkState


class StoredInSqlite(source.Stored):
    """Offset and state go to the disk together, when the state is set; a line on stdout tells the killer."""

    def __init__(self, storage: SqliteStorage) -> None:
        resume = storage.load()
        super().__init__(resume.offset.position if resume.offset else 0, resume.sink_state)
        self.storage = storage

    def __setattr__(self, name: str, value: SinkState) -> None:
        super().__setattr__(name, value)
        if name == "state" and hasattr(self, "storage"):
            self.storage.commit(Commit(Offset("f", self.offset, ""), value))
            sys.stdout.write(".\n")
            sys.stdout.flush()


def main() -> None:
    name, path, storage, transactions, seed = sys.argv[1:]
    destination = next(one for one in DESTINATIONS if one.name == name)
    opened = SqliteStorage(Path(storage), "conn")
    sink = destination.sink(Path(path))
    source.Engine(sink, StoredInSqlite(opened), random.Random(seed)).run(int(transactions))
    sink.close()
    opened.close()


if __name__ == "__main__":
    main()
