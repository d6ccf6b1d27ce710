"""What the benchmark writes: tables and the statements that fill them, made by the server itself.

`numbers` holds 0..N-1; a workload inserts by INSERT … SELECT over a range of it, one transaction a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATABASE = "bench"
ORDERS = """CREATE TABLE {table} (
  id BIGINT PRIMARY KEY, customer INT NOT NULL, state ENUM('new','paid','shipped','done') NOT NULL,
  total DECIMAL(12,2) NOT NULL, email VARCHAR(100) NOT NULL, note VARCHAR(200), extra JSON,
  created DATETIME(6) NOT NULL, changed TIMESTAMP(3) NOT NULL, flags TINYINT NOT NULL, weight DOUBLE NOT NULL)"""
ORDER_VALUES = """n, n % 50000, 1 + n % 4, n % 100000 / 100, CONCAT('user', n % 50000, '@example.com'),
  CONCAT('note ', n), JSON_OBJECT('a', n, 'b', 'x'), TIMESTAMPADD(SECOND, n, '2024-01-01 00:00:00.123456'),
  TIMESTAMPADD(SECOND, n % 1000000, '2024-01-01 00:00:00.123'), n % 100, n / 7"""
WIDE_COLUMNS = 59
DOCUMENT = "n, JSON_OBJECT('id', n, 'text', REPEAT('x', 960), 'list', JSON_ARRAY(n, n + 1, 'two'))"


@dataclass(frozen=True)
class Workload:
    """`statements(rows)` gives one transaction each; `prepare(rows)` runs before the start position is noted."""

    name: str
    create: str
    statements: Callable[[int], Iterator[str]]
    prepare: Callable[[int], Iterator[str]] = lambda _rows: iter(())
    share: float = 1.0
    """Rows of this workload for each row that was asked for."""


def _insert(values: str, transaction: int | None) -> Callable[[int], Iterator[str]]:
    def statements(rows: int) -> Iterator[str]:
        step = transaction or rows
        for start in range(0, rows, step):
            end = min(start + step, rows)
            yield f"INSERT INTO events SELECT {values} FROM numbers WHERE n >= {start} AND n < {end}"

    return statements


def _update(rows: int) -> Iterator[str]:
    for start in range(0, rows, 500):
        changes = "total = total + 1, state = 'done', note = 'changed'"
        yield f"UPDATE events SET {changes} WHERE id >= {start} AND id < {start + 500}"


def _wide() -> tuple[str, str]:
    kinds = (("INT", "n + {i}"), ("VARCHAR(40)", "CONCAT('value ', n + {i})"), ("DECIMAL(12,2)", "n / 4"))
    columns = [kinds[i % 3] for i in range(WIDE_COLUMNS)]
    create = ", ".join(f"c{i} {kind}" for i, (kind, _) in enumerate(columns))
    values = ", ".join(value.format(i=i) for i, (_, value) in enumerate(columns))
    return f"CREATE TABLE {{table}} (id BIGINT PRIMARY KEY, {create})", f"n, {values}"


WIDE_CREATE, WIDE_VALUES = _wide()
WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("inserts", ORDERS, _insert(ORDER_VALUES, 500)),
        Workload("updates", ORDERS, _update, prepare=_insert(ORDER_VALUES, 50_000)),
        Workload("wide", WIDE_CREATE, _insert(WIDE_VALUES, 500), share=0.2),
        Workload("json", "CREATE TABLE {table} (id BIGINT PRIMARY KEY, doc JSON)", _insert(DOCUMENT, 500), share=0.2),
        Workload("small", ORDERS, _insert(ORDER_VALUES, 1), share=0.1),
        Workload("large", ORDERS, _insert(ORDER_VALUES, None)),
    )
}
