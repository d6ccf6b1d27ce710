"""Metrics beside those that the JMX exporter shows of real Debezium in Connect: names, labels, and values."""

from __future__ import annotations

import json
import urllib.request
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from compat.metric_differences import ACCEPTED, Key, Values, unexplained
from support.metrics import Scrape
from support.running import Running
from tailrace.lab.connect import debezium_config
from tailrace.lab.server import await_condition
from tailrace.metrics.server import MetricsServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tailrace import lab
    from tailrace.lab.connect import Connect
    from tailrace.lab.kafka import Broker

NAME = "bothmetered"
ELSEWHERE = "bothmetered_elsewhere"
PREFIX = "debezium_metrics_"
PROPERTIES = {
    "table.exclude.list": rf"{NAME}\.left_out",
    "column.exclude.list": rf"{NAME}\.t\.hidden",
    "skip.messages.without.change": "true",
}
BEFORE = (
    f"CREATE DATABASE {NAME}",
    f"CREATE DATABASE {ELSEWHERE}",
    f"CREATE TABLE {ELSEWHERE}.t (id INT PRIMARY KEY)",
    f"CREATE TABLE {NAME}.t (id INT PRIMARY KEY, v INT, hidden INT)",
    f"CREATE TABLE {NAME}.empty (id INT PRIMARY KEY)",
    f"CREATE TABLE {NAME}.left_out (id INT PRIMARY KEY, v INT)",
    f"INSERT INTO {NAME}.t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)",
    f"INSERT INTO {NAME}.left_out VALUES (1, 1)",
)
STREAMED = (
    f"INSERT INTO {NAME}.t VALUES (4, 4, 4), (5, 5, 5)",
    f"UPDATE {NAME}.t SET v = 0 WHERE id = 5",
    f"UPDATE {NAME}.t SET id = 40 WHERE id = 4",
    f"UPDATE {NAME}.t SET hidden = 0 WHERE id = 3",
    f"DELETE FROM {NAME}.t WHERE id < 3",
    f"ALTER TABLE {NAME}.t ADD w INT",
    f"CREATE TABLE {NAME}.made (id INT PRIMARY KEY)",
    f"DROP TABLE {NAME}.made",
    f"TRUNCATE {NAME}.empty",
)
LEFT_OUT = (
    f"INSERT INTO {NAME}.left_out VALUES (2, 2), (3, 3)",
    f"UPDATE {NAME}.left_out SET v = 9",
    f"DELETE FROM {NAME}.left_out",
    f"INSERT INTO {ELSEWHERE}.t VALUES (1), (2)",
)


@pytest.fixture(autouse=True)
def database(mysql: lab.Server) -> None:
    for statement in BEFORE:
        mysql.execute(statement)


PLACE = "BinlogPosition", "streaming", ""


class Sides:
    """Both connectors, as Prometheus sees them."""

    def __init__(self, server: lab.Server, theirs: str, ours: str) -> None:
        self._server = server
        self._urls = theirs, ours
        self.met: set[int] = set()

    def samples(self) -> tuple[dict[Key, float], dict[Key, float]]:
        theirs, ours = (_samples(Scrape.of(url)) for url in self._urls)
        return theirs, ours

    def settle(self, what: str) -> None:
        """Until both have read all that was written, and nothing differs but what is accepted."""
        end = self._server.execute("SHOW BINARY LOG STATUS")[0][1]
        seen: list[Mapping[Key, Values]] = []

        def alike() -> bool:
            theirs, ours = self.samples()
            met: set[int] = set()
            places = theirs.get(PLACE), ours.get(PLACE)
            seen.append(unexplained(theirs, ours, met) | ({} if places == (end, end) else {PLACE: places}))
            connected = ("Connected", "streaming", "")
            if seen[-1] or not theirs.get(connected) == ours.get(connected) == 1:
                return False
            self.met |= met
            return True

        assert await_condition(alike, 60, every=0.2), f"{what}: {seen[-1]}"


def _samples(scrape: Scrape) -> dict[Key, float]:
    """Of the connector; fails where a sample has other labels than these."""
    found = {}
    for (name, pairs), value in scrape.samples.items():
        labels = dict(pairs)
        # The rules put the key of a map that they do not know into the name.
        server, _, table = labels.pop("name", "").partition(", key=")
        if name.startswith(PREFIX) and server == NAME:
            assert labels.pop("plugin") == "mysql"
            assert labels.pop("server", NAME) == NAME
            key = name.removeprefix(PREFIX), labels.pop("context"), labels.pop("table", table)
            # A text; what it says is none of Debezium's.
            labels.pop("value", None)
            assert not labels, (name, labels)
            found[key] = value
    return found


