from __future__ import annotations

import signal
import uuid
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from support.java import need_java
from support.proxy import Proxy
from support.rest import Worker, connector_config
from support.topics import read
from support.writer import Writer
from tailrace.lab.kafka import Broker
from tailrace.lab.ports import free_port
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailrace import lab

DATABASE = "for_a_group"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    mysql.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
    mysql.execute(f"CREATE DATABASE {DATABASE}")
    mysql.execute(f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY, v VARCHAR(50))")
    mysql.execute(f"INSERT INTO {DATABASE}.t VALUES (1, 'before')")
    yield mysql
    mysql.execute(f"DROP DATABASE {DATABASE}")


@pytest.fixture
def workers(kafka: Broker, tmp_path: Path) -> Iterator[list[Worker]]:
    group = f"g{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        given = {"group__id": group, "bootstrap__servers": kafka.bootstrap, "exactly__once__support": "required"}
        yield [stack.enter_context(Worker(tmp_path / str(number), **given)) for number in range(3)]


def create(workers: list[Worker], server: lab.Server, count: int, *, own_server_ids: bool = True) -> list[str]:
    """Without an id of its own each run of a connector draws one: then two can read beside each other."""
    names = [f"c{uuid.uuid4().hex[:8]}" for _ in range(count)]
    for number, name in enumerate(names):
        config = connector_config(
            server,
            DATABASE,
            topic__prefix=name,
            sink__type="kafka",
            **({"database__server__id": 7100 + number} if own_server_ids else {}),
            offset__flush__interval__ms=100,
        )
        reply = workers[number % len(workers)].ask("POST", "/connectors", {"name": name, "config": config})
        assert reply.status == 201, reply.text
    for name in names:
        workers[0].await_state(name, "RUNNING", "RUNNING")
    return names


def owners(worker: Worker, names: list[str]) -> dict[str, str]:
    status = {name: worker.ask("GET", f"/connectors/{name}/status").body for name in names}
    return {name: found["connector"]["worker_id"] for name, found in status.items()}


def await_spread(worker: Worker, names: list[str]) -> dict[str, str]:
    """Three connectors, three workers: once all have joined, and then it stays so."""
    assert await_condition(lambda: len(set(owners(worker, names).values())) == 3, 60, every=0.1)
    return owners(worker, names)


def worker_id(worker: Worker) -> str:
    return f"127.0.0.1:{worker.address[1]}"


def ids(kafka: Broker, name: str) -> Counter[int]:
    messages = read(kafka.bootstrap, f"{name}.{DATABASE}.")
    return Counter(message.value["after"]["id"] for message in messages)


def await_id(kafka: Broker, name: str, identity: int, timeout: float = 60) -> None:
    assert await_condition(lambda: identity in ids(kafka, name), timeout, every=0.3), f"{name}: {identity} did not come"


def see_all(worker: Worker, spread: dict[str, str]) -> None:
    """The console of any worker shows all connectors, with the figures and the events of those that run elsewhere."""

    def rows() -> Any:
        return worker.ask("GET", "/console/api/fleet").body["connectors"]

    # Its last row is out before a snapshot is over.
    assert await_condition(lambda: {row["doing"] for row in rows()} == {"streaming"}, 30, every=0.2), rows()
    assert {row["name"]: row["worker"] for row in rows()} == spread
    for name in spread:
        asked = f"/console/api/connectors/{name}"
        assert worker.ask("GET", asked).body["progress"]["name"] == name
        assert worker.ask("GET", f"{asked}/lag").body["hops"]
        assert worker.ask("GET", f"{asked}/events?count=1").body["events"]


def test_connectors_of_a_killed_worker_run_elsewhere_with_nothing_lost_or_doubled(
    server: lab.Server, kafka: Broker, workers: list[Worker]
) -> None:
    names = create(workers, server, 3)
    spread = await_spread(workers[0], names)
    with Writer(server, f"{DATABASE}.t") as writer:
        for name in names:
            await_id(kafka, name, 1)
        for worker in workers:
            see_all(worker, spread)
        victim = workers[2]
        gone = worker_id(victim)
        victim.kill9()
        assert await_condition(lambda: gone not in owners(workers[0], names).values(), 60, every=0.1)
        mark = writer.last
        orphan = next(name for name in names if spread[name] == gone)
        await_id(kafka, orphan, mark)
    left = {worker_id(worker) for worker in workers[:2]}
    assert await_condition(lambda: set(owners(workers[0], names).values()) == left, 30, every=0.1), "one has them all"
    for name in names:
        await_id(kafka, name, writer.last)
        assert ids(kafka, name) == dict.fromkeys(range(1, writer.last + 1), 1)


def test_a_worker_that_wakes_after_its_connectors_were_given_away_writes_nothing(
    server: lab.Server, kafka: Broker, workers: list[Worker]
) -> None:
    names = create(workers, server, 3)
    spread = await_spread(workers[0], names)
    with Writer(server, f"{DATABASE}.t") as writer:
        for name in names:
            await_id(kafka, name, 1)
        sleeper = workers[2]
        sleeper.process.send_signal(signal.SIGSTOP)
        try:
            gone = worker_id(sleeper)
            assert await_condition(lambda: gone not in owners(workers[0], names).values(), 60, every=0.1)
            orphan = next(name for name in names if spread[name] == gone)
            await_id(kafka, orphan, writer.last)
        finally:
            sleeper.process.send_signal(signal.SIGCONT)
        mark = writer.last
        for name in names:
            await_id(kafka, name, mark)
    for name in names:
        await_id(kafka, name, writer.last)
        assert ids(kafka, name) == dict.fromkeys(range(1, writer.last + 1), 1)
    for name in names:
        sleeper.await_state(name, "RUNNING", "RUNNING")


