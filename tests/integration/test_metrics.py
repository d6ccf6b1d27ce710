"""Metrics of running connectors, scraped as Prometheus does."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from support.connector import Connector
from support.metrics import Scrape
from support.proxy import Proxy
from support.rest import Worker, connector_config
from support.running import Running
from tailrace.lab.server import await_condition
from tailrace.metrics.server import MetricsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tailrace import lab

NAME = "metered"


@pytest.fixture
def database(mysql: lab.Server) -> Iterator[str]:
    mysql.execute(f"CREATE DATABASE {NAME}")
    mysql.execute(f"CREATE TABLE {NAME}.t (id INT PRIMARY KEY, v INT)")
    mysql.execute(f"CREATE TABLE {NAME}.marker (id INT PRIMARY KEY)")
    mysql.execute(f"INSERT INTO {NAME}.t VALUES (1, 1), (2, 2), (3, 3)")
    yield NAME
    mysql.execute(f"DROP DATABASE {NAME}")


class Metered:
    """A running connector, and its metrics."""

    def __init__(self, running: Running, url: str) -> None:
        self.running = running
        self.url = url

    def __call__(self, name: str, **labels: str) -> float | None:
        return Scrape.of(self.url)(name, **labels)

    def until(self, holds: Callable[[Scrape], bool]) -> Scrape:
        seen: list[Scrape] = []

        def asked() -> bool:
            seen.append(Scrape.of(self.url))
            return holds(seen[-1])

        assert await_condition(asked, 30, every=0.05), f"not in time: {sorted(seen[-1].samples.items(), key=str)}"
        return seen[-1]


@pytest.fixture
def metered(tmp_path: Path, mysql: lab.Server, database: str) -> Iterator[Callable[..., Metered]]:
    with ExitStack() as opened:

        def make(**properties: object) -> Metered:
            running = opened.enter_context(Running(tmp_path, mysql, database, snapshot__mode="initial", **properties))

            def connectors() -> list[object]:
                running.engine.look_at_source()
                return [running.engine.progress]

            server = MetricsServer("127.0.0.1", 0, connectors)  # type: ignore[arg-type]
            opened.enter_context(closing(server))
            return Metered(running, f"http://{server.address}/metrics")

        yield make


def test_figures_of_snapshot_stream_and_source(
    mysql: lab.Server, database: str, metered: Callable[..., Metered]
) -> None:
    connector = metered()
    first = connector.until(lambda now: now("debezium_metrics_Connected") == 1)
    assert first("debezium_metrics_RowsScanned", table=f"{database}.t") == 3
    assert first("debezium_metrics_SnapshotCompleted") == 1
    assert first("debezium_metrics_RemainingTableCount") == 0
    assert first("tailrace_snapshot_rows", database=database, table="t") == 3

    mysql.execute(f"INSERT INTO {database}.t VALUES (4, 4), (5, 5)")
    mysql.execute(f"UPDATE {database}.t SET v = 0 WHERE id = 4")
    mysql.execute(f"DELETE FROM {database}.t WHERE id IN (1, 2, 3)")
    mysql.execute(f"ALTER TABLE {database}.t ADD w INT")
    connector.running.catch_up()
    file, position, *_ = mysql.execute("SHOW BINARY LOGS")[-1]

    def is_counted(now: Scrape) -> bool:
        # The marker is in the file before it is counted; and a look at the source may be from before all this.
        marked = now("tailrace_events_total", database=database, table="marker", operation="create") == 1
        read = now("tailrace_read_position_bytes", file=file) == position
        return marked and read and now("tailrace_gtid_gap_transactions") == 0

    now = connector.until(is_counted)
    for operation, count in {"read": 3, "create": 2, "update": 1, "delete": 3}.items():
        assert now("tailrace_events_total", database=database, table="t", operation=operation) == count
    # One insert is the marker's.
    kinds = ("Create", 3), ("Update", 1), ("Delete", 3)
    for kind, count in kinds:
        assert now(f"debezium_metrics_TotalNumberOf{kind}EventsSeen", context="streaming") == count
    transactions = now("tailrace_transactions_total")
    assert transactions is not None
    assert transactions >= 4
    assert now("tailrace_commit_to_sink_seconds_count") == transactions
    assert now("debezium_metrics_BinlogPosition") == position
    assert now("tailrace_source_behind_bytes") == 0
    assert now("tailrace_purge_distance_seconds") == float(mysql.execute("SELECT @@binlog_expire_logs_seconds")[0][0])
    purge, sizes = now("tailrace_purge_distance_bytes"), [size for _, size, *_ in mysql.execute("SHOW BINARY LOGS")]
    assert purge is not None
    assert 0 < purge <= sum(sizes)
    assert now.label("tailrace_source_info", "uuid") == mysql.execute("SELECT @@server_uuid")[0][0]
    applied = now("debezium_metrics_ChangesApplied")
    assert applied is not None
    assert applied >= 2, "the snapshot's and the statement's"


def test_lag_of_an_idle_source_is_nothing(metered: Callable[..., Metered]) -> None:
    connector = metered()
    connector.running.catch_up()
    connector.until(lambda now: now("debezium_metrics_MilliSecondsBehindSource") == 0 == now("tailrace_lag_seconds"))


def test_lag_grows_while_the_source_cannot_be_reached(mysql: lab.Server, metered: Callable[..., Metered]) -> None:
    with Proxy(mysql.port) as proxy:
        connector = metered(database__port=proxy.port)
        connector.running.catch_up()
        proxy.refuse()
        proxy.reset()
        lost = connector.until(lambda now: now("tailrace_state", state="reconnecting") == 1)
        assert lost("debezium_metrics_Connected") == 0
        assert lost.label("tailrace_reason_info", "reason")
        # A second more than now, whatever it is now.
        lag = lost("tailrace_lag_seconds") or 0
        later = connector.until(lambda now: (now("tailrace_lag_seconds") or 0) > lag + 1)
        assert (later("debezium_metrics_MilliSecondsBehindSource") or 0) >= 1000
        assert (later("tailrace_reconnecting_seconds") or 0) > 1
        proxy.accept()
        back = connector.until(lambda now: now("debezium_metrics_Connected") == 1)
        assert back("tailrace_reconnects_total") == 1 == back("debezium_metrics_NumberOfDisconnects")
        connector.until(lambda now: now("tailrace_lag_seconds") == 0)


def test_run_serves_metrics_where_it_is_told_to(tmp_path: Path, mysql: lab.Server, database: str) -> None:
    connector = Connector(tmp_path, mysql, database)
    connector.write_config()
    command = [sys.executable, "-m", "tailrace.cli", "run", str(connector.config), "--metrics", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = next(filter(None, (re.search(r"http://\S+/metrics", line) for line in process.stderr)))
            streams = await_condition(lambda: Scrape.of(found[0])("debezium_metrics_Connected", name="test") == 1, 30)
        finally:
            process.terminate()
            _, rest = process.communicate(timeout=30)
    assert streams, rest
    assert process.returncode == 0


@pytest.mark.parametrize("address", ["no", "127.0.0.1:", "host:9404:x"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, mysql: lab.Server, address: str) -> None:
    connector = Connector(tmp_path, mysql, NAME)
    connector.write_config()
    command = [sys.executable, "-m", "tailrace.cli", "run", str(connector.config), "--metrics", address]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "is not [HOST:]PORT" in ended.stderr


def test_a_worker_serves_metrics_of_all_its_connectors(tmp_path: Path, mysql: lab.Server, database: str) -> None:
    with Worker(tmp_path, metrics__listener="http://127.0.0.1:0") as worker:
        found = re.search(r"metrics on (http\S+)", worker.log)
        assert found, worker.log
        for index, name in enumerate(("one", "two")):
            config = connector_config(
                mysql,
                database,
                topic__prefix=name,
                database__server__id=7100 + index,
                sink__type="jsonl",
                sink__path=str(tmp_path / name),
            )
            worker.ask("POST", "/connectors", {"name": name, "config": config})

        def stream() -> bool:
            now = Scrape.of(found[1])
            return [now("tailrace_state", connector=name, state="streaming") for name in ("one", "two")] == [1, 1]

        assert await_condition(stream, 60, every=0.1), worker.log
        now = Scrape.of(found[1])
        assert now("debezium_metrics_Connected", name="one", server="one") == 1
        assert now("debezium_metrics_Connected", name="two", server="two") == 1
