from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pymysql
import pytest

from tailrace import lab
from tailrace.errors import LabError
from tailrace.lab.server import await_condition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OWNER = """
import sys, time
from pathlib import Path
from tailrace import lab
server = lab.Server.create(Path(sys.argv[1]))
server.start()
if sys.argv[2] == "release":
    server.release()
supervisor = server._process._supervisor
print(server.pid, supervisor.pid if supervisor else 0, flush=True)
time.sleep(600)
"""


def _owner(folder: Path, mode: str) -> tuple[subprocess.Popen[str], int, int]:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder), mode], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    mysqld, supervisor = map(int, owner.stdout.readline().split())
    return owner, mysqld, supervisor


def _reap(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    if owner.stdout:
        owner.stdout.close()


def test_server_records_what_a_capture_needs(mysql: lab.Server) -> None:
    wanted = ("ON", "ON", "ROW", "FULL", "MINIMAL", 1)
    columns = (
        "@@gtid_mode, @@log_bin = 1, @@binlog_format, @@binlog_row_image, @@binlog_row_metadata, @@log_replica_updates"
    )
    row = mysql.execute(f"SELECT {columns}")[0]
    assert (row[0], "ON" if row[1] else "OFF", *row[2:]) == wanted


def test_capture_account_can_read_and_lock_but_not_write(mysql: lab.Server) -> None:
    with mysql.connect(mysql.capture) as connection, connection.cursor() as cursor:
        cursor.execute("FLUSH TABLES WITH READ LOCK")
        cursor.execute("UNLOCK TABLES")
        cursor.execute("LOCK INSTANCE FOR BACKUP")
        cursor.execute("UNLOCK INSTANCE")
        cursor.execute("SHOW BINARY LOG STATUS")
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            cursor.execute("CREATE DATABASE not_allowed")


def test_crash_and_restart_keep_committed_rows_and_the_binlog(mysql_server_factory: Callable[..., lab.Server]) -> None:
    server = mysql_server_factory()
    server.execute("CREATE DATABASE d")
    server.execute("CREATE TABLE d.t (id INT PRIMARY KEY)")
    server.execute("INSERT INTO d.t VALUES (1)")
    before = server.execute("SELECT @@server_uuid, @@gtid_executed")
    server.kill9()
    assert server.pid is None
    server.start()
    assert server.execute("SELECT id FROM d.t") == ((1,),)
    assert server.execute("SELECT @@server_uuid, @@gtid_executed") == before
    assert all(file.exists() for file in server.binlog_files())


def test_two_servers_are_two_identities(mysql: lab.Server, mysql_server_factory: Callable[..., lab.Server]) -> None:
    other = mysql_server_factory("--binlog-row-metadata=FULL")
    assert other.execute("SELECT @@server_uuid") != mysql.execute("SELECT @@server_uuid")
    assert other.execute("SELECT @@binlog_row_metadata") == (("FULL",),)


def test_settings_with_passwords_are_private(mysql: lab.Server) -> None:
    for name in ("server.json", "accounts.sql"):
        assert stat.S_IMODE((mysql.folder / name).stat().st_mode) == 0o600


def test_wrong_option_is_reported_with_the_servers_words(tmp_path: Path) -> None:
    with (
        pytest.raises(LabError, match="no-such-option"),
        lab.server(options=["--no-such-option"], folder=tmp_path / "bad"),
    ):
        pass


def test_kill_of_the_owner_leaves_no_mysqld(tmp_path: Path) -> None:
    owner, mysqld, _ = _owner(tmp_path / "s", "keep")
    _reap(owner)
    assert await_condition(lambda: not _alive(mysqld), 10)


def test_kill_of_the_supervisor_leaves_no_mysqld(tmp_path: Path) -> None:
    owner, mysqld, supervisor = _owner(tmp_path / "s", "keep")
    os.kill(supervisor, signal.SIGKILL)
    gone = await_condition(lambda: not _alive(mysqld), 10)
    _reap(owner)
    assert gone


def test_released_server_outlives_its_owner_and_is_found_again(tmp_path: Path) -> None:
    owner, mysqld, _ = _owner(tmp_path / "s", "release")
    _reap(owner)
    server = lab.Server.open(tmp_path / "s")
    assert server.pid == mysqld
    assert server.execute("SELECT 1") == ((1,),)
    server.stop()
    assert await_condition(lambda: not _alive(mysqld), 10)


def test_start_over_stale_files_of_a_dead_server(tmp_path: Path) -> None:
    with lab.server(folder=tmp_path / "s") as server:
        server.kill9()
        (server.folder / "mysqld.pid").write_text(f"{os.getpid()}\n")
        (server.folder / "mysql.sock.lock").write_text(f"{os.getpid()}\n")
        assert server.pid is None
        server.start()
        assert server.is_reachable()


def test_damaged_settings_say_which_file_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"port": 1}))
    with pytest.raises(LabError, match="tailrace lab down"):
        lab.Server.open(tmp_path)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