def _ask(url: str, method: str, body: object = None) -> None:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60):
        pass


@contextmanager
def _debezium(connect: Connect, kafka: Broker, mysql: lab.Server) -> Iterator[str]:
    """Its address in Connect."""
    url = f"{connect.url}/connectors/{NAME}"
    config = debezium_config(mysql, kafka.bootstrap, NAME, NAME, server_id=9151) | PROPERTIES
    _ask(f"{url}/config", "PUT", config | {"internal.advanced.metrics.enable": "true"})
    try:
        yield url
    finally:
        _ask(url, "DELETE")


@contextmanager
def _tailrace(folder: Path, mysql: lab.Server) -> Iterator[str]:
    """The address of its metrics."""
    properties = {name.replace(".", "__"): value for name, value in PROPERTIES.items()}
    properties |= {"topic__prefix": NAME, "snapshot__mode": "initial"}
    with (
        Running(folder, mysql, NAME, **properties) as running,
        closing(MetricsServer("127.0.0.1", 0, lambda: [running.engine.progress])) as server,
    ):
        yield f"http://{server.address}/metrics"


@pytest.mark.timeout(400)
def test_metrics_are_those_that_the_exporter_shows_of_debezium(
    connect: Connect, kafka: Broker, mysql: lab.Server, tmp_path: Path
) -> None:
    met: set[int] = set()
    with _debezium(connect, kafka, mysql) as debezium:
        with _tailrace(tmp_path, mysql) as url:
            sides = Sides(mysql, connect.metrics_url, url)
            sides.settle("after the snapshot")
            # What a server sends of itself at the beginning of a connection comes before a row.
            mysql.execute(f"INSERT INTO {NAME}.empty VALUES (0)")
            sides.settle("after a first row")
            before = sides.samples()
            for statement in STREAMED:
                mysql.execute(statement)
            sides.settle("after statements")
            assert _grown(sides, before, "ChangesApplied", "schema-history") == 3
            # Events of a transaction: GTID, BEGIN, table map, rows, commit; of DDL GTID and statement.
            assert _grown(sides, before, "TotalNumberOfEventsSeen", "streaming") == 5 * 5 + 4 * 2
            theirs, _ = sides.samples()
            assert theirs["NumberOfUnchangedEventsSkipped", "streaming", ""] == 1
            assert theirs["TotalNumberOfDeleteEventsSeen", "streaming", ""] == 3, "the update of a key is one too"
            for statement in LEFT_OUT:
                mysql.execute(statement)
            left_out = "NumberOfEventsFiltered", "streaming", ""
            assert await_condition(lambda: sides.samples()[0].get(left_out) == 2 * len(LEFT_OUT), 60)
            sides.settle("after statements of tables that are left out")
            # Debezium's offset moves with records alone: else it reads again what it has left out.
            mysql.execute(f"INSERT INTO {NAME}.empty VALUES (1)")
            created = "TotalNumberOfCreateEventsSeen", "streaming", ""
            assert await_condition(lambda: sides.samples()[0][created] == 7, 60)
            sides.settle("after a record")
            met |= sides.met
        _ask(f"{debezium}/restart?includeTasks=true", "POST", {})
        with _tailrace(tmp_path, mysql) as url:
            sides = Sides(mysql, connect.metrics_url, url)
            recovered = "ChangesRecovered", "schema-history", ""
            assert await_condition(lambda: sides.samples()[0].get(recovered, 0) > 0, 60), "Debezium did not restart"
            sides.settle("after a restart")
            met |= sides.met
    gone = [accepted.attributes for index, accepted in enumerate(ACCEPTED) if index not in met]
    assert not gone, f"no difference any more: {gone}"


def _grown(sides: Sides, before: tuple[Mapping[Key, float], Mapping[Key, float]], name: str, context: str) -> float:
    """By how much both have; fails where one has grown more."""
    key = name, context, ""
    grown: list[set[float]] = []

    def alike() -> bool:
        grown.append({now[key] - then[key] for then, now in zip(before, sides.samples(), strict=True)})
        return len(grown[-1]) == 1

    assert await_condition(alike, 30, every=0.2), f"{name}: {grown[-1]}"
    return grown[-1].pop()
