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
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pymysql

from tailrace.errors import ConnectionLost, LabError
from tailrace.lab.ports import HOST, free_port
from tailrace.lab.process import Process, await_condition
from tailrace.lab.provider import mysql
from tailrace.lab.template import SMALL, copy_datadir

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymysql.connections import Connection

S = TypeVar("S")
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


@contextmanager
def server_errors() -> Iterator[None]:
    """Within it what a server refuses, or does not answer, is a ConnectionLost, for whoever typed a command."""
    try:
        yield
    except pymysql.Error as error:
        raise ConnectionLost(f"the lab's server answers: {error.args[-1]}", hint="tailrace lab status") from error


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
    options: Sequence[str]
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
        self._process = Process("mysqld", folder, log=self.error_log)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        port: int | None = None,
        server_id: int = 1,
        options: Sequence[str] = (),
        accounts_of: Server | None = None,
    ) -> Server:
        """A new server in `folder`, not started, with accounts of its own or those of another.

        Raises LabError where one is already there.
        """
        folder = folder.resolve()
        if (folder / "server.json").exists():
            raise LabError("there is a server already", where=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(
            port=port or free_port(),
            server_id=server_id,
            options=tuple(options),
            admin_password=accounts_of.settings.admin_password if accounts_of else new_password(),
            capture_password=accounts_of.settings.capture_password if accounts_of else new_password(),
        )
        write_private(folder / "server.json", json.dumps(asdict(settings), indent=1))
        return cls(folder, settings)

    @classmethod
    def open(cls, folder: Path) -> Server:
        """The server that is in `folder`, running or not. Raises LabError where there is none."""
        folder = folder.resolve()
        if not (folder / "server.json").exists():
            raise LabError("no server here", where=str(folder), hint="tailrace lab up")
        settings = read_settings(Settings, folder / "server.json")
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

    def dsn_at(self, port: int, account: Account | None = None) -> str:
        """That of the capture account, or another, through another port of this machine: of a proxy."""
        account = account or self.capture
        return f"mysql://{account.user}:{account.password}@{self.host}:{port}"

    @property
    def ca(self) -> Path:
        """The authority that signed the server's certificate; mysqld made both (the host name in it is not ours)."""
        return self.datadir / "ca.pem"

    def _dsn(self, account: Account) -> str:
        return f"mysql://{account.user}:{account.password}@{self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """mysqld's process, where it runs."""
        return self._process.pid

    def start(self, options: Sequence[str] | None = None, *, timeout: float = START_SECONDS) -> None:
        """Starts mysqld and awaits its readiness; it dies with this process until `release`. No-op where it runs.

        `options`, where given, replace those the server was created with, for this run. Raises LabError with the end
        of the error log when it does not start within `timeout` seconds.
        """
        # One that is shutting down is there still, and will not be.
        await_condition(lambda: self.pid is None or self.is_reachable(), STOP_SECONDS)
        if self.pid is not None:
            return
        if not self.datadir.exists():
            copy_datadir(self.mysql, self.datadir)
        for stale in (self.socket, Path(f"{self.socket}.lock")):
            stale.unlink(missing_ok=True)
        self._process.start(self._command(options), self.is_reachable, timeout)

    def _command(self, options: Sequence[str] | None) -> list[str]:
        accounts = self.folder / "accounts.sql"
        write_private(accounts, _account_sql(self.admin, self.capture))
        options_file = self.folder / "my.cnf"
        options_file.touch()
        return [
            *self.mysql.server_command(options_file),
            *DEFAULTS,
            f"--datadir={self.datadir}",
            f"--port={self.port}",
            f"--report-host={self.host}",
            f"--server-id={self.settings.server_id}",
            f"--socket={self.socket}",
            f"--init-file={accounts}",
            *(self.settings.options if options is None else options),
        ]

    def is_reachable(self, within: float = 10) -> bool:
        """Whether the administrator can connect; a server that takes so many seconds for a step of it hangs."""
        try:
            self.connect(connect_timeout=within, read_timeout=within).close()
        except pymysql.Error:
            return False
        return True

    def release(self) -> None:
        """Lets mysqld live on when this process ends."""
        self._process.release()

    def stop(self) -> None:
        """An orderly shutdown; by force where that takes longer than 30 s. Not running: nothing happens."""
        if self.pid is not None:
            with suppress(pymysql.Error):
                self._end_dumps()
        self._process.stop()

    def _end_dumps(self) -> None:
        # At shutdown mysqld gives those who read its binlog ten seconds to come to its end (close_connections in
        # sql/mysqld.cc), also where they are there already.
        with self.connect(connect_timeout=2, read_timeout=2) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW PROCESSLIST")
            for thread in [row[0] for row in cursor.fetchall() if row[4].startswith("Binlog Dump")]:
                cursor.execute(f"KILL {thread}")

    def kill9(self) -> None:
        """A crash: SIGKILL, and the process is gone on return."""
        self._process.kill()

    def pause(self) -> None:
        """SIGSTOP: it hangs, and its connections with it. Raises LabError where it does not run."""
        self._process.pause()

    def resume(self) -> None:
        """Ends `pause`. Raises LabError where it does not run."""
        self._process.resume()

    def restart(self, options: Sequence[str] | None = None) -> None:
        """Stop and start, with other options where given."""
        self.stop()
        self.start(options)

    def connect(self, account: Account | None = None, **arguments: Any) -> Connection[Any]:
        """A connection (autocommit) over TCP, as the administrator unless told otherwise; `arguments` are PyMySQL's."""
        account = account or self.admin
        settings = {"autocommit": True, "connect_timeout": 10, "charset": "utf8mb4", **arguments}
        # For TLS the driver reads the system's authorities, each time: forty times the cost of all else.
        settings.setdefault("ssl_disabled", "ssl" not in arguments)
        return pymysql.connect(host=self.host, port=self.port, user=account.user, password=account.password, **settings)

    def execute(self, sql: str, arguments: Sequence[object] | None = None) -> tuple[tuple[Any, ...], ...]:
        """The rows of one statement run by the administrator, on a connection of its own."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return tuple(cursor.fetchall())

    def executed(self) -> str:
        """`gtid_executed`, in one line."""
        ((found,),) = self.execute("SELECT @@GLOBAL.gtid_executed")
        return str(found).replace("\n", "")

    def binlog_files(self) -> list[Path]:
        """The server's binlog files, oldest first."""
        return [self.datadir / str(row[0]) for row in self.execute("SHOW BINARY LOGS")]

    def connector_config(self, name: str, database: str, *, server_id: int) -> dict[str, str]:
        """What a connector that captures one database of it is told of names and of its source.

        No other reader of the binlog may have `server_id`.
        """
        return {
            "name": name,
            "connector.class": "io.debezium.connector.mysql.MySqlConnector",
            "topic.prefix": name,
            "database.hostname": self.host,
            "database.port": str(self.port),
            "database.user": self.user,
            "database.password": self.password,
            "database.server.id": str(server_id),
            "database.include.list": database,
        }

    def client(self, program: str, *arguments: str) -> list[str]:
        """A client's command line with the administrator's login: `client("mysqlbinlog", "-R", "binlog.000001")`."""
        # In a file, because everybody on the machine can read command lines.
        login = self.folder / "client.cnf"
        options = {"host": self.host, "port": self.port, "user": self.admin.user, "password": self.admin.password}
        lines = [f"{name}={value}\n" for name, value in options.items()]
        # Recent clients refuse \G and its like unless they are told; older ones do not know the option.
        write_private(login, "".join(["[client]\n", *lines, "[mysql]\nloose-commands=ON\n"]))
        return [*self.mysql.command(program), f"--defaults-file={login}", *arguments]


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


def new_password() -> str:
    """Of letters and digits: what begins with `-` would be an option to whatever a person gives it to."""
    return secrets.token_hex(12)


def read_settings(kind: type[S], file: Path) -> S:
    """The settings of a server of the lab, as `write_private` left them. Raises LabError where they are damaged."""
    try:
        return kind(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise LabError(
            f"the server's settings cannot be read: {error}",
            where=str(file),
            hint="tailrace lab down, remove the folder, and tailrace lab up",
        ) from error


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
