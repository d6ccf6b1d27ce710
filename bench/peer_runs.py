"""The peers: each reads a filled server with a process of its own that is started fresh."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import measure
from tailrace.lab import cache
from workloads import DATABASE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from source import Source

HERE = Path(__file__).parent / "peers"
DEBEZIUM = "3.6.1"


class MissingError(Exception):
    """What a peer needs is not on this machine: it is left out, and the reason is printed."""


@dataclass(frozen=True)
class Result:
    """What one run took; `first_event` is in seconds from process start, where the peer tells it."""

    rows: int
    seconds: float
    cpu: float
    peak: int
    first_event: float | None = None


def raw(source: Source, scratch: Path) -> Result:
    """The limit of streaming: the server's bytes, undecoded, into a file."""
    usage = measure.run(
        source.server.client(
            "mysqlbinlog", "--read-from-remote-server", "--raw", f"--result-file={scratch}/raw-", source.file
        ),
        scratch / "raw.log",
    )
    written = (scratch / f"raw-{source.file}").stat().st_size
    if written < source.end:
        raise RuntimeError(f"mysqlbinlog wrote {written} of {source.end} bytes")
    return Result(source.rows, usage.wall, usage.cpu, usage.peak)


def select(source: Source, scratch: Path) -> Result:
    """The limit of a snapshot by one connection: every row through the client, unbuffered, to nowhere."""
    command = source.server.client("mysql", "--quick", f"--execute=SELECT * FROM {DATABASE}.events")
    usage = measure.run(command, scratch / "select.log", discard=True)
    return Result(source.rows, usage.wall, usage.cpu, usage.peak)


def python_mysql_replication(source: Source, scratch: Path) -> Result:
    """Rows as Python dicts."""
    if importlib.util.find_spec("pymysqlreplication") is None:
        raise MissingError("python-mysql-replication is not installed: pip install mysql-replication==1.0.17")
    account = {"host": "127.0.0.1", "port": source.server.port} | {
        "user": source.server.admin.user,
        "password": source.server.admin.password,
    }
    program = str(HERE / "python_mysql_replication.py")
    command = [sys.executable, program, json.dumps(account), source.file, str(source.start), str(source.rows)]
    return _told(measure.run(command, scratch / "replication.log"), source)


def tailrace(
    kind: str, *, snapshot: bool = False, properties: Mapping[str, str] = MappingProxyType({})
) -> Callable[[Source, Path], Result]:
    """Tailrace, one way of reading it."""
    given = properties

    def run(source: Source, scratch: Path) -> Result:
        properties = {
            "name": "bench",
            "topic.prefix": "bench",
            "database.hostname": "127.0.0.1",
            "database.port": source.server.port,
            "database.user": source.server.admin.user,
            "database.password": source.server.admin.password,
            "database.server.id": 4712,
            "table.include.list": f"{DATABASE}.events",
            "snapshot.mode": "initial" if snapshot else "recovery",
            "storage.path": str(scratch / "state.db"),
            "sink.type": "jsonl",
            "sink.path": str(scratch / "events.jsonl"),
            **given,
        }
        offset = None if snapshot else {"file": source.file, "position": source.start, "gtids": source.gtids}
        asked = {"kind": kind, "properties": properties, "offset": offset, "rows": source.rows}
        command = [sys.executable, str(HERE / "tailrace_reader.py"), json.dumps(asked)]
        return _told(measure.run(command, scratch / "tailrace.log"), source)

    return run


def debezium_stream(source: Source, scratch: Path) -> Result:
    """Debezium embedded, from the workload's start, events as JSON strings into a file."""
    peer = debezium()
    name, prefix = "bench", "bench"
    value = {"ts_sec": 0, "file": source.file, "pos": source.start, "gtids": source.gtids}
    key = json.dumps([name, {"server": prefix}], separators=(",", ":"))
    arguments = [str(scratch / "offsets"), key, json.dumps(value)]
    subprocess.run(["java", "-cp", classpath(peer), "Offset", *arguments], check=True, timeout=60)
    return _debezium(peer, source, scratch, "recovery")


def debezium_snapshot(source: Source, scratch: Path) -> Result:
    """Debezium embedded, initial snapshot of the table."""
    return _debezium(debezium(), source, scratch, "initial")


def debezium() -> Path:
    """The harness, built into the cache by Maven the first time. Raises MissingError without Java or Maven."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise MissingError(f"{tool} is not on PATH: Debezium needs Java 17 and Maven")
    place = cache.folder() / f"debezium-{DEBEZIUM}"
    sources = sorted(path for path in (HERE / "debezium").rglob("*") if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = place / "sources"
    with cache.only_one(place.name):
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != digest:
            # Maven's -C refuses whatever does not match its checksum.
            goals = ["compile", "dependency:copy-dependencies", f"-DoutputDirectory={place / 'lib'}"]
            pom = str(HERE / "debezium" / "pom.xml")
            command = ["mvn", "-q", "-C", "-B", "-f", pom, f"-Dpeer.output={place / 'build'}", *goals]
            subprocess.run(command, check=True, timeout=600)
            stamp.write_text(digest, encoding="utf-8")
    return place


def _debezium(peer: Path, source: Source, scratch: Path, mode: str) -> Result:
    lines = {
        "name": "bench",
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "topic.prefix": "bench",
        "database.hostname": "127.0.0.1",
        "database.port": source.server.port,
        "database.user": source.server.admin.user,
        "database.password": source.server.admin.password,
        "database.server.id": 4711,
        "table.include.list": f"{DATABASE}.events",
        "snapshot.mode": mode,
        "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
        "offset.storage.file.filename": scratch / "offsets",
        "schema.history.internal": "io.debezium.storage.file.history.FileSchemaHistory",
        "schema.history.internal.file.filename": scratch / "history",
        "converter.schemas.enable": "false",
    }
    config = scratch / "debezium.properties"
    config.write_text("".join(f"{key}={value}\n" for key, value in lines.items()), encoding="utf-8")
    command = ["java", "-cp", classpath(peer), "Capture", str(config), str(source.rows), str(scratch / "events")]
    return _told(measure.run(command, scratch / "debezium.log"), source)


def classpath(peer: Path) -> str:
    """For java's -cp: our programs, and Debezium with all it needs."""
    return f"{peer / 'build' / 'classes'}:{peer / 'lib'}/*"


def _told(usage: measure.Usage, source: Source) -> Result:
    """From the JSON line that a peer ends with: rows a second count from the first event to the last."""
    told = json.loads(next(line for line in reversed(usage.output.splitlines()) if line.startswith("{")))
    if told["events"] < source.rows:
        raise RuntimeError(f"{told['events']} events of {source.rows}")
    seconds = max(told["last_ms"] - told["first_ms"], 1) / 1000
    return Result(source.rows, seconds, usage.cpu, usage.peak, told["first_ms"] / 1000 - usage.started)


STREAM: dict[str, Callable[[Source, Path], Result]] = {
    "mysqlbinlog --raw": raw,
    "tailrace": tailrace("sink"),
    "tailrace dicts": tailrace("dicts"),
    "tailrace arrow": tailrace("arrow"),
    "python-mysql-replication": python_mysql_replication,
    "debezium": debezium_stream,
}
SNAPSHOT: dict[str, Callable[[Source, Path], Result]] = {
    "SELECT *": select,
    "tailrace": tailrace("sink", snapshot=True),
    "debezium": debezium_snapshot,
}
