"""The same statements through both: real Debezium and Tailrace beside each other on one server."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compat.oracle import JSON, Engine, Oracle, Record
from support.connector import Connector
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tailrace.lab import Server

DONE = "zz_done"
"""A row in this table is the last thing that happens."""
FIRST_KNOCK = 1000
"""Rows of DONE from this number on ask whether the connectors stream yet."""
PREFIX = "compat"


@dataclass(frozen=True)
class Outcome:
    """What each wrote; the records of DONE are left out."""

    theirs: list[Record]
    ours: list[Record]


class Pair:
    """Both connectors over one database."""

    def __init__(
        self, oracle: Oracle, server: Server, database: str, folder: Path, properties: Mapping[str, object]
    ) -> None:
        self._server = server
        self._database = database
        common: dict[str, object] = {
            "topic.prefix": PREFIX,
            "database.hostname": server.host,
            "database.port": server.port,
            "database.user": server.user,
            "database.password": server.password,
            "database.include.list": database,
            "key.converter": JSON,
            "value.converter": JSON,
            # Connect's own default, which the embedded engine has too.
            "value.converter.replace.null.with.default": "true",
            "key.converter.replace.null.with.default": "true",
        } | dict(properties)
        theirs = {name: value for name, value in common.items() if not name.startswith(("key.conv", "value.conv"))}
        schemas = common.get("value.converter.schemas.enable", "true")
        theirs |= {
            "converter.schemas.enable": schemas,
            "converter.replace.null.with.default": common["value.converter.replace.null.with.default"],
            "database.server.id": 4711,
        }
        self.theirs: Engine = oracle.start(f"{database}-{id(self)}", theirs, folder / "debezium")
        ours = {name.replace(".", "__"): value for name, value in common.items()}
        self.ours = Connector(folder / "tailrace", server, database, **ours, sink__format="record")
        self.ours.start()

    def await_row(self, number: int) -> None:
        """Until both have written row `number` of DONE, which is inserted now."""
        self._server.execute(f"INSERT INTO `{self._database}`.{DONE} VALUES ({number})")
        self.await_seen(number)

    def await_seen(self, number: int) -> None:
        """Until both have written row `number` of DONE."""
        self.theirs.until(lambda records: _done(records, number))
        assert await_condition(lambda: self._alive() and _done(self._records(), number), 60, every=0.05), (
            "Tailrace did not write the last row"
        )

    def await_streaming(self) -> None:
        """Until both are streaming: what happens after that comes as it happens."""
        numbers = iter(range(FIRST_KNOCK, 1 << 30))

        def heard() -> bool:
            if not (_streams(self.theirs.records()) and self._alive() and _streams(self._records())):
                _execute(self._server, [f"INSERT INTO `{self._database}`.{DONE} VALUES ({next(numbers)})"])
                return False
            return True

        assert await_condition(heard, 60, every=0.2), "one of the two does not stream"

    def end(self) -> Outcome:
        """Both are stopped."""
        theirs = self.theirs.stop()
        self.ours.stop()
        return Outcome(_without_done(theirs), _without_done(self._records()))

    def _alive(self) -> bool:
        if not self.ours.running:
            code, errors = self.ours.wait()
            message = f"Tailrace ended with {code}: {errors}"
            raise AssertionError(message)
        return True

    def _records(self) -> list[Record]:
        found = []
        for file in self.ours.files:
            whole, _, _ = file.read_bytes().rpartition(b"\n")
            found += [Record(**json.loads(line)) for line in whole.split(b"\n") if line]
        return found


def _done(records: Sequence[Record], number: int) -> bool:
    return any(_number(record) == number for record in records if record.topic.endswith(DONE))


def _streams(records: Sequence[Record]) -> bool:
    """Whether a row of DONE came that is none of the snapshot's: those are numbered from FIRST_KNOCK."""
    return any(_number(record) >= FIRST_KNOCK for record in records if record.topic.endswith(DONE))


def _number(record: Record) -> int:
    found = re.search(r'"id": (\d+)', json.dumps(record.value))
    return int(found[1]) if found else 0


def _without_done(records: Sequence[Record]) -> list[Record]:
    """Without its transactions' records either."""
    kept = [record for record in records if not record.topic.endswith(DONE)]
    values = [_plain(record.value) for record in kept]
    ends = [value for value in values if isinstance(value, dict) and value.get("data_collections")]
    knocks = {end["id"] for end in ends if all(of["data_collection"].endswith(DONE) for of in end["data_collections"])}
    return [
        record
        for record, value in zip(kept, values, strict=True)
        if not (isinstance(value, dict) and "status" in value and value["id"] in knocks)
    ]


def _plain(value: Any) -> Any:
    return value["payload"] if isinstance(value, dict) and set(value) == {"schema", "payload"} else value


def _execute(server: Server, statements: Sequence[str]) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


def run(
    oracle: Oracle,
    server: Server,
    database: str,
    folder: Path,
    *,
    before: Sequence[str],
    after: Sequence[str] = (),
    properties: Mapping[str, object] | None = None,
) -> Outcome:
    """`before` is there when the connectors start, `after` happens while they stream."""
    _execute(server, [f"DROP DATABASE IF EXISTS `{database}`", f"CREATE DATABASE `{database}`"])
    _execute(server, [f"USE `{database}`", f"CREATE TABLE {DONE} (id INT PRIMARY KEY)", *before])
    # Never empty: of an empty table at the end of a snapshot Debezium knows when it marks the last row.
    _execute(server, [f"INSERT INTO `{database}`.{DONE} VALUES (0)"])
    pair = Pair(oracle, server, database, folder, properties or {})
    try:
        pair.await_streaming()
        _execute(server, [f"USE `{database}`", *after])
        pair.await_row(2)
    except BaseException:
        pair.end()
        raise
    return pair.end()
