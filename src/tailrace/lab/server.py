"""One MySQL server in a folder of its own: start, stop, crash, restart, ask.

The folder holds `data/`, `error.log` and `server.json` (mode 0600: it has the passwords), so another process can take
the server up again with `Server.open(folder)`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql

from tailrace.errors import LabError
from tailrace.lab import supervisor
from tailrace.lab.provider import mysql
from tailrace.lab.template import SMALL, copy_datadir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pymysql.connections import Connection

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LONGEST_SOCKET_PATH = 100
"""sockaddr_un holds 104 bytes on macOS, 108 on Linux."""

DEFAULTS = (
    *SMALL,
    f"--bind-address={HOST}",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--log-bin=binlog",
    # The data outlives a crash of mysqld, which is what the lab needs; not one of the machine.
    "--innodb-flush-log-at-trx-commit=2",
    "--sync-binlog=0",
    "--max-connections=200",
    "--skip-name-resolve",
)
CAPTURE_GRANTS = (
    "SELECT, RELOAD, LOCK TABLES, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, BACKUP_ADMIN,"
    " XA_RECOVER_ADMIN ON *.*"
)
"""What a capture needs, and no more: reading tables, the binlog, and the locks of a consistent snapshot."""


@dataclass(frozen=True)
class Account:
    """A user of the server."""

    user: str
    password: str


@dataclass(frozen=True)
class Settings:
    """What `server.json` keeps: all that makes this server this server."""

    port: int
    server_id: int
    options: tuple[str, ...]
    admin_password: str
    capture_password: str


class Server:
    """A MySQL server. `user` and `password` are those of the capture account; `execute` works as the administrator."""

    host = HOST

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self.mysql = mysql()
        self.datadir = folder / "data"
        self.error_log = folder / "error.log"
        self.socket = _socket_path(folder)
        self._pid_file = folder / "mysqld.pid"
        self._supervisor: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(
        cls, folder: Path, *, port: int | None = None, server_id: int = 1, options: Sequence[str] = ()
    ) -> Server:
        """A new server in `folder`, not started. Raises LabError where one is already there."""
        folder = folder.resolve()
        if (folder / "server.json").exists():
            raise LabError("there is a server already", where=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(
            port=port or free_port(),
            server_id=server_id,
            options=tuple(options),
            admin_password=secrets.token_urlsafe(12),
            capture_password=secrets.token_urlsafe(12),
        )
        write_private(folder / "server.json", json.dumps(asdict(settings), indent=1))
        return cls(folder, settings)

    @classmethod
    def open(cls, folder: Path) -> Server:
        """The server that is in `folder`, running or not. Raises LabError where there is none."""
        folder = folder.resolve()
        try:
            found = json.loads((folder / "server.json").read_text(encoding="utf-8"))
            settings = Settings(**{**found, "options": tuple(found["options"])})
        except FileNotFoundError:
            raise LabError("no server here", where=str(folder), hint="tailrace lab up") from None
        except (ValueError, TypeError, KeyError) as error:
            raise LabError(
                f"the server's settings cannot be read: {error}",
                where=str(folder / "server.json"),
                hint="tailrace lab down, remove the folder, and tailrace lab up",
            ) from error
        return cls(folder, settings)

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self.settings.port

    @property
    def admin(self) -> Account:
        """May do everything."""
        return Account("admin", self.settings.admin_password)

    @property
    def capture(self) -> Account:
        """May do what a capture needs."""
        return Account("tailrace", self.settings.capture_password)

    @property
    def user(self) -> str:
        """The capture account's name."""
        return self.capture.user

    @property
    def password(self) -> str:
        """The capture account's password."""
        return self.capture.password

    @property
    def dsn(self) -> str:
        """`mysql://user:password@host:port` of the capture account."""
        return self._dsn(self.capture)

    @property
    def admin_dsn(self) -> str:
        """`mysql://user:password@host:port` of the administrator."""
        return self._dsn(self.admin)

    @property
    def ca(self) -> Path:
        """The authority that signed the server's certificate; mysqld made both (the host name in it is not ours)."""
        return self.datadir / "ca.pem"

    def _dsn(self, account: Account) -> str:
        return f"mysql://{account.user}:{account.password}@{self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """mysqld's process, where it runs."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None
        return pid if self._is(pid) else None

    def _is(self, pid: int) -> bool:
        # The pid file cannot tell: mysqld removes it some time before it ends.
        return process_runs(pid, str(self.datadir))

    def start(self, options: Sequence[str] | None = None, *, timeout: float = START_SECONDS) -> None:
        """Starts mysqld and awaits its readiness; it dies with this process until `release`. No-op where it runs.

        `options`, where given, replace those the server was created with, for this run. Raises LabError with the end
        of the error log when it does not start within `timeout` seconds.
        """
        if self.pid is not None:
            return
        if not self.datadir.exists():
            copy_datadir(self.mysql, self.datadir)
        for stale in (self._pid_file, self.socket, Path(f"{self.socket}.lock")):
            stale.unlink(missing_ok=True)
        with self.error_log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", supervisor.__file__, *self._command(options)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        try:
            self._await_ready(timeout)
        except BaseException:
            self._end_supervisor()
            raise

    def _command(self, options: Sequence[str] | None) -> list[str]:
        accounts = self.folder / "accounts.sql"
        write_private(accounts, _account_sql(self.admin, self.capture))
        return [
            *self.mysql.server_command(),
            *DEFAULTS,
            f"--datadir={self.datadir}",
            f"--port={self.port}",
            f"--server-id={self.settings.server_id}",
            f"--socket={self.socket}",
            f"--pid-file={self._pid_file}",
            f"--init-file={accounts}",
            *(self.settings.options if options is None else options),
        ]

    def _await_ready(self, timeout: float) -> None:
        process = self._supervisor
        answered = process is not None and await_condition(
            lambda: process.poll() is not None or (self._pid_file.exists() and self.is_reachable()), timeout
        )
        if not answered or self.pid is None:
            log = self.error_log.read_text(encoding="utf-8", errors="replace")
            problems = [line for line in log.splitlines() if "[ERROR]" in line][-5:]
            raise LabError(
                "mysqld did not start: " + ("\n".join(problems) or f"not ready within {timeout:.0f} s"),
                where=str(self.error_log),
            )

    def is_reachable(self) -> bool:
        """Whether the administrator can connect."""
        try:
            self.connect().close()
        except pymysql.Error:
            return False
        return True

    def release(self) -> None:
        """Lets mysqld live on when this process ends."""
        if self._supervisor and self._supervisor.stdin:
            self._supervisor.stdin.write(b"!")
            self._supervisor.stdin.close()
            # Not ours to wait for any more; without this, collecting the object would warn of a running child.
            self._supervisor.returncode = 0
            self._supervisor = None

    def stop(self) -> None:
        """An orderly shutdown; by force where that takes longer than 30 s. Not running: nothing happens."""
        pid = self.pid
        if pid is not None:
            with suppress(pymysql.Error):
                self._end_dumps()
            os.kill(pid, signal.SIGTERM)
            if not await_condition(lambda: not self._is(pid), STOP_SECONDS):
                self._kill(pid)
        self._end_supervisor()

    def _end_dumps(self) -> None:
        # At shutdown mysqld gives those who read its binlog ten seconds to come to its end (close_connections in
        # sql/mysqld.cc), also where they are there already.
        with self.connect(connect_timeout=2, read_timeout=2) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW PROCESSLIST")
            for thread in [row[0] for row in cursor.fetchall() if row[4].startswith("Binlog Dump")]:
                cursor.execute(f"KILL {thread}")

    def kill9(self) -> None:
        """A crash: SIGKILL, and the process is gone on return."""
        pid = self.pid
        if pid is not None:
            self._kill(pid)
        self._end_supervisor()

    def _kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if not await_condition(lambda: not self._is(pid), STOP_SECONDS):
            raise LabError(f"mysqld does not die (process {pid})", where=str(self.folder))

    def _end_supervisor(self) -> None:
        if self._supervisor:
            if self._supervisor.stdin:
                self._supervisor.stdin.close()
            self._supervisor.wait(STOP_SECONDS)
            self._supervisor = None

    def restart(self, options: Sequence[str] | None = None) -> None:
        """Stop and start, with other options where given."""
        self.stop()
        self.start(options)

    def connect(self, account: Account | None = None, **arguments: Any) -> Connection[Any]:
        """A connection (autocommit) over TCP, as the administrator unless told otherwise; `arguments` are PyMySQL's."""
        account = account or self.admin
        settings = {"autocommit": True, "connect_timeout": 10, "charset": "utf8mb4", **arguments}
        return pymysql.connect(host=self.host, port=self.port, user=account.user, password=account.password, **settings)

    def execute(self, sql: str, arguments: Sequence[object] | None = None) -> tuple[tuple[Any, ...], ...]:
        """The rows of one statement run by the administrator, on a connection of its own."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return tuple(cursor.fetchall())

    def binlog_files(self) -> list[Path]:
        """The server's binlog files, oldest first."""
        return [self.datadir / str(row[0]) for row in self.execute("SHOW BINARY LOGS")]

    def client(self, program: str, *arguments: str) -> list[str]:
        """A client's command line with the administrator's login: `client("mysqlbinlog", "-R", "binlog.000001")`."""
        login = ["--no-defaults", f"--host={self.host}", f"--port={self.port}", f"--user={self.admin.user}"]
        return [*self.mysql.command(program), *login, f"--password={self.admin.password}", *arguments]


