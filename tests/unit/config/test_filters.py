"""Which tables are captured: Debezium's lists, anchored and in any case."""

from __future__ import annotations

import pytest

from tailrace.config import NameFilter, SnapshotConfig, TableFilter
from tailrace.config.field import PATTERNS
from tailrace.model.table import TableId


@pytest.mark.parametrize(
    ("include", "exclude", "table", "captured"),
    [
        (None, None, TableId("shop", "orders"), True),
        (r"shop\.orders", None, TableId("Shop", "ORDERS"), True),
        (r"shop\.order", None, TableId("shop", "orders"), False),
        (r"orders", None, TableId("shop", "orders"), False),
        (r"a\.x, shop\..*", None, TableId("shop", "orders"), True),
        (None, r"shop\.ord.*", TableId("shop", "orders"), False),
        (None, r"shop\.ord", TableId("shop", "orders"), True),
        (r"shop\.a{1\,2}", None, TableId("shop", "aa"), True),
        ("", None, TableId("shop", "orders"), False),
        (None, None, TableId("MySQL", "user"), False),
    ],
)
def test_table_lists(include: str | None, exclude: str | None, table: TableId, *, captured: bool) -> None:
    lists = [None if text is None else PATTERNS.parse(text) for text in (include, exclude)]
    assert TableFilter(tables=NameFilter(*lists)).captured(table) is captured


def test_a_database_left_out_leaves_out_its_tables() -> None:
    chosen = TableFilter(databases=NameFilter(exclude=PATTERNS.parse("tmp_.*")))
    assert not chosen.captured(TableId("tmp_1", "t"))
    assert chosen.captured(TableId("x_tmp_1", "t"))


def test_builtin_databases_can_be_asked_for() -> None:
    assert TableFilter(ignore_builtin=False).captured(TableId("mysql", "user"))


def test_the_snapshot_follows_the_order_of_its_list_and_takes_no_table_twice() -> None:
    tables = tuple(TableId("d", name) for name in ("a", "b", "c"))
    assert SnapshotConfig().order(tables) == tables
    chosen = SnapshotConfig(include=PATTERNS.parse(r"d\.c,d\.[ac]")).order(tables)
    assert chosen == (tables[2], tables[0])
