"""Every character of every character set of the server reads as the server reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.kernel import batches, lines
from support.recording import definitions, finished_binlog
from tailrace._kernel import charsets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab

BLOCK = 256
SURROGATES = range(0xD800, 0xE000)
CHARACTERS = "".join(chr(point) for point in range(1, 0x30000) if point not in SURROGATES)
"""The planes that any legacy character set reaches into."""


@pytest.fixture
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute("CREATE DATABASE types CHARACTER SET utf8mb4")
    yield mysql
    mysql.execute("DROP DATABASE types")


def test_characters_of_every_set(server: lab.Server) -> None:
    names = [
        str(row[0])
        for row in server.execute(
            "SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME <> 'binary'"
        )
    ]
    assert set(names) <= set(charsets())
    blocks = [CHARACTERS[at : at + BLOCK] for at in range(0, len(CHARACTERS), BLOCK)]
    with server.connect(charset="utf8mb4") as connection, connection.cursor() as cursor:
        # A character that a set does not have becomes a question mark.
        cursor.execute("SET sql_mode = '', binlog_transaction_compression = 0")
        cursor.execute("CREATE TABLE types.every (id INT PRIMARY KEY, text_ TEXT)")
        cursor.executemany("INSERT INTO types.every VALUES (%s, %s)", list(enumerate(blocks)))
        cursor.execute("FLUSH BINARY LOGS")
        for name in names:
            cursor.execute(f"CREATE TABLE types.{name}_ (id INT PRIMARY KEY, text_ TEXT CHARACTER SET {name})")
            # Rows without anything but question marks say nothing.
            cursor.execute(
                f"INSERT INTO types.{name}_ SELECT * FROM types.every"
                f" WHERE REPLACE(CONVERT(CONVERT(text_ USING {name}) USING utf8mb4), '?', '') <> ''"
            )
            connection.commit()
    known = definitions(server)
    read: dict[str, dict[int, str]] = {f"{name}_": {} for name in names}
    for batch in batches(finished_binlog(server), lambda need: known[need.table]):
        for line, (_, table) in zip(lines(batch), batch.tables(), strict=True):
            after = json.loads(line.value)["after"]
            read[table][after["id"]] = after["text_"]
    for table, texts in read.items():
        assert texts, table
        assert texts == dict(server.execute(f"SELECT id, text_ FROM types.{table}")), table
    assert read["utf8mb4_"] == dict(enumerate(blocks))