def broker_behind(proxy: Proxy, port: int, folder: Path) -> Broker:
    """One that whoever comes through `proxy` knows by that address alone; `port` is where that leads."""
    plain, controller = free_port(), free_port()
    own = f"PLAINTEXT://127.0.0.1:{plain}"
    options = {
        "listeners": f"{own},PROXIED://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"{own},PROXIED://127.0.0.1:{proxy.port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
    }
    return Broker(folder, port=plain, options=options)


def test_a_worker_that_is_cut_off_from_kafka_writes_nothing_when_the_network_is_back(
    server: lab.Server, tmp_path: Path
) -> None:
    need_java()
    port = free_port()
    with ExitStack() as stack:
        proxy = stack.enter_context(Proxy(port))
        kafka = stack.enter_context(broker_behind(proxy, port, tmp_path / "broker"))
        common = {"group__id": "cut", "exactly__once__support": "required", "metrics__listener": ""}
        brokers = [kafka.bootstrap, kafka.bootstrap, f"127.0.0.1:{proxy.port}"]
        workers = [
            stack.enter_context(Worker(tmp_path / str(number), **common, bootstrap__servers=bootstrap))
            for number, bootstrap in enumerate(brokers)
        ]
        names = create(workers, server, 3, own_server_ids=False)
        spread = await_spread(workers[0], names)
        gone = worker_id(workers[2])
        orphan = next(name for name in names if spread[name] == gone)
        with Writer(server, f"{DATABASE}.t") as writer:
            for name in names:
                await_id(kafka, name, 1)
            # What is on its way is held back, and arrives when the network is back: late, but not lost.
            proxy.stall()
            assert await_condition(lambda: gone not in owners(workers[0], names).values(), 60, every=0.1)
            passed = proxy.passed
            await_id(kafka, orphan, writer.last)
            assert workers[2].ask("GET", "/").status == 200, "it lives, and only Kafka is away"
            assert proxy.passed == passed
            proxy.resume()
            await_spread(workers[0], names)
            mark = writer.last
            for name in names:
                await_id(kafka, name, mark)
        for name in names:
            await_id(kafka, name, writer.last)
            assert ids(kafka, name) == dict.fromkeys(range(1, writer.last + 1), 1)
        for worker in workers:
            assert worker.stop() == 0


def test_any_worker_of_the_group_answers_for_all_connectors(
    server: lab.Server, kafka: Broker, workers: list[Worker]
) -> None:
    names = create(workers, server, 3)
    for name in names:
        await_id(kafka, name, 1)
    by_id = {worker_id(worker): worker for worker in workers}
    # A worker that joins late has all connectors dealt out anew.
    owner = {name: by_id[at] for name, at in await_spread(workers[0], names).items()}
    for name in names:
        for worker in workers:
            told = f"/tailrace/connectors/{name}/notifications"
            signal = {"id": f"by {worker_id(worker)}", "type": "execute-snapshot", "data": {"data-collections": [".*"]}}
            sent = worker.ask("POST", f"/tailrace/connectors/{name}/signals", signal)
            assert (sent.status, sent.body["worker_id"]) == (202, worker_id(owner[name]))

            def came(name: str = name, told: str = told, wanted: str = signal["id"]) -> bool:
                found = owner[name].ask("GET", told).body["notifications"]
                return (wanted, "COMPLETED") in {(each["id"], each["type"]) for each in found}

            assert await_condition(came, 30, every=0.1)
            if worker is not owner[name]:
                elsewhere = worker.ask("GET", told)
                assert elsewhere.status == 421
                assert worker_id(owner[name]) in elsewhere.body["message"]
    for worker in workers:
        assert worker.ask("GET", "/connectors").body == sorted(names)
        for name in names:
            assert worker.ask("PUT", f"/connectors/{name}/stop").status == 204
            assert worker.state(name) == ("STOPPED", None)
            offsets = worker.ask("GET", f"/connectors/{name}/offsets").body["offsets"]
            assert offsets[0]["partition"] == {"server": name}
            assert worker.ask("PUT", f"/connectors/{name}/resume").status == 202
            worker.await_state(name, "RUNNING", "RUNNING")
            assert worker.ask("POST", f"/connectors/{name}/restart?includeTasks=true").status == 202
            worker.await_state(name, "RUNNING", "RUNNING")
    for name in names:
        assert workers[0].ask("PUT", f"/connectors/{name}/stop").status == 204
        assert workers[1].ask("DELETE", f"/connectors/{name}/offsets").status == 200
        assert workers[2].ask("GET", f"/connectors/{name}/offsets").body == {"offsets": []}
        assert workers[0].ask("DELETE", f"/connectors/{name}").status == 204
    assert await_condition(lambda: workers[1].ask("GET", "/connectors").body == [], 10)


def test_a_file_of_one_worker_is_no_storage_for_a_group(server: lab.Server, workers: list[Worker]) -> None:
    config = connector_config(server, DATABASE, storage__type="sqlite")
    reply = workers[0].ask("POST", "/connectors", {"name": "c", "config": config})
    assert reply.status == 400
    assert "must be kafka in a group" in reply.text
