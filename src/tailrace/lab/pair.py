"""The lab: primary and replica in one state folder; where wanted, what captures, carries and watches beside them."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pymysql

from tailrace.errors import LabError
from tailrace.lab import maven, monitoring
from tailrace.lab.alertmanager import NOBODY, Alertmanager
from tailrace.lab.aws.names import ROLES as ROLE_OF
from tailrace.lab.aws.part import Aws
from tailrace.lab.aws.part import need as need_aws
from tailrace.lab.connect import Connect
from tailrace.lab.kafka import Broker, prepare
from tailrace.lab.process import await_condition
from tailrace.lab.prometheus import Prometheus
from tailrace.lab.proxy import Proxy
from tailrace.lab.server import Server
from tailrace.lab.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

ROLES = ("primary", "replica")
PARTS = ("endpoint", "worker", "kafka", "debezium", "prometheus", "aws")
"""What a lab may have beside them; a `debezium` has its `kafka`."""
DISTANT, FOLLOWER = "distant", "follower"
"""Where the lab has an AWS: the server of a second region, and one that replicates from the first by binlog alone."""
FOLLOW_SECONDS = 30.0
METRICS_ADDRESS = "127.0.0.1:9404"
"""Where `tailrace worker` serves metrics if nothing else is said, and `tailrace run --metrics 9404`."""


@dataclass(frozen=True)
class Follow:
    """How a replica follows: both threads, their last error, and what the primary has that it has not."""

    receiving: bool
    applying: bool
    error: str
    missing: str
    """GTIDs executed on the primary and not here."""

    @property
    def healthy(self) -> bool:
        """Whether both threads run."""
        return self.receiving and self.applying


Part = Proxy | Broker | Worker | Connect | Alertmanager | Prometheus | Aws
"""What there is beside the servers: `process` is what is stopped, killed and paused."""


@dataclass(frozen=True)
class Running:
    """What `up` has started."""

    primary: Server
    replica: Server
    endpoint: Proxy | None
    worker: Worker | None
    kafka: Broker | None
    connect: Connect | None
    prometheus: Prometheus | None
    alertmanager: Alertmanager | None
    distant: Server | None = None
    follower: Server | None = None
    aws: Aws | None = None

    @property
    def servers(self) -> tuple[Server, ...]:
        """All of MySQL."""
        return tuple(part for part in (self.primary, self.replica, self.distant, self.follower) if part)

    @property
    def others(self) -> tuple[Part, ...]:
        """What there is beside servers and AWS, those first that others need."""
        parts = self.endpoint, self.kafka, self.worker, self.connect, self.alertmanager, self.prometheus
        return tuple(part for part in parts if part)


@dataclass(frozen=True)
class Alerts:
    """What Prometheus watches for, and what Alertmanager makes of it; each the text of a file. Nothing, at first."""

    rules: str = "groups: []\n"
    alertmanager: str = NOBODY


class Lab:
    """What runs in one state folder; `up` makes what is not there, `down` keeps the data, `reset` drops it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @property
    def exists(self) -> bool:
        """Whether the lab has been set up here."""
        return all((self.folder / role / "server.json").exists() for role in ROLES)

    @property
    def primary(self) -> Server:
        """Raises LabError where the lab was never up."""
        return Server.open(self.folder / "primary")

    @property
    def replica(self) -> Server:
        """Raises LabError where the lab was never up."""
        return Server.open(self.folder / "replica")

    @property
    def endpoint(self) -> Proxy | None:
        """A stable address that leads to the primary, where the lab has one."""
        place = self.folder / "endpoint"
        return Proxy(place) if (place / "relay.json").exists() else None

    @property
    def worker(self) -> Worker | None:
        """The worker of Tailrace, where the lab has one."""
        place = self.folder / "worker"
        return Worker(place) if (place / "worker.json").exists() else None

    @property
    def kafka(self) -> Broker | None:
        """The broker, where the lab has one."""
        place = self.folder / "kafka"
        return Broker(place) if (place / "kafka.json").exists() else None

    @property
    def connect(self) -> Connect | None:
        """The worker of Connect, where the lab has one."""
        place, kafka = self.folder / "connect", self.kafka
        return Connect(place, kafka.bootstrap) if kafka and (place / "connect.json").exists() else None

    @property
    def alertmanager(self) -> Alertmanager | None:
        """Where the lab has one."""
        place = self.folder / "alertmanager"
        return Alertmanager(place) if (place / "alertmanager.json").exists() else None

    @property
    def prometheus(self) -> Prometheus | None:
        """Where the lab has one."""
        place = self.folder / "prometheus"
        return Prometheus(place) if (place / "prometheus.json").exists() else None

    @property
    def distant(self) -> Server | None:
        """The server of a second region, where the lab has one."""
        return self._server(DISTANT)

    @property
    def follower(self) -> Server | None:
        """The server of a cluster that is a binlog replica, where the lab has one."""
        return self._server(FOLLOWER)

    def _server(self, role: str) -> Server | None:
        place = self.folder / role
        return Server.open(place) if (place / "server.json").exists() else None

    @property
    def aws(self) -> Aws | None:
        """The emulator of AWS, where the lab has one."""
        place = self.folder / "aws"
        return Aws(place) if (place / "aws.json").exists() else None

    @property
    def parts(self) -> Running:
        """All that the lab has, whether it runs or not. Raises LabError where it was never up."""
        return Running(
            self.primary,
            self.replica,
            self.endpoint,
            self.worker,
            self.kafka,
            self.connect,
            self.prometheus,
            self.alertmanager,
            self.distant,
            self.follower,
            self.aws,
        )

    def up(
        self,
        parts: Container[str] = (),
        *,
        alerts: Alerts | None = None,
        ports: tuple[int | None, int | None] = (None, None),
        options: Sequence[str] = (),
        keep: bool = False,
    ) -> Running:
        """Starts all that the lab has, the replica following. What runs is left alone, so calling it again repairs.

        It has these `parts` from now on, beside those it had: `endpoint` is a proxy to the primary, `worker` a
        `tailrace worker`, `kafka` a broker, `debezium` a worker of Connect with its broker, `prometheus` a Prometheus
        that has the rules of `alerts` and an Alertmanager, `aws` an emulator of AWS and two more servers. `ports`
        (primary, replica) and `options` (of mysqld) count when the lab is first made. With `keep` all live on after
        this process; without, they die with it, and what is returned must be kept.
        """
        if "kafka" in parts or "debezium" in parts:
            self._add_kafka(debezium="debezium" in parts)
        if "prometheus" in parts:
            self._add_prometheus(alerts or Alerts())
        if "worker" in parts:
            Worker(self.folder / "worker")
        self._add_servers(ports, options, aws="aws" in parts)
        if "endpoint" in parts:
            Proxy(self.folder / "endpoint", target=self.primary.port)
        running = self.parts
        _scrape(running)
        with ThreadPoolExecutor() as threads:
            starts = [threads.submit(server.start) for server in running.servers]
            for part in running.others:
                part.start()
            for start in starts:
                start.result()
        try:
            if running.aws:
                # It knows who writes, and has the others follow.
                running.aws.start()
            else:
                _follow(running.replica, running.primary)
        finally:
            # A replica that does not follow is there to be looked at, and the parts are there all the same.
            if keep:
                _release(running)
        return running

    def _add_kafka(self, *, debezium: bool) -> None:
        # First, so that a machine without Java gets no lab that cannot start.
        prepare()
        broker = Broker(self.folder / "kafka")
        if debezium:
            maven.fetched("debezium-plugin")
            Connect(self.folder / "connect", broker.bootstrap)

    def _add_prometheus(self, alerts: Alerts) -> None:
        # First, as for Kafka.
        monitoring.programs()
        alertmanager = Alertmanager(self.folder / "alertmanager", config=alerts.alertmanager)
        prometheus = Prometheus(self.folder / "prometheus", alertmanager=alertmanager.address)
        prometheus.load_rules(alerts.rules)
        prometheus.scrape("tailrace", METRICS_ADDRESS)

    def _add_aws(self, options: Sequence[str]) -> None:
        for server_id, role in enumerate((DISTANT, FOLLOWER), start=len(ROLES) + 1):
            place = self.folder / role
            if not (place / "server.json").exists():
                Server.create(place, server_id=server_id, options=options, accounts_of=self.primary)
        Aws(self.folder / "aws")

    def _add_servers(self, ports: tuple[int | None, int | None], options: Sequence[str], *, aws: bool) -> None:
        if aws:
            # As for Kafka.
            need_aws()
        for server_id, (role, port) in enumerate(zip(ROLES, ports, strict=True), start=1):
            place = self.folder / role
            if not (place / "server.json").exists():
                # One password on both: accounts are replicated where the primary makes them.
                first = None if role == ROLES[0] else self.primary
                Server.create(place, port=port, server_id=server_id, options=options, accounts_of=first)
        if aws or self.aws:
            self._add_aws(options)

    def keep_only(self, parts: Container[str]) -> None:
        """Of what there is beside primary and replica only these of PARTS stay, the others are gone with all they had:
        an emulator of AWS, above all, has servers follow whom it thinks right.
        """
        kafka = "kafka" in parts or "debezium" in parts
        gone = (
            (self.aws, "aws" in parts),
            (self.prometheus, "prometheus" in parts),
            (self.alertmanager, "prometheus" in parts),
            (self.connect, "debezium" in parts),
            (self.worker, "worker" in parts),
            (self.kafka, kafka),
            (self.endpoint, "endpoint" in parts),
        )
        for part in [part for part, stays in gone if part and not stays]:
            part.process.kill()
            shutil.rmtree(part.folder)
        for server in (self.distant, self.follower):
            if server and "aws" not in parts:
                server.kill9()
                shutil.rmtree(server.folder)

    def down(self) -> None:
        """Stops all, those first that others do not need. Data and settings stay."""
        parts = self.aws, self.prometheus, self.alertmanager, self.connect, self.worker, self.kafka, self.endpoint
        for part in parts:
            if part:
                part.process.stop()
        for role in (FOLLOWER, DISTANT, *reversed(ROLES)):
            if server := self._server(role):
                server.stop()

    def empty(self) -> None:
        """No data is left and nothing runs; parts, ports and passwords stay. Raises LabError where there is no lab."""
        if connect := self.connect:
            # All it knows is in the broker.
            connect.process.kill()
        if worker := self.worker:
            worker.process.kill()
            for made in (worker.state, worker.events):
                shutil.rmtree(made, ignore_errors=True)
        if kafka := self.kafka:
            kafka.drop()
        if prometheus := self.prometheus:
            prometheus.process.kill()
            prometheus.forget()
        if alertmanager := self.alertmanager:
            alertmanager.process.kill()
            shutil.rmtree(alertmanager.folder / "data", ignore_errors=True)
        if endpoint := self.endpoint:
            endpoint.mend()
            endpoint.lead_to(self.primary.port)
        if aws := self.aws:
            # Before the servers: it starts a writer that is down.
            aws.process.kill()
            aws.forget()
        with ThreadPoolExecutor() as threads:
            list(threads.map(_drop, reversed(self.parts.servers)))

    @property
    def _writer(self) -> Server:
        aws = self.aws
        return Server.open(self.folder / ROLE_OF[aws.writer]) if aws else self.primary

    def follow(self) -> Follow | None:
        """How the replica follows, or None where one of the two cannot be asked. After a failover of an Aurora cluster
        the other of the two is the replica.
        """
        try:
            primary = self._writer
            replica = self.replica if primary.folder != self.replica.folder else self.primary
            return _read_follow(replica, primary)
        except (pymysql.Error, LabError):
            return None


