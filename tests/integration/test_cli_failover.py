"""`tailrace failover` on a primary and a replica: what it says and exits with (with connectors: tests/chaos)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from support.cli import Said, tailrace
from tailrace.lab.pair import Lab
from tailrace.lab.process import await_condition
from tailrace.lab.server import Server, free_port

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

    def call(self, command: str, *options: str, source: str = "${env:PRIMARY}") -> Said:
        given = [
            "--source",
            source,
            "--candidate",
            "${env:REPLICA}",
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
