"""One Kafka broker in a folder of its own, its own controller (KRaft): start, stop, crash, pause, restart.

The folder holds `data/`, `broker.log` and `kafka.json` (mode 0600: it has the passwords), so another process can take
the broker up again with `Broker(folder)`.

Whoever connects to `bootstrap` needs no login and may do everything. `sasl_bootstrap` (SASL/PLAIN) and `tls_bootstrap`
(SASL/PLAIN in TLS, signed by `ca`) take two accounts: `tailrace` may do everything, `guest` only what ACLs allow, and
there are none at first.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import struct
import subprocess
import tempfile
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tailrace.errors import LabError
from tailrace.lab import cache, jvm, maven
from tailrace.lab.ports import HOST, free_port
from tailrace.lab.process import Process
from tailrace.lab.server import Account, new_password, read_settings, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HEAP = "384m"
START_SECONDS = 90.0
ASK_SECONDS = 2.0
NODE = 1
FORMATTED = "formatted"
METADATA_REQUEST = struct.pack(">hhihi", 3, 1, 1, -1, 0)
"""Key, version, correlation, no client id, no topic (MetadataRequest.json of Kafka's clients)."""

DEFAULTS = {
    "process.roles": "broker,controller",
    "node.id": NODE,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SASL_SSL",
    "sasl.enabled.mechanisms": "PLAIN",
    "ssl.keystore.type": "PEM",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:tailrace",
    "auto.create.topics.enable": "false",
    # One node, so one copy; one partition, because each costs files and time at start.
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.num.partitions": 1,
    "transaction.state.log.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    # After a crash the controller waits this long before it takes the broker back.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    # A third of the heap otherwise.
    "log.cleaner.dedupe.buffer.size": 8 << 20,
}


@dataclass(frozen=True)
class Settings:
    """What `kafka.json` keeps: all that makes this broker this broker."""

    port: int
    sasl_port: int
    tls_port: int
    controller_port: int
    password: str
    guest_password: str
    options: Mapping[str, str]


class Broker:
    """A Kafka broker. Used as a context manager it starts, and at the end is killed; the folder stays."""

    def __init__(self, folder: Path, *, port: int | None = None, options: Mapping[str, str] | None = None) -> None:
        """Opens the broker of the folder, or makes one there; `port` and `options` (of Kafka) count when it is made."""
        self.folder = folder.resolve()
        self.process = Process("broker", self.folder, log=self.folder / "broker.log")
        saved = self.folder / "kafka.json"
        if saved.exists():
            self.settings = read_settings(Settings, saved)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.settings = Settings(
                port=port or free_port(),
                sasl_port=free_port(),
                tls_port=free_port(),
                controller_port=free_port(),
                password=new_password(),
                guest_password=new_password(),
                options=dict(options or {}),
            )
            from tailrace.lab.certificate import write_certificate  # noqa: PLC0415 - start-up time

            write_certificate(self.folder)
            write_private(saved, json.dumps(asdict(self.settings), indent=1) + "\n")

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:port`, without login and encryption."""
        return f"{HOST}:{self.settings.port}"

    @property
    def sasl_bootstrap(self) -> str:
        """`127.0.0.1:port` for `security.protocol=SASL_PLAINTEXT`, `sasl.mechanism=PLAIN`."""
        return f"{HOST}:{self.settings.sasl_port}"

    @property
    def tls_bootstrap(self) -> str:
        """`127.0.0.1:port` for `security.protocol=SASL_SSL`, `sasl.mechanism=PLAIN`."""
        return f"{HOST}:{self.settings.tls_port}"

    @property
    def account(self) -> Account:
        """May do everything."""
        return Account("tailrace", self.settings.password)

    @property
    def guest(self) -> Account:
        """May log in, and nothing else until there are ACLs for it."""
        return Account("guest", self.settings.guest_password)

    @property
    def ca(self) -> Path:
        """The authority that signed the certificate at `tls_bootstrap`."""
        return self.folder / "ca.pem"

    def start(self, *, timeout: float = START_SECONDS) -> None:
        """Starts the broker and awaits that it takes requests; it dies with this process until `process.release`.

        No-op where it runs. Raises LabError where Java is missing, or with the log's last errors where it does not
        start within `timeout` seconds.
        """
        prepare()
        if not (self.folder / "data").exists():
            _copy_template(self.folder / "data")
        self._launch(timeout)

    def _launch(self, timeout: float, *options: str) -> None:
        properties = self.folder / "server.properties"
        write_private(properties, "".join(f"{key}={value}\n" for key, value in self._properties().items()))
        command = [*jvm.command(HEAP, *options), "kafka.Kafka", str(properties)]
        self.process.start(command, self.is_reachable, timeout)

    def restart(self) -> None:
        """Stop and start."""
        self.process.stop()
        self.start()

    def drop(self) -> None:
        """Kills it and removes its data; ports and passwords stay."""
        self.process.kill()
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def is_reachable(self) -> bool:
        """Whether the broker answers, and counts itself as one that takes topics."""
        try:
            return _count_brokers(self.settings.port) > 0
        except (OSError, struct.error):
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Nothing is kept, so nothing need be written orderly.
        self.process.kill()

    def _properties(self) -> dict[str, object]:
        mine = self.settings
        listeners = {"PLAINTEXT": mine.port, "SASL": mine.sasl_port, "TLS": mine.tls_port}
        advertised = ",".join(f"{name}://{HOST}:{port}" for name, port in listeners.items())
        login = "org.apache.kafka.common.security.plain.PlainLoginModule required" + "".join(
            f' user_{account.user}="{account.password}"' for account in (self.account, self.guest)
        )
        return {
            **DEFAULTS,
            "listeners": f"{advertised},CONTROLLER://{HOST}:{mine.controller_port}",
            "advertised.listeners": advertised,
            "controller.quorum.voters": f"{NODE}@{HOST}:{mine.controller_port}",
            "log.dirs": self.folder / "data",
            "listener.name.sasl.plain.sasl.jaas.config": f"{login};",
            "listener.name.tls.plain.sasl.jaas.config": f"{login};",
            "ssl.keystore.location": self.folder / "server.pem",
            **mine.options,
        }


@contextmanager
def broker(*, options: Mapping[str, str] | None = None) -> Iterator[Broker]:
    """A broker that lives as long as the block, or this process, and its folder with it."""
    place = Path(tempfile.mkdtemp(prefix="tailrace-kafka-"))
    try:
        with Broker(place, options=options) as made:
            yield made
    finally:
        shutil.rmtree(place, ignore_errors=True)


def prepare() -> None:
    """Makes what starts are quicker by, where the cache has not got it: a formatted data folder, an archive of classes.

    Each takes Java some seconds. Raises LabError where Java or Maven is missing.
    """
    jvm.java()
    home = maven.fetched("kafka")
    with cache.only_one("kafka-prepared"):
        if not (home / FORMATTED).exists():
            with tempfile.TemporaryDirectory(dir=home) as scratch:
                _format(Path(scratch))
                (Path(scratch) / "data").rename(home / FORMATTED)
        if not (home / jvm.CLASSES).exists():
            with tempfile.TemporaryDirectory(dir=home) as scratch:
                trial = Broker(Path(scratch))
                _copy_template(trial.folder / "data")
                # Written when the JVM ends in order (JEP 350).
                trial._launch(START_SECONDS, f"-XX:ArchiveClassesAtExit={scratch}/classes")  # noqa: SLF001 - of this module
                trial.process.stop()
                (Path(scratch) / "classes").rename(home / jvm.CLASSES)


def _copy_template(data: Path) -> None:
    """A formatted data folder; which cluster it is of is what makes two of them different."""
    shutil.copytree(maven.fetched("kafka") / FORMATTED, data)
    identity = {"version": 1, "cluster.id": random_id(), "node.id": NODE, "directory.id": random_id()}
    text = "".join(f"{key}={value}\n" for key, value in identity.items())
    (data / "meta.properties").write_text(text, encoding="ascii")


def _format(scratch: Path) -> None:
    properties = scratch / "server.properties"
    properties.write_text(
        f"process.roles=broker,controller\nnode.id={NODE}\nlog.dirs={scratch / 'data'}\n"
        f"controller.listener.names=CONTROLLER\nlisteners=PLAINTEXT://{HOST}:9092,CONTROLLER://{HOST}:9093\n"
        f"controller.quorum.voters={NODE}@{HOST}:9093\n",
        encoding="ascii",
    )
    command = [*jvm.command("128m"), "kafka.tools.StorageTool", "format"]
    command += ["--cluster-id", random_id(), "--config", str(properties)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise LabError("Kafka could not format a data folder", where=str(scratch), hint=done.stdout.strip()[-500:])


def random_id() -> str:
    """As `org.apache.kafka.common.Uuid.randomUuid` draws one: none begins with `-`, as an option of a tool does."""
    while (drawn := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")).startswith("-"):
        pass
    return drawn


def _count_brokers(port: int) -> int:
    """How many brokers that take topics the one at `port` knows. Raises OSError or struct.error where it is silent."""
    with socket.create_connection((HOST, port), ASK_SECONDS) as connection, connection.makefile("rb") as answer:
        connection.sendall(struct.pack(">i", len(METADATA_REQUEST)) + METADATA_REQUEST)
        _length, _correlation, brokers = struct.unpack(">iii", answer.read(12))
        return int(brokers)
