"""The same statements through both: real Debezium and Tailrace beside each other on one server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compat.oracle import JSON, Engine, Oracle, Record, read_records
from support.connector import Connector
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tailrace.lab import Server

DONE = "zz_done"
"""A row in this table is the last thing that happens."""
PREFIX = "compat"
JSON_PLAIN = {"key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false"}
"""Without schemas."""


@dataclass(frozen=True)
class Outcome:
    """What each wrote; the records of DONE are left out."""

    theirs: list[Record]
    ours: list[Record]


class Pair:
    """Both connectors over one database."""

    def __init__(  # noqa: PLR0917 - where, what, and with which properties
        self,
        oracle: Oracle,
        server: Server,
        database: str,
        folder: Path,
        properties: Mapping[str, object],
        number: int = 0,
    ) -> None:
        """`number` tells pairs apart that run beside each other; a property that is None is left out."""
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
        common = {name: value for name, value in common.items() if value is not None}
        theirs = {name: value for name, value in common.items() if not name.startswith(("key.conv", "value.conv"))}
        schemas = common.get("value.converter.schemas.enable", "true")
        theirs |= {
            "converter.schemas.enable": schemas,
            "converter.replace.null.with.default": common["value.converter.replace.null.with.default"],
            "database.server.id": 4711 + number,
            # Two engines of one prefix in one JVM would wait for each other's name of metrics.
            "custom.metric.tags": f"pair={number}",
        }
        self.theirs: Engine = oracle.start(f"{database}-{id(self)}", theirs, folder / "debezium")
        ours = {name.replace(".", "__"): value for name, value in common.items()}
        ours |= {"database__server__id": 7000 + number, "sink__format": "record"}
        self.ours = Connector(folder / "tailrace", server, database, **ours)
        if "database.include.list" not in common:
            del self.ours.properties["database.include.list"]
        self.ours.start()

    def wrote(self, row: str) -> bool:
        """Whether both have written a row of DONE with such an id, a regular expression."""
        self.theirs.check()
        return _done_line(row).search(self.theirs.text()) is not None and self.ours_wrote(row)

    def ours_wrote(self, row: str) -> bool:
        """Whether Tailrace has."""
        if not self.ours.running:
            code, errors = self.ours.wait()
            message = f"Tailrace ended with {code}: {errors}"
            raise AssertionError(message)
        return _done_line(row).search(self._text()) is not None

    def end(self) -> Outcome:
        """Both are stopped."""
        theirs = self.theirs.stop()
        self.ours.stop()
        return Outcome(_without_done(theirs), _without_done(read_records(self._text())))

    def _text(self) -> str:
        return "".join(file.read_text(encoding="utf-8") for file in self.ours.files)


def _done_line(row: str) -> re.Pattern[str]:
    """The line of a row of DONE, found by its key: to parse all records each time takes longer than writing them."""
    key = rf'"key":(?:\{{"schema":.*?,"payload":)?\{{"id":{row}[,}}]'
    return re.compile(rf'^\{{"topic":"[^"]*{DONE}",{key}.*\n', re.MULTILINE)


def _without_done(records: Sequence[Record]) -> list[Record]:
    """Without its transactions' records either."""
    kept = [record for record in records if not record.topic.endswith(DONE)]
    values = [_plain(record.value) for record in kept]
    told = [value for value in values if isinstance(value, dict) and "event_count" in value]
    ends = {value["id"]: value["data_collections"] for value in told if value["status"] == "END"}

    def knocks(transaction: str) -> bool:
        # The last may not have ended when the connector was stopped.
        tables = ends.get(transaction, [{"data_collection": DONE}])
        return bool(tables) and all(of["data_collection"].endswith(DONE) for of in tables)

    return [
        record
        for record, value in zip(kept, values, strict=True)
        if not (isinstance(value, dict) and "event_count" in value and knocks(value["id"]))
    ]


def _plain(value: Any) -> Any:
    return value["payload"] if isinstance(value, dict) and set(value) == {"schema", "payload"} else value


def execute(server: Server, statements: Sequence[str | bytes]) -> None:
    """In one session."""
    with server.connect() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


def create(server: Server, database: str, before: Sequence[str | bytes]) -> None:
    """The database, its table DONE, and what is there `before` a connector starts."""
    execute(server, [f"DROP DATABASE IF EXISTS `{database}`", f"CREATE DATABASE `{database}`"])
    execute(server, [f"USE `{database}`", f"CREATE TABLE {DONE} (id INT PRIMARY KEY)", *before])
    # Never empty: of an empty table at the end of a snapshot Debezium knows when it marks the last row.
    execute(server, [f"INSERT INTO `{database}`.{DONE} VALUES (0)"])


def run_all(
    oracle: Oracle,
    server: Server,
    database: str,
    folder: Path,
    *,
    before: Sequence[str | bytes],
    after: Sequence[str | bytes] = (),
    variants: Sequence[Mapping[str, object]],
) -> list[Outcome]:
    """A pair for each of `variants`, beside each other over the same statements.

    `before` is there when the connectors start, `after` happens while they stream.
    """
    create(server, database, before)
    pairs: list[Pair] = []
    try:
        for number, variant in enumerate(variants):
            pairs.append(Pair(oracle, server, database, folder / str(number), variant, number))
        await_streaming(server, database, pairs)
        execute(server, [f"USE `{database}`", *after])
        await_row(server, database, pairs, 2)
    except BaseException:
        for pair in pairs:
            pair.end()
        raise
    return [pair.end() for pair in pairs]


def await_streaming(server: Server, database: str, pairs: Sequence[Pair]) -> None:
    """Until all are streaming: what happens after that comes as it happens."""
    numbers = iter(range(1000, 2000))

    def heard() -> bool:
        if all(pair.wrote(r"1\d{3}") for pair in pairs):
            return True
        server.execute(f"INSERT INTO `{database}`.{DONE} VALUES ({next(numbers)})")
        return False

    assert await_condition(heard, 90, every=0.2), "one of the two does not start"
    # The rows so far may have come in the snapshots; one that is inserted now does not.
    await_row(server, database, pairs, 1)


def await_row(server: Server, database: str, pairs: Sequence[Pair], number: int) -> None:
    server.execute(f"INSERT INTO `{database}`.{DONE} VALUES ({number})")
    written = await_condition(lambda: all(pair.wrote(str(number)) for pair in pairs), 90, every=0.1)
    assert written, f"row {number} of {DONE} did not come"


def run(
    oracle: Oracle,
    server: Server,
    database: str,
    folder: Path,
    *,
    before: Sequence[str | bytes],
    after: Sequence[str | bytes] = (),
    properties: Mapping[str, object] | None = None,
) -> Outcome:
    """One pair, as `run_all`."""
    return run_all(oracle, server, database, folder, before=before, after=after, variants=[properties or {}])[0]
