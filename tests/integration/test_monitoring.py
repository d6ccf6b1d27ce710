"""Alerts fire and are resolved by real faults, with real Prometheus and Alertmanager, for Tailrace and for Debezium.

The tests share one source, one worker of each kind, and their order.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

import pytest

from support.cli import Said, tailrace
from support.connector import Connector, started
from support.proxy import Proxy
from support.rest import Client, Worker, connector_config
from tailrace import lab
from tailrace.lab.connect import Connect, debezium_config
from tailrace.lab.ports import free_port
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.alerting import Alerting
    from tailrace.lab.kafka import Broker

NAME = "watched"
OURS, THEIRS = "alerts-tailrace", "alerts-connect"
"""Scrape jobs."""
ROWS, WIDTH = 8000, 500
NARROW, WIDER = 100_000, 300_000
"""Bytes a second: the table takes 40 s at least; and what no queue of Debezium's is filled by."""
SIGNALS = "signals"
SIGNALLED = {"signal.data.collection": f"{NAME}.{SIGNALS}", "incremental.snapshot.chunk.size": 200}
QUICKLY = (
    *(f"{name}.for=2s" for name in ("stopped", "task", "gtid", "lag", "lag-critical", "queue")),
    # A busy machine may not answer a scrape or two.
    "target.for=15s",
    # Debezium takes a moment from its snapshot to the binlog.
    "disconnected.for=6s",
    "stopped.window=20s",
    # Not the lag itself: a stream that waits for a blocking snapshot lags indeed.
    "queue=50%",
)


class Watched:
    """A source, a connector of ours and one of Debezium's that read it through proxies, and who watches them."""

    def __init__(self, folder: Path, prometheus: Alerting, kafka: Broker, connect: Connect) -> None:
        self.folder = folder
        self.prometheus = prometheus
        self._kafka = kafka
        self._connect = connect
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self.server = self._opened.enter_context(lab.server())
        self.server.execute(f"CREATE DATABASE {NAME}")
        self.server.execute(f"CREATE TABLE {NAME}.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(2000))")
        self.server.execute(f"CREATE TABLE {NAME}.{SIGNALS} (id VARCHAR(42) PRIMARY KEY, type VARCHAR(32), data TEXT)")
        # For Debezium's watermarks.
        self.server.execute(f"GRANT INSERT ON {NAME}.{SIGNALS} TO {self.server.user}")
        self.server.execute(
            f"INSERT INTO {NAME}.t (v) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            f" WHERE i < 1000) SELECT REPEAT('x', {WIDTH}) FROM n"
        )
        for _ in range(3):
            self.server.execute(f"INSERT INTO {NAME}.t (v) SELECT v FROM {NAME}.t")
        self.proxy = self._opened.enter_context(Proxy(self.server.port))
        self.metrics = f"127.0.0.1:{free_port()}"
        told_by = {"console__prometheus__url": self.prometheus.server.url}
        self.worker = Worker(self.folder, metrics__listener=f"http://{self.metrics}", **told_by)
        self.start_worker()
        self._opened.callback(self.worker.stop)
        self.theirs = Client(self._connect.url)
        self._opened.callback(self.theirs.ask, "DELETE", f"/connectors/{NAME}")
        self.prometheus.watch(*QUICKLY)
        self.prometheus.server.scrape(OURS, self.metrics)
        # On a busy machine a JVM that has just started takes its time to answer.
        self.prometheus.server.scrape(THEIRS, self._connect.metrics_address, every=4)
        self._opened.callback(self.prometheus.server.scrape, THEIRS)
        self._opened.callback(self.prometheus.server.scrape, OURS)
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def start_worker(self) -> None:
        self.worker.start()
        # It outlives its test.
        started.remove(self.worker.process)

    @property
    def our_config(self) -> dict[str, Any]:
        place = {"database.port": self.proxy.port, "database.server.id": 7301}
        sink = {"sink.type": "jsonl", "sink.path": str(self.folder / "events")}
        return connector_config(self.server, NAME, topic__prefix=NAME) | place | sink | SIGNALLED

    @property
    def their_config(self) -> dict[str, Any]:
        config = debezium_config(self.server, self._kafka.bootstrap, NAME, NAME, server_id=7302)
        return config | {"database.port": str(self.proxy.port)} | SIGNALLED

    def write(self) -> None:
        self.server.execute(f"INSERT INTO {NAME}.t (v) VALUES ('x')")

    def until(self, expression: str) -> None:
        self.prometheus.until(expression)

    @contextmanager
    def slow_snapshot(self, ours: int, theirs: int) -> Iterator[None]:
        """What begins in this block is slow until so many scrapes of each have seen it: longer than any alert waits."""
        told = 'sum(sum_over_time(debezium_metrics_SnapshotRunning{{job="{}"}}[1h]))'
        running = {job: told.format(job) for job in (OURS, THEIRS)}
        before = {job: sum(one.value for one in self.prometheus.client.query(query)) for job, query in running.items()}
        self.proxy.narrow(NARROW)
        yield
        for job, scrapes in ((OURS, ours), (THEIRS, theirs)):
            self.until(f"{running[job]} >= {before[job] + scrapes}")
        self.proxy.narrow(WIDER)

    def until_streaming(self) -> None:
        for job in (OURS, THEIRS):
            self.until(f'debezium_metrics_Connected{{job="{job}"}} == 1')
        self.write()
        for job in (OURS, THEIRS):
            selector = f'{{job="{job}", context="streaming"}}'
            self.until(f"debezium_metrics_TotalNumberOfCreateEventsSeen{selector} >= 1")
            self.until(f"debezium_metrics_MilliSecondsBehindSource{selector} >= 0")

    def fired_ever(self) -> set[tuple[str, str]]:
        """Of these two jobs, since Prometheus runs."""
        fired = f'ALERTS{{alertstate="firing", job=~"{OURS}|{THEIRS}"}}'
        found = self.prometheus.client.query(f"count by (alertname, job) (count_over_time({fired}[1h]))")
        return {(series.labels["alertname"], series.labels["job"]) for series in found}


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, prometheus: Alerting, kafka: Broker, connect: Connect
) -> Iterator[Watched]:
    with Watched(tmp_path_factory.mktemp("watched"), prometheus, kafka, connect) as made:
        yield made


