"""One worker of Kafka Connect (distributed) with Debezium's MySQL connector, its beans exported for Prometheus.

The folder holds `connect.log` and `connect.json`, so another process can take the worker up again with `Connect(folder,
bootstrap)`. What the worker knows (connectors, offsets, status) is in topics of the broker, not here.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tailrace.lab import jvm, maven
from tailrace.lab.ports import HOST, free_port
from tailrace.lab.process import Process
from tailrace.lab.server import Server, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HEAP = "512m"
START_SECONDS = 90.0
ASK_SECONDS = 5.0
JSON = "org.apache.kafka.connect.json.JsonConverter"

DEFAULTS = {
    "group.id": "connect",
    "config.storage.topic": "connect-configs",
    "offset.storage.topic": "connect-offsets",
    "status.storage.topic": "connect-status",
    # One broker, so one copy; one partition, because each costs time at start.
    "config.storage.replication.factor": 1,
    "offset.storage.replication.factor": 1,
    "offset.storage.partitions": 1,
    "status.storage.replication.factor": 1,
    "status.storage.partitions": 1,
    "exactly.once.source.support": "enabled",
    # Debezium and Kafka list their plugins in manifests; without this all classes are looked through, which takes 7 s.
    "plugin.discovery": "service_load",
    "key.converter": JSON,
    "key.converter.schemas.enable": "false",
    "value.converter": JSON,
    "value.converter.schemas.enable": "false",
    "offset.flush.interval.ms": 1000,
    # Tasks of a worker that died go on at once, not when it has had five minutes to come back.
    "session.timeout.ms": 6000,
    "heartbeat.interval.ms": 1500,
    "scheduled.rebalance.max.delay.ms": 0,
}


@dataclass(frozen=True)
class Settings:
    """What `connect.json` keeps."""

    port: int
    metrics_port: int
    options: Mapping[str, str]


class Connect:
    """A worker of Connect. Used as a context manager it starts, and at the end is killed; the folder stays."""

    def __init__(
        self, folder: Path, bootstrap: str, *, port: int | None = None, options: Mapping[str, str] | None = None
    ) -> None:
        """Opens the worker of the folder, or makes one; `port` and `options` (of Connect) count when it is made.

        `bootstrap` is the broker's address. Workers of one broker share connectors unless `group.id` and the topics of
        `options` differ.
        """
        self.folder = folder.resolve()
        self.bootstrap = bootstrap
        self.process = Process("connect", self.folder, log=self.folder / "connect.log")
        saved = self.folder / "connect.json"
        if saved.exists():
            self.settings = read_settings(Settings, saved)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.settings = Settings(port or free_port(), free_port(), dict(options or {}))
            saved.write_text(json.dumps(asdict(self.settings), indent=1) + "\n", encoding="utf-8")

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port` of the REST interface."""
        return f"http://{HOST}:{self.settings.port}"

    @property
    def metrics_address(self) -> str:
        """`127.0.0.1:port`, for Prometheus."""
        return f"{HOST}:{self.settings.metrics_port}"

    @property
    def metrics_url(self) -> str:
        """`http://127.0.0.1:port/metrics`."""
        return f"http://{self.metrics_address}/metrics"

    def start(self, *, timeout: float = START_SECONDS) -> None:
        """Starts the worker and awaits that it takes requests; it dies with this process until `process.release`.

        No-op where it runs. Raises LabError where Java is missing, or with the log's last errors where it does not
        start within `timeout` seconds.
        """
        properties = self.folder / "worker.properties"
        properties.write_text(
            "".join(f"{key}={value}\n" for key, value in self._properties().items()), encoding="utf-8"
        )
        program = ["org.apache.kafka.connect.cli.ConnectDistributed", str(properties)]
        self.process.start([*jvm.command(HEAP, self._agent()), *program], self.is_reachable, timeout)

    def restart(self) -> None:
        """Stop and start."""
        self.process.stop()
        self.start()

    def is_reachable(self) -> bool:
        """Whether the worker says of itself that it is healthy: it has joined its group and read its topics."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=ASK_SECONDS) as answer:  # noqa: S310 - http
                return bool(answer.status == HTTPStatus.OK)
        except (OSError, urllib.error.HTTPError):
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Nothing is kept, so nothing need be ended orderly.
        self.process.kill()

    def _agent(self) -> str:
        jar = next(maven.fetched("debezium-plugin").glob("jmx_prometheus_javaagent-*.jar"))
        return f"-javaagent:{jar}={HOST}:{self.settings.metrics_port}:{maven.SETS / 'exporter.yaml'}"

    def _properties(self) -> dict[str, object]:
        return {
            **DEFAULTS,
            "bootstrap.servers": self.bootstrap,
            "listeners": self.url,
            "rest.advertised.host.name": HOST,
            "plugin.path": maven.fetched("debezium-plugin") / "plugins",
            **self.settings.options,
        }


def debezium_config(source: Server, bootstrap: str, name: str, database: str, *, server_id: int) -> dict[str, str]:
    """The configuration of a connector that captures one database of `source` to topics `NAME.DATABASE.TABLE`.

    No other reader of the source's binlog may have `server_id`.
    """
    return {
        **source.connector_config(name, database, server_id=server_id),
        "schema.history.internal.kafka.bootstrap.servers": bootstrap,
        "schema.history.internal.kafka.topic": f"{name}.schema-history",
        "topic.creation.default.partitions": "1",
        "topic.creation.default.replication.factor": "1",
    }


@contextmanager
def worker(bootstrap: str, *, options: Mapping[str, str] | None = None) -> Iterator[Connect]:
    """A worker that lives as long as the block, or this process, and its folder with it."""
    place = Path(tempfile.mkdtemp(prefix="tailrace-connect-"))
    try:
        with Connect(place, bootstrap, options=options) as made:
            yield made
    finally:
        shutil.rmtree(place, ignore_errors=True)
