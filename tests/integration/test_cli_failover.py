"""`tailrace failover` on a primary and a replica: what it says and exits with (with connectors: tests/chaos)."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from support.cli import Said, tailrace
from support.rest import Client, connector_config
from support.workers import TailraceWorker
from tailrace.lab.pair import Lab
from tailrace.lab.ports import free_port
from tailrace.lab.process import await_condition
from tailrace.lab.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


GRANTS = "SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, REPLICATION_SLAVE_ADMIN, REPLICATION CLIENT, RELOAD, SELECT ON *.*"
"""What docs/how-to/failover.md says that it takes."""
SECRET = "p-switcher"


class Pair:
    """The two, and who asks about them: as a user who may do no more than is needed."""

    def __init__(self, primary: Server, replica: Server, folder: Path) -> None:
        self.primary = primary
        self.replica = replica
        self.journal = folder / "failover.jsonl"
        primary.execute(f"CREATE USER switcher@'%' IDENTIFIED BY '{SECRET}'")
        primary.execute(f"GRANT {GRANTS} TO switcher@'%'")
        self.environment = {
            "PRIMARY": f"mysql://switcher:{SECRET}@{primary.host}:{primary.port}",
            "REPLICA": f"mysql://switcher:{SECRET}@{replica.host}:{replica.port}",
            "TAILRACE_REPLICATION_PASSWORD": primary.capture.password,
        }

    def call(
        self, command: str, *options: str, source: str = "${env:PRIMARY}", candidate: str = "${env:REPLICA}"
    ) -> Said:
        given = [
            "--source",
            source,
            "--candidate",
            candidate,
            "--journal",
            str(self.journal),
            "--deadline",
            "20",
        ]
        with mock.patch.dict("os.environ", self.environment):
            said = tailrace("failover", command, *given, *options)
        for secret in (SECRET, self.primary.capture.password):
            assert secret not in said.out + said.err
        return said


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    running = Lab(tmp_path / "lab").up()
    made = Pair(running.primary, running.replica, tmp_path)
    gtids = running.primary.execute("SELECT @@GLOBAL.gtid_executed")[0][0]
    running.replica.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 30)", (gtids,))
    yield made
    for server in (running.primary, running.replica):
        server.kill9()


def test_a_switchover_is_shown_carried_out_and_verified(pair: Pair) -> None:
    pair.primary.execute("CREATE DATABASE shop")
    pair.primary.execute("CREATE TABLE shop.t (id INT PRIMARY KEY)")
    pair.primary.execute("FLUSH BINARY LOGS")
    pair.primary.execute("INSERT INTO shop.t VALUES (1), (2)")
    gtids = pair.primary.execute("SELECT @@GLOBAL.gtid_executed")[0][0]
    assert await_condition(lambda: pair.replica.execute("SELECT @@GLOBAL.gtid_executed")[0][0] == gtids, 20)

    planned = pair.call("plan")
    assert planned.code == 0, planned.err
    places = next(line for line in planned.out.splitlines() if line.startswith("file:position"))
    assert len(set(places.split())) == 3, "file and position are the same on both"
    assert next(line for line in planned.out.splitlines() if line.startswith("gtid_executed")).count(gtids) == 2
    assert [step["name"] for step in pair.call("plan", "--json").json["plan"]["steps"]][-1] == "promote"
    assert not pair.journal.exists()

    assert pair.call("run").code == 2  # nobody is there to ask
    assert pair.call("plan", "--replica", "mysql://admin:clear@db").code == 2
    done = pair.call("run", "--yes", "--json", "--replication-user", pair.primary.capture.user)
    assert done.code == 0, done.err
    assert {step["state"] for step in done.json["steps"]} == {"done"}
    assert pair.primary.capture.password not in pair.journal.read_text()
    pair.replica.execute("INSERT INTO shop.t VALUES (3)")
    verified = pair.call("verify", "--table", "shop.t")
    assert verified.code == 0, verified.out
    assert "3 and 3 rows" in verified.out

    again = pair.call("run", "--yes", "--json")
    assert again.code == 1
    assert "read-only already" in json.loads(again.err)["message"]
    pair.primary.execute("SET GLOBAL super_read_only = OFF")
    assert "two primaries" in pair.call("verify", "--deadline", "1").out


def test_errant_transactions_and_servers_that_are_away_are_refused_before_anything_is_done(pair: Pair) -> None:
    pair.replica.execute("SET GLOBAL super_read_only = OFF")
    pair.replica.execute("CREATE DATABASE errant")
    uuid = pair.replica.execute("SELECT @@server_uuid")[0][0]
    refused = pair.call("run", "--yes", "--json")
    assert refused.code == 1
    assert f"{uuid}:1" in json.loads(refused.err)["message"]
    assert pair.call("plan", "--json").json["refused"][0]["gtids"] == f"{uuid}:1"
    away = f"mysql://admin@127.0.0.1:{free_port()}"
    unreached = pair.call("plan", source=away)
    assert unreached.code == 1
    assert "--dead" in unreached.out
    assert pair.call("runbook", source=away).code == 1
    assert not pair.primary.execute("SELECT @@GLOBAL.read_only")[0][0]


class Captured:
    """A worker, its connector `shop`, and the rows of shop.t that came out of it."""

    def __init__(self, worker: TailraceWorker, folder: Path, server: Server, number: int) -> None:
        self.url = worker.url
        self._client = Client(worker.url)
        self._files = folder / "events"
        sink = {"sink.type": "jsonl", "sink.path": str(self._files), "offset.flush.interval.ms": 200}
        config = connector_config(server, "shop", database__server__id=7500 + number) | sink
        assert self._client.ask("POST", "/connectors", {"name": "shop", "config": config}).status == 201
        assert await_condition(lambda: self.offset() != "", 60), self._client.ask("GET", "/connectors/shop/status").text

    def offset(self) -> str:
        found = self._client.ask("GET", "/connectors/shop/offsets").body["offsets"]
        return str(found[0]["offset"].get("gtids", "")) if found else ""

    def port(self) -> int:
        return int(self._client.ask("GET", "/connectors/shop/config").body["database.port"])

    def rows(self) -> list[int]:
        # A line that is still being written does not count.
        whole = [file.read_bytes().rpartition(b"\n")[0] for file in sorted(self._files.glob("*.jsonl"))]
        events = [json.loads(line) for lines in whole for line in lines.splitlines()]
        return [event["after"]["id"] for event in events if event["source"]["table"] == "t"]


def test_connectors_of_two_workers_are_moved_by_one_runbook_and_back_by_one_run(pair: Pair, tmp_path: Path) -> None:
    pair.primary.execute("CREATE DATABASE shop")
    pair.primary.execute("CREATE TABLE shop.t (id INT PRIMARY KEY)")
    pair.primary.execute("INSERT INTO shop.t VALUES (1)")
    with ExitStack() as parts:
        both = []
        for number in range(2):
            folder = tmp_path / f"worker-{number}"
            folder.mkdir()
            worker = parts.enter_context(TailraceWorker(folder))
            both.append(Captured(worker, folder, pair.primary, number))
        options = ["--connector", "shop", "--replication-user", pair.primary.capture.user]
        for each in both:
            options += ["--url", each.url]
        unknown = pair.call("plan", *options, "--connector", "nobody")
        assert unknown.code == 1
        assert "no worker has a connector nobody" in unknown.err
        script = tmp_path / "failover.sh"
        script.write_text(pair.call("runbook", *options).out, encoding="utf-8")
        login = tmp_path / "switcher.cnf"
        login.write_text(f"[client]\nuser=switcher\npassword={SECRET}\n", encoding="utf-8")
        login.chmod(0o600)
        client = tmp_path / "bin" / "mysql"
        client.parent.mkdir()
        words = " ".join(map(repr, pair.primary.mysql.command("mysql")))
        client.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
        client.chmod(0o755)
        secret = pair.primary.capture.password
        given = {"LOGIN": str(login), "PATH": f"{client.parent}:{os.environ['PATH']}", "REPLICATION_PASSWORD": secret}
        done = subprocess.run(
            ["bash", str(script)], env={**os.environ, **given}, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert [each.port() for each in both] == [pair.replica.port] * 2
        pair.replica.execute("INSERT INTO shop.t VALUES (2)")
        assert await_condition(lambda: [each.rows() for each in both] == [[1, 2]] * 2, 30), [e.rows() for e in both]

        back = {"source": "${env:REPLICA}", "candidate": "${env:PRIMARY}"}
        moved = pair.call("run", "--yes", "--json", *options, **back)
        assert moved.code == 0, moved.err
        for each in both:
            place = each.url.removeprefix("http://")
            assert {f"stop-shop@{place}", f"resume-shop@{place}"} <= {step["step"] for step in moved.json["steps"]}
        pair.primary.execute("INSERT INTO shop.t VALUES (3)")
        assert await_condition(lambda: [each.rows() for each in both] == [[1, 2, 3]] * 2, 30), [e.rows() for e in both]
        verified = pair.call("verify", *options, **back)
        assert verified.code == 0, verified.out
