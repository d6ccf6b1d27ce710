"""What deploy/ starts, as processes: the MySQL pair by its option file and scripts, the worker by its configuration.

Where that may be had (Linux, root), the worker runs as it does in its container: the first process of its own, and it
can write to a folder for temporary files alone.
"""

from __future__ import annotations

import configparser
import os
import re
import signal
import subprocess
import sys
import urllib.request
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from support.cli import tailrace
from support.connector import started
from support.rest import Client
from support.topics import read
from tailrace import lab
from tailrace.config.properties import parse_properties
from tailrace.lab.ports import free_port
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.lab import Server
    from tailrace.lab.kafka import Broker

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = DEPLOY / "compose"
SECRETS = ("capture_password", "operator_password", "replication_password", "ops_password", "dashboard_token")
SECRET = "it's\\a #"
STOP_SECONDS = 90
"""stop_grace_period, terminationGracePeriodSeconds, TimeoutStopSec."""
CONTAINER = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c")
READ_ONLY = 'mount -o remount,bind,ro / && mount -t tmpfs none /var/tmp && exec "$@"'
"""Its configuration lies in /tmp here, so it has another folder for what it keeps for a while."""

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    for name in SECRETS:
        (folder / name).write_text(f"{SECRET} {name}\n", encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Pair:
    primary: Server
    replica: Server


@pytest.fixture(scope="module")
def pair(secrets: Path) -> Iterator[Pair]:
    parser = configparser.ConfigParser()
    parser.read(COMPOSE / "mysql/cdc.cnf", encoding="utf-8")
    options = [f"--{name}={value}" for name, value in parser["mysqld"].items()]
    with lab.server(options=options) as primary, lab.server(options=options, server_id=2) as replica:
        for server in (primary, replica):
            initialise(server, secrets, primary, [*scripts("mysql-primary" if server is primary else "mysql-replica")])
        # By itself when the server starts; the scripts of a container run before that.
        replica.execute("START REPLICA")
        yield Pair(primary, replica)


def scripts(service: str) -> Iterator[Path]:
    """In the order in which the image's entrypoint takes them."""
    stack = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))
    for config in sorted(stack["services"][service]["configs"], key=lambda config: config["target"]):
        if "initdb" in config["target"]:
            yield COMPOSE / stack["configs"][config["source"]]["file"]


