"""How far it is to the end and to what is purged, on made-up binlogs."""

from __future__ import annotations

import math

from tailrace.engine.lookout import distance
from tailrace.model.offset import Offset
from tailrace.mysql.extent import BinlogExtent
from tailrace.mysql.server import BinlogEnd

NOW = 10_000.0
UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
FILES = (("binlog.000007", 1000), ("binlog.000008", 2000), ("binlog.000009", 500))


def _extent(gtids: str = "", expires: float | None = 3600) -> BinlogExtent:
    return BinlogExtent(BinlogEnd("binlog.000009", 500, gtids), FILES, expires)


def _offset(file: str, position: int, gtids: str = "", *, committed: float = NOW - 600) -> Offset:
    return Offset(file, position, gtids, int(committed * 1e6))


def test_bytes_are_counted_over_files() -> None:
    offset = _offset("binlog.000008", 300)
    found = distance(_extent(), offset, offset, NOW)
    assert (found.bytes_to_purge, found.bytes_behind) == (1300, 2200)
    assert found.seconds_to_purge == 3000


def test_transactions_are_counted_where_there_are_gtids() -> None:
    offset = _offset("binlog.000009", 200, f"{UUID}:1-90")
    assert distance(_extent(f"{UUID}:1-100"), offset, offset, NOW).gtid_gap == 10


def test_an_idle_source_has_its_whole_retention_before_it() -> None:
    # However old its last transaction is.
    offset = _offset("binlog.000009", 400, f"{UUID}:1-100", committed=NOW - 1e6)
    found = distance(_extent(f"{UUID}:1-100"), offset, offset, NOW)
    assert (found.gtid_gap, found.bytes_behind, found.seconds_to_purge) == (0, 0, 3600)


def test_an_offset_in_a_file_that_is_gone_has_no_distance_left() -> None:
    offset = _offset("binlog.000006", 300)
    assert distance(_extent(), offset, offset, NOW).bytes_to_purge == 0


def test_a_file_of_another_server_is_not_compared() -> None:
    offset = _offset("mysql-bin.000008", 300)
    found = distance(_extent(), offset, offset, NOW)
    assert (found.bytes_to_purge, found.bytes_behind, found.gtid_gap) == (None, None, None)


def test_a_server_that_purges_nothing_by_age_is_never_too_late() -> None:
    offset = _offset("binlog.000008", 300)
    assert distance(_extent(expires=None), offset, offset, NOW).seconds_to_purge == math.inf


def test_nothing_is_known_before_the_first_offset() -> None:
    found = distance(_extent(), None, None, NOW)
    assert (found.gtid_gap, found.bytes_behind, found.bytes_to_purge, found.seconds_to_purge) == (None,) * 4
