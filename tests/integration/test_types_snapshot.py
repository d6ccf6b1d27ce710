"""A row has the same bytes in the snapshot as in the stream, whatever its types."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from oracles.decoder_debezium import document
from support.kernel import ENVELOPE, Line, batches, lines
from support.recording import Setting, change, definitions, finished_binlog, type_database
from support.type_tables import column_types, type_tables, wide_table
from tailrace._kernel import Plan, ResultSet
from tailrace.config.field import Password
from tailrace.config.source import SourceConfig
from tailrace.mysql.connection import connect
from tailrace.snapshot.chunks import Chunk
from tailrace.snapshot.read import read_chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.type_tables import TypeTable
    from tailrace import lab
    from tailrace.model.table import Table


class Row(NamedTuple):
    key: bytes | None
    after: bytes


def read_both(server: lab.Server, tables: list[TypeTable], random: Random) -> Iterator[tuple[Table, Row, Row]]:
    """Each row with its definition: as the snapshot has it, and as the stream has its insert."""
    source = SourceConfig(server.host, server.port, server.admin.user, Password(server.admin.password), 78_002)
    with type_database(server, tables, Setting(metadata="MINIMAL")) as cursor, connect(source) as connection:
        change(cursor, tables, "insert", random)
        known = definitions(server)
        read = {}
        for name, table in known.items():
            results = ResultSet(Plan(table), ENVELOPE, file="bin.000001", position=4, timestamp_us=0)
            for batch in read_chunk(connection, table, Chunk(table.id), results):
                read.update({(name, row_id(line)): row(line) for line in lines(batch)})
        binlog = finished_binlog(server)
    for batch in batches(binlog, lambda need: known[need.table]):
        for line, (_, name) in zip(lines(batch), batch.tables(), strict=True):
            yield known[name], read.pop((name, row_id(line))), row(line)
    assert not read


def row_id(line: Line) -> int:
    return int(json.loads(line.value)["after"]["id"])


def row(line: Line) -> Row:
    head, _, rest = line.value.partition(b',"after":')
    after, source, _ = rest.rpartition(b',"source":{"version":')
    assert (head, bool(source)) == (b'{"before":null', True)
    return Row(line.key, after)


def test_rows_are_the_same_bytes(mysql: lab.Server, seed: int) -> None:
    random = Random(seed)
    types = [kind for kind in column_types(random) if not kind.sql.startswith("JSON")]
    rows = list(read_both(mysql, [*type_tables(random, types), wide_table(random)], random))
    assert rows
    for table, snapshot, stream in rows:
        assert snapshot == stream, table.id


def test_documents_are_the_same_but_for_spaces(mysql: lab.Server, seed: int) -> None:
    random = Random(seed)
    types = [kind for kind in column_types(random) if kind.sql.startswith("JSON")] * 12

    def documents(row: Row) -> dict[str, Any]:
        values = json.loads(row.after)
        del values["virtual_"]
        return {name: document(value) if isinstance(value, str) else value for name, value in values.items()}

    for table, snapshot, stream in read_both(mysql, type_tables(random, types), random):
        assert documents(snapshot) == documents(stream), table.id