def initialise(server: Server, secrets: Path, primary: Server, files: list[Path]) -> None:
    """As the entrypoint does: it reads scripts, and has SQL run by its function."""
    client = " ".join(f"'{word}'" for word in server.client("mysql"))
    script = f'set -eo pipefail\ndocker_process_sql() {{ {client} "$@"; }}\n'
    script += "".join(f". '{file}'\n" if file.suffix == ".sh" else f"docker_process_sql <'{file}'\n" for file in files)
    place = {"SECRETS": str(secrets), "PRIMARY_HOST": primary.host, "PRIMARY_PORT": str(primary.port)}
    done = subprocess.run(["bash", "-c", script], env=os.environ | place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_replica_follows_by_gtid_and_the_doctor_finds_no_fault_in_the_pair(pair: Pair, secrets: Path) -> None:
    assert await_condition(lambda: has_orders(pair.replica), 30), pair.replica.execute("SHOW REPLICA STATUS")
    assert pair.replica.execute("SELECT @@super_read_only") == ((1,),)
    source, replica = (
        f"mysql://{user}:${{directory:{secrets}:{user}_password}}@{server.host}:{server.port}"
        for user, server in (("capture", pair.primary), ("operator", pair.replica))
    )
    said = tailrace("doctor", "--source", source, "--replica", replica)
    assert said.code == 0, said.out


def has_orders(server: Server) -> bool:
    found = server.execute("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'")
    return found == ((1,),) and server.execute("SELECT COUNT(*) FROM shop.orders") == ((3,),)


def test_a_probe_of_a_mysql_needs_no_account(pair: Pair) -> None:
    """mysqladmin says that it is alive though it may not log in: what compose.yaml asks."""
    mysqladmin = [*pair.primary.mysql.command("mysqladmin"), "--no-defaults", f"--port={pair.primary.port}"]
    service = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))["services"]["mysql-primary"]
    asked = service["healthcheck"]["test"]
    assert asked[:2] == ["CMD", "mysqladmin"]
    done = subprocess.run([*mysqladmin, *asked[2:]], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


@cache
def container() -> tuple[str, ...]:
    """Before a command; nothing where a container cannot be had."""
    try:
        done = subprocess.run([*CONTAINER, f"{READ_ONLY}", "sh", "true"], capture_output=True, timeout=30, check=False)
    except FileNotFoundError:
        return ()
    return (*CONTAINER, READ_ONLY, "sh") if done.returncode == 0 else ()


class Deployed(Client):
    """A worker by a file of deploy/, with names of this machine in place of those of the network."""

    def __init__(self, folder: Path, file: Path, places: dict[str, str]) -> None:
        self.port, metrics = free_port(), free_port()
        text = file.read_text(encoding="utf-8")
        for old, new in ({":8083": f":{self.port}", ":9404": f":{metrics}"} | places).items():
            assert old in text, f"{file} has no {old}"
            text = text.replace(old, new)
        self.secrets = Path(next(new for old, new in places.items() if "/run/" in old))
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.metrics = f"http://127.0.0.1:{metrics}/metrics"
        self.config = folder / file.name
        self.config.write_text(text, encoding="utf-8")
        self.log = folder / "worker.log"

    @contextmanager
    def run(self, *before: str, up: bool = True) -> Iterator[Deployed]:
        command = [*before, sys.executable, "-m", "tailrace.cli", "worker", "--config", str(self.config)]
        with self.log.open("w", encoding="utf-8") as log:
            env = os.environ | {"HOSTNAME": "localhost"}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", env=env)
        started.append(self.process)
        try:
            if up:
                assert await_condition(lambda: self.probe() == 200, 60, every=0.1), self.log.read_text(encoding="utf-8")
            yield self
        finally:
            self.process.kill()
            self.process.wait(30)

    def probe(self) -> int:
        """As a kubelet asks: no user, a second's patience."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            return 0

    def end(self) -> int:
        """By SIGTERM to the worker itself: its exit code."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        inner = children.read_text(encoding="ascii").split() if container() else []
        os.kill(int(inner[0]) if inner else self.process.pid, signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def catches_sigterm(self) -> bool:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        caught = re.search(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)
        return caught is not None and bool(int(caught[1], 16) & 1 << (signal.SIGTERM - 1))

    def tailrace(self, *arguments: object) -> Any:
        said = tailrace(*arguments, "--url", self.url, "--credentials", self.secrets / "ops_password")
        assert said.code == 0, said.out + said.err
        return said


@pytest.fixture
def worker(tmp_path: Path, secrets: Path, pair: Pair, kafka: Broker) -> Deployed:
    group = f"g{uuid.uuid4().hex[:8]}"
    places = {"kafka:9092": kafka.bootstrap, "group.id=cdc": f"group.id={group}", "/run/secrets": str(secrets)}
    places |= {"mysql-primary": pair.primary.host, "=3306": f"={pair.primary.port}"}
    return Deployed(tmp_path, COMPOSE / "worker.properties", places)


def connector(folder: Path) -> tuple[str, Path]:
    """The example with a name of its own, for the broker is shared."""
    name = f"d{uuid.uuid4().hex[:8]}"
    file = folder / "shop.properties"
    text = (COMPOSE / "shop.properties").read_text(encoding="utf-8")
    file.write_text(text.replace("=shop\ntopic.prefix=shop", f"={name}\ntopic.prefix={name}"), encoding="utf-8")
    return name, file


def test_probes_answer_while_mysql_is_away_and_a_worker_ends_within_its_time(
    worker: Deployed, pair: Pair, kafka: Broker, tmp_path: Path
) -> None:
    name, file = connector(tmp_path)

    def customers() -> list[str]:
        return [message.value["after"]["customer"] for message in read(kafka.bootstrap, f"{name}.shop.orders")]

    with worker.run(*container()):
        assert worker.ask("GET", "/connectors").status == 401
        worker.tailrace("connector", "create", file, "--wait")
        (told,) = worker.tailrace("connector", "list", "--json").json
        assert told["worker"] == f"localhost:{worker.port}"
        assert await_condition(lambda: customers() == ["Ada", "Blaise", "Carl"], 30, every=0.2)
        pair.primary.kill9()
        with urllib.request.urlopen(worker.metrics, timeout=10) as metrics:
            assert b"debezium_metrics_Connected" in metrics.read()
        assert await_condition(lambda: doing(worker, name) == "reconnecting", 30), doing(worker, name)
        assert [worker.probe() for _ in range(5)] == [200] * 5
        assert worker.end() == 0, worker.log.read_text(encoding="utf-8")
    # The connector is there, MySQL is not yet.
    with worker.run(*container()):
        assert worker.probe() == 200
        pair.primary.start()
        pair.primary.execute("INSERT INTO shop.orders (customer, total) VALUES ('Dora', 1)")
        assert await_condition(lambda: customers() == ["Ada", "Blaise", "Carl", "Dora"], 60, every=0.2)
        assert worker.end() == 0, worker.log.read_text(encoding="utf-8")
    assert SECRET not in worker.log.read_text(encoding="utf-8")


def doing(worker: Client, name: str) -> str:
    reply = worker.ask("GET", f"/tailrace/connectors/{name}/progress", Authorization=f"Bearer {SECRET} dashboard_token")
    return str(reply.body["state"])


def test_a_worker_that_waits_for_kafka_can_be_told_to_end(tmp_path: Path, secrets: Path) -> None:
    """The first process of a container is sent no signal that it does not take."""
    nobody = f"127.0.0.1:{free_port()}\ntailrace.kafka.timeout.ms=3000"
    places = {"kafka:9092": nobody, "/run/secrets": str(secrets)}
    waiting = Deployed(tmp_path, COMPOSE / "worker.properties", places)
    with waiting.run(up=False):
        assert await_condition(waiting.catches_sigterm, 30, every=0.01)
        waiting.process.send_signal(signal.SIGTERM)
        assert waiting.process.wait(STOP_SECONDS) == 0


def test_the_configurations_of_compose_and_kubernetes_differ_by_names_alone() -> None:
    files = [DEPLOY / folder / "worker.properties" for folder in ("compose", "kubernetes")]
    ours, theirs = (parse_properties(file.read_text(encoding="utf-8")) for file in files)
    names = {"bootstrap.servers", "rest.advertised.host.name", "database.hostname"}
    both = set(ours) & set(theirs)
    assert {name for name in both if without_folder(ours[name]) != without_folder(theirs[name])} == names
    assert set(theirs) - set(ours) == {"topic.creation.default.replication.factor"}
    # Who brings a Prometheus along knows where it is.
    assert set(ours) - set(theirs) == {"console.prometheus.url"}


def without_folder(value: str) -> str:
    return re.sub(r"\$\{directory:[^:]*:", "${directory:", value)


def test_the_worker_of_the_unit_captures_into_files_without_memory_that_is_written_and_run(
    tmp_path: Path, secrets: Path, pair: Pair
) -> None:
    """MemoryDenyWriteExecute, where this kernel has it as a call of its own (6.3)."""
    places = {"/run/credentials/tailrace-worker.service": str(secrets), "/var/lib/tailrace": str(tmp_path / "state")}
    places |= {"mysql-primary": pair.primary.host, "=3306": f"={pair.primary.port}"}
    pair.primary.start()
    worker = Deployed(tmp_path, DEPLOY / "systemd/worker.properties", places)
    _, file = connector(tmp_path)
    refuse = "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
    with worker.run(sys.executable, "-c", refuse):
        worker.tailrace("connector", "create", file, "--wait")
        events = tmp_path / "state/events"
        assert await_condition(lambda: '"Carl"' in "".join(map(Path.read_text, events.rglob("*.jsonl"))), 30, every=0.1)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(STOP_SECONDS) == 0
