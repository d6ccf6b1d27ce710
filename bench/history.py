"""How long a connector takes to know 10,000 tables again: `python bench/history.py [TABLES]`."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

from tailrace.history.history import Record, SchemaHistory
from tailrace.history.tables import Tables
from tailrace.model.table import Column, Table, TableId

COLUMNS = 20


class Stored:
    """A history in memory, as text."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def append(self, record: Record) -> None:
        """One more."""
        self.lines.append(json.dumps(asdict(record)))

    def load(self) -> list[Record]:
        """All, from their text."""
        return [Record(**json.loads(line)) for line in self.lines]

    def compact(self, records: list[Record]) -> None:
        """These in place of all."""
        self.lines = [json.dumps(asdict(record)) for record in records]


def table(number: int) -> Table:
    """Twenty columns of four types; no two tables share one."""
    kinds = ("int", "varchar", "decimal", "datetime")
    columns = tuple(
        Column(f"column_{number}_{index}", kinds[index % 4], length=(None, 100, 12, 3)[index % 4], charset="utf8mb4")
        for index in range(COLUMNS)
    )
    return Table(TableId(f"database_{number % 50}", f"table_{number}"), columns, (f"column_{number}_0",))


def main() -> None:
    """Prints seconds, wall and CPU."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    stored = Stored()
    SchemaHistory(stored).snapshot("binlog.000001:4", Tables.of(table(number) for number in range(count)))
    wall, cpu = time.perf_counter(), time.process_time()
    recovered = SchemaHistory(stored)
    recovered.recover(lambda _: True)
    taken = {"wall": round(time.perf_counter() - wall, 3), "cpu": round(time.process_time() - cpu, 3)}
    print(json.dumps({"tables": len(recovered.tables), "columns": COLUMNS, "seconds": taken}))


if __name__ == "__main__":
    main()