@pytest.mark.timeout(360)  # a broker and a worker of Connect may have to start first
def test_no_alert_fires_in_a_healthy_run_with_a_snapshot_that_takes_long(watched: Watched) -> None:
    with watched.slow_snapshot(ours=8, theirs=2):
        for client, config in ((watched.worker, watched.our_config), (watched.theirs, watched.their_config)):
            assert client.ask("POST", "/connectors", {"name": NAME, "config": config}).status == 201
    watched.until_streaming()
    watched.until("tailrace_purge_distance_seconds > 0")
    assert watched.fired_ever() == set()

    def checked() -> Said:
        return tailrace("alerts", "check", "--prometheus", watched.prometheus.server.url)

    # On a busy machine a scrape may fail, and then there is nothing to see until the next.
    assert await_condition(lambda: checked().code == 0, 30, every=0.5), checked().out


@pytest.mark.timeout(360)
@pytest.mark.parametrize("kind", ["INCREMENTAL", "BLOCKING"])
def test_no_alert_fires_while_a_table_is_read_again(watched: Watched, kind: str) -> None:
    with watched.slow_snapshot(ours=8, theirs=2):
        asked = json.dumps({"data-collections": [f"{NAME}\\.t"], "type": kind})
        insert = f"INSERT INTO {NAME}.{SIGNALS} VALUES (%s, 'execute-snapshot', %s)"
        watched.server.execute(insert, (kind, asked))
    for job in (OURS, THEIRS):
        watched.until(f'max(debezium_metrics_SnapshotRunning{{job="{job}"}}) == 0')
    watched.until_streaming()
    assert watched.fired_ever() == set()


@pytest.mark.parametrize(("job", "missing"), [(OURS, set()), (THEIRS, {"tailrace"})])
def test_every_query_of_the_dashboards_returns_something_of_either(
    watched: Watched, job: str, missing: set[str]
) -> None:
    def asked() -> Said:
        url = watched.prometheus.server.url
        return tailrace("dashboard", "check", "--prometheus", url, "--job", job, "--connector", NAME, "--json")

    def empty() -> set[str]:
        queries = asked().json
        return {re.split("[_{]", one["query"].replace("rate(", ""))[0] for one in queries if not one["series"]}

    # Rates need two scrapes of what has just begun.
    assert await_condition(lambda: asked().code == 0, 30, every=0.5), [one for one in asked().json if one["problem"]]
    queries = asked().json
    assert len({one["panel"] for one in queries if one["dashboard"] == "debezium-mysql" and one["series"]}) >= 20
    # What only Tailrace tells is empty for Debezium; that nothing fires, or is about to, is empty for both.
    assert await_condition(lambda: empty() == {"ALERTS", *missing}, 30, every=0.5), empty()