def _release(parts: Running) -> None:
    for server in parts.servers:
        server.release()
    for part in (*parts.others, *([parts.aws] if parts.aws else [])):
        part.process.release()


def _scrape(parts: Running) -> None:
    for job, engine in (("tailrace", parts.worker), ("debezium", parts.connect)):
        if parts.prometheus and engine:
            parts.prometheus.scrape(job, engine.metrics_address)


def _drop(server: Server) -> None:
    server.kill9()
    shutil.rmtree(server.datadir, ignore_errors=True)


def _follow(replica: Server, primary: Server) -> None:
    account = primary.capture
    with replica.connect(cursorclass=pymysql.cursors.DictCursor) as connection, connection.cursor() as cursor:
        state = _replica_status(cursor)
        if not (state and state["Source_Port"] == primary.port and _is_running(state)):
            cursor.execute("STOP REPLICA")
            # By default it gives up after ten tries: a primary that comes again later would not be followed.
            cursor.execute(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s,"
                " SOURCE_PASSWORD = %s, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1,"
                " SOURCE_RETRY_COUNT = 86400",
                (primary.host, primary.port, account.user, account.password),
            )
            cursor.execute("START REPLICA")
        cursor.execute("SET GLOBAL super_read_only = ON")

        def settled() -> bool:
            state = _replica_status(cursor)
            return bool(state and (_is_running(state) or state["Last_SQL_Error"]))

        await_condition(settled, FOLLOW_SECONDS)
        state = _replica_status(cursor)
    if not (state and _is_running(state)):
        words = state and (state["Last_SQL_Error"] or state["Last_IO_Error"])
        raise LabError(
            f"the replica does not follow the primary: {words}",
            where=str(replica.folder),
            hint="tailrace lab reset (drops the lab's data)",
        )


def _read_follow(replica: Server, primary: Server) -> Follow | None:
    missing = replica.execute("SELECT GTID_SUBTRACT(%s, @@gtid_executed)", (primary.executed(),))[0][0]
    with replica.connect(cursorclass=pymysql.cursors.DictCursor) as connection, connection.cursor() as cursor:
        state = _replica_status(cursor)
    if not state:
        return None
    return Follow(
        receiving=state["Replica_IO_Running"] == "Yes",
        applying=state["Replica_SQL_Running"] == "Yes",
        error=state["Last_SQL_Error"] or state["Last_IO_Error"],
        missing=missing.replace("\n", ""),
    )


def _replica_status(cursor: Any) -> dict[str, Any] | None:
    cursor.execute("SHOW REPLICA STATUS")
    row: dict[str, Any] | None = cursor.fetchone()
    return row


def _is_running(state: dict[str, Any]) -> bool:
    return bool(state["Replica_IO_Running"] == "Yes" and state["Replica_SQL_Running"] == "Yes")