@contextmanager
def server(
    options: Sequence[str] = (), *, folder: Path | None = None, port: int | None = None, server_id: int = 1
) -> Iterator[Server]:
    """A server that lives as long as the block, or this process; its folder too, unless it is given."""
    place = folder or Path(tempfile.mkdtemp(prefix="tailrace-"))
    made = Server.create(place, port=port, server_id=server_id, options=options)
    try:
        made.start()
        yield made
    finally:
        # Nothing is kept, so nothing need be written orderly.
        made.kill9()
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def await_condition(holds: Callable[[], bool], timeout: float, *, every: float = 0.02) -> bool:
    """Whether `holds()` came true within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _account_sql(admin: Account, capture: Account) -> str:
    statements = ["SET sql_log_bin = 0"]
    for account, grants in ((admin, "ALL ON *.*"), (capture, CAPTURE_GRANTS)):
        name = f"'{account.user}'@'%'"
        statements += [
            f"CREATE USER IF NOT EXISTS {name} IDENTIFIED BY '{account.password}'",
            f"GRANT {grants} TO {name}" + (" WITH GRANT OPTION" if account is admin else ""),
        ]
    statements += [f"ALTER USER root@localhost IDENTIFIED BY '{admin.password}'", "SET sql_log_bin = 1"]
    return "".join(f"{statement};\n" for statement in statements)


def write_private(file: Path, text: str) -> None:
    """A file that only its owner may read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)


def _socket_path(folder: Path) -> Path:
    inside = folder / "mysql.sock"
    if len(str(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"tailrace-{name}.sock"


def process_runs(pid: int, mark: str) -> bool:
    """Whether process `pid` lives with `mark` in its command line: a number alone may be another program's by now."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except FileNotFoundError:
        if sys.platform == "linux":
            return False
        line = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    except (PermissionError, ProcessLookupError):
        return False
    return mark in line