@pytest.mark.timeout(360)
def test_a_source_that_is_killed_is_told_of_and_so_is_its_return(watched: Watched) -> None:
    watched.server.kill9()
    for job in (OURS, THEIRS):
        watched.prometheus.until_told("firing", "CdcDisconnected", job=job)
    watched.until(f'debezium_metrics_MilliSecondsBehindSource{{job="{OURS}"}} > 10000')
    checked = tailrace("alerts", "check", "--prometheus", watched.prometheus.server.url)
    assert checked.code == 1
    assert "firing: CdcDisconnected: connector watched does not reach its source" in checked.out

    def shown() -> Any:
        """By the console: what Prometheus says, and what the worker itself sees."""
        return watched.worker.ask("GET", "/console/api/alerts").body

    def verdict(alert: str) -> Any:
        return next(each for each in shown()["prometheus"]["verdicts"] if each["alert"] == alert)

    # After a scrape that failed an alert waits anew.
    assert await_condition(
        lambda: {one["state"] for one in verdict("CdcDisconnected")["active"]} == {"firing"}, 30, every=0.5
    ), verdict("CdcDisconnected")
    assert verdict("CdcLagHigh")["loaded"]
    assert ("CdcDisconnected", NAME) in {(each["alert"], each["connector"]) for each in shown()["own"]}
    watched.server.start()
    # Debezium may stay deaf for a minute otherwise.
    watched.theirs.ask("POST", f"/connectors/{NAME}/restart?includeTasks=true")
    for job in (OURS, THEIRS):
        watched.prometheus.until_told("resolved", "CdcDisconnected", job=job)
    watched.until_streaming()


@pytest.mark.timeout(360)
def test_a_task_that_has_failed_and_a_connector_that_is_stopped(watched: Watched) -> None:
    (watched.folder / "file").touch()
    broken = watched.our_config | {"sink.path": str(watched.folder / "file" / "events")}
    assert watched.worker.ask("PUT", f"/connectors/{NAME}/config", broken).status == 200
    no_class = watched.their_config | {"converters": "none", "none.type": "no.such.Converter"}
    assert watched.theirs.ask("PUT", f"/connectors/{NAME}/config", no_class).status == 200
    for job in (OURS, THEIRS):
        watched.prometheus.until_told("firing", "CdcTaskFailed", job=job)
    for client, config in ((watched.worker, watched.our_config), (watched.theirs, watched.their_config)):
        assert client.ask("PUT", f"/connectors/{NAME}/config", config).status == 200
    for job in (OURS, THEIRS):
        watched.prometheus.until_told("resolved", "CdcTaskFailed", job=job)
    watched.until_streaming()
    for client in (watched.worker, watched.theirs):
        assert client.ask("PUT", f"/connectors/{NAME}/stop").status in {202, 204}
    for job in (OURS, THEIRS):
        watched.prometheus.until_told("firing", "CdcConnectorStopped", job=job)
    for client in (watched.worker, watched.theirs):
        assert client.ask("PUT", f"/connectors/{NAME}/resume").status in {202, 204}
    for job in (OURS, THEIRS):
        watched.prometheus.until_told("resolved", "CdcConnectorStopped", job=job)


@pytest.mark.timeout(360)
def test_a_worker_that_is_killed_is_told_of_though_its_series_are_gone(watched: Watched) -> None:
    watched.worker.kill9()
    watched.prometheus.until_told("firing", "CdcTargetDown", job=OURS)
    watched.start_worker()
    watched.prometheus.until_told("resolved", "CdcTargetDown", job=OURS)


@pytest.mark.timeout(360)
def test_a_sink_that_takes_nothing_fills_the_queue_and_the_lag_grows(watched: Watched, tmp_path: Path) -> None:
    watched.prometheus.watch(*QUICKLY, "lag=10s")
    small = {"max__queue__size__in__bytes": 1 << 20}
    mine = Connector(tmp_path, watched.server, NAME, topic__prefix="slow", snapshot__mode="no_data", **small)
    mine.properties |= {"sink.type": "stdout", "database.server.id": 7303}
    del mine.properties["sink.path"]
    mine.write_config()
    metrics = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tailrace.cli", "run", str(mine.config), "--metrics", metrics, "--quiet"]
    job = "alerts-tailrace-slow"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            watched.prometheus.server.scrape(job, metrics)
            watched.until(f'debezium_metrics_Connected{{job="{job}"}} == 1')
            # Nobody reads its pipe.
            watched.server.execute(f"INSERT INTO {NAME}.t (v) SELECT v FROM {NAME}.t LIMIT {ROWS}")
            watched.prometheus.until_told("firing", "CdcQueueFull", "CdcLagHigh", job=job)
            with subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL) as reader:
                watched.prometheus.until_told("resolved", "CdcQueueFull", "CdcLagHigh", job=job)
                reader.kill()
        finally:
            process.kill()
            watched.prometheus.server.scrape(job)
