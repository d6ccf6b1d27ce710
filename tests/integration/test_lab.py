from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from tailrace import lab
from tailrace.cli import cli
from tailrace.lab.server import await_condition
from tailrace.lab.shop import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator


def _tailrace(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("lab") / "state"
    yield path
    _tailrace("lab", "down", "--dir", str(path))


def test_up_is_repeatable_and_replicates(folder: Path) -> None:
    first = _tailrace("lab", "up", "--dir", str(folder), "--json")
    assert first.exit_code == 0, first.output
    assert _tailrace("lab", "up", "--dir", str(folder), "--json").output == first.output
    mine = lab.Lab(folder)
    mine.primary.execute("CREATE DATABASE d")
    mine.primary.execute("CREATE TABLE d.t (id INT PRIMARY KEY) SELECT 7 AS id")
    assert await_condition(lambda: (follow := mine.follow()) is not None and not follow.missing, 20)
    assert mine.replica.execute("SELECT id FROM d.t") == ((7,),)
    assert mine.replica.execute("SELECT @@super_read_only") == ((1,),)


def test_up_repairs_a_lab_whose_primary_was_killed(folder: Path) -> None:
    mine = lab.Lab(folder)
    mine.up(keep=True)
    os.kill(mine.primary.pid or 0, signal.SIGKILL)
    assert await_condition(lambda: mine.primary.pid is None, 10)
    assert _tailrace("lab", "status", "--dir", str(folder)).exit_code == 1
    assert _tailrace("lab", "up", "--dir", str(folder)).exit_code == 0
    assert await_condition(lambda: _tailrace("lab", "status", "--dir", str(folder)).exit_code == 0, 20)


def test_the_servers_clients_are_at_hand_and_no_password_is_on_their_command_line(folder: Path) -> None:
    lab.Lab(folder).up(keep=True)

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "tailrace.cli", "lab", *arguments, "--dir", str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    assert run("mysql", "-N", "-e", "SELECT @@server_id") == "1\n"
    assert "server_id: 2\n" in run("mysql", "--replica", "-e", "SELECT @@server_id AS server_id\\G")
    assert "DELIMITER" in run("mysqlbinlog", "-vv", lab.Lab(folder).primary.binlog_files()[0].name)
    primary = lab.Lab(folder).primary
    assert primary.admin.password not in " ".join(primary.client("mysql"))


def test_workload_process_writes_and_stops_on_demand(folder: Path) -> None:
    mine = lab.Lab(folder)
    mine.up(keep=True)
    begun = _tailrace("lab", "workload", "start", "--dir", str(folder), "--rate", "300", "--json")
    assert begun.exit_code == 0, begun.output
    assert _tailrace("lab", "workload", "start", "--dir", str(folder)).exit_code != 0
    assert await_condition(lambda: mine.primary.execute("SELECT COUNT(*) FROM shop.orders")[0][0] > 50, 30)
    stopped = _tailrace("lab", "workload", "stop", "--dir", str(folder), "--json")
    assert json.loads(stopped.output)["running"] is False
    assert json.loads(stopped.output)["error"] == ""
    assert await_condition(lambda: (follow := mine.follow()) is not None and not follow.missing, 30)
    with mine.primary.connect() as primary, mine.replica.connect() as replica:
        assert lab.table_sums(primary, "shop") == lab.table_sums(replica, "shop")


def test_reset_drops_the_data_and_keeps_addresses(folder: Path) -> None:
    lab.Lab(folder).up(keep=True)
    before = _tailrace("lab", "env", "--dir", str(folder), "--json").output
    lab.Lab(folder).primary.execute("CREATE DATABASE gone")
    assert _tailrace("lab", "reset", "--dir", str(folder)).exit_code == 0
    assert _tailrace("lab", "env", "--dir", str(folder), "--json").output == before
    assert lab.Lab(folder).primary.execute("SHOW DATABASES LIKE 'gone'") == ()


def test_reset_makes_a_lab_where_there_is_none_with_the_parts_that_are_named_and_no_others(folder: Path) -> None:
    for parts in ("endpoint", ""):
        made = _tailrace("lab", "reset", "--with", parts, "--dir", str(folder), "--json")
        assert made.exit_code == 0, made.output
        assert bool(json.loads(made.output)["endpoint"]) == bool(parts)
    assert lab.Lab(folder).primary.is_reachable()


def test_commands_without_a_lab_say_how_to_get_one(tmp_path: Path) -> None:
    for command in (["status"], ["env"], ["workload", "start"]):
        done = subprocess.run(
            [sys.executable, "-m", "tailrace.cli", "lab", *command, "--dir", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "tailrace lab up" in done.stderr
        assert "Traceback" not in done.stderr


def test_errors_are_json_where_json_was_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tailrace.cli", "lab", "status", "--json", "--dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    told = json.loads(done.stderr)
    assert (told["error"], told["hint"]) == ("LabError", "tailrace lab up")
    assert str(tmp_path) in told["where"]


LAB_OWNER = """
import sys, time
from pathlib import Path
from tailrace import lab
running = lab.Lab(Path(sys.argv[1])).up()
print(running.primary.pid, running.replica.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_owner_leaves_neither_primary_nor_replica(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LAB_OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pids = owner.stdout.readline().split()
        owner.kill()
    assert len(pids) == 2
    assert await_condition(lambda: not _of_folder(tmp_path), 10)


def test_up_killed_half_way_leaves_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tailrace.cli", "lab", "up", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as up:
        assert await_condition(lambda: bool(_of_folder(tmp_path)), 30)
        up.kill()
    assert await_condition(lambda: not _of_folder(tmp_path), 10)


def _of_folder(folder: Path) -> list[str]:
    """The servers (and what starts and guards them) whose command line names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_bytes().decode(errors="replace")
            if "mysqld" in line and f"{folder}/" in line:
                found.append(line)
    return found


def test_every_lab_command_has_an_example_and_json() -> None:
    for command in ("up", "down", "status", "reset", "env", "workload start", "workload stop", "workload status"):
        shown = _tailrace("lab", *command.split(), "--help").output
        assert "Example: " in shown, command
        assert "--json" in shown, command


def test_workload_survives_all_of_its_ddl_and_goes_on_where_it_was_stopped(mysql: lab.Server, seed: int) -> None:
    for _ in range(2):
        work = lab.Workload(mysql.admin_dsn, 500, seed, database="shop_ddl", threads=2, ddl_every=0.05)
        assert _runs_through_its_ddl(work)
    assert all(table.rows for table in work.sums().values())
    mysql.execute("DROP DATABASE shop_ddl")


def _runs_through_its_ddl(work: lab.Workload) -> bool:
    stop = threading.Event()
    runner = threading.Thread(target=work.run, args=(stop,))
    runner.start()
    reached = await_condition(lambda: work.progress().ddl >= 10 and work.progress().transactions >= 100, 60)
    stop.set()
    runner.join()
    return reached


def test_the_workload_keeps_to_its_rate_and_counts_what_the_server_committed(mysql: lab.Server) -> None:
    work = lab.Workload(mysql.admin_dsn, 200, 1, database="shop_rate", ddl_every=0)
    before = _commits(mysql)
    did = work.run(threading.Event(), transactions=300)
    # A machine under load may be slower, never faster.
    assert did.transactions / did.seconds <= 220
    assert did.transactions == 300 - did.rolled_back
    made = 1 + len(TABLES)  # the database and its tables
    assert _commits(mysql) - before == made + did.transactions
    mysql.execute("DROP DATABASE shop_rate")


def _commits(mysql: lab.Server) -> int:
    """Transactions with changes, of the whole server."""
    executed = mysql.execute("SELECT @@gtid_executed")[0][0]
    return int(executed.replace("-", ":").rpartition(":")[2] or 0)


def test_table_sum_sees_a_changed_byte_a_null_and_a_duplicate_but_not_the_order(mysql: lab.Server) -> None:
    mysql.execute("CREATE DATABASE sums")
    rows = {
        "a": "(1, 'x', NULL), (2, '', 0x00)",
        "same": "(2, '', 0x00), (1, 'x', NULL)",
        "null": "(1, 'x', NULL), (2, NULL, 0x00)",
        "byte": "(1, 'x', NULL), (2, '', 0x01)",
        "twice": "(1, 'x', NULL), (2, '', 0x00), (2, '', 0x00), (2, '', 0x00)",
    }
    for name, values in rows.items():
        mysql.execute(f"CREATE TABLE sums.{name} (id INT, t VARCHAR(9), b BLOB)")
        mysql.execute(f"INSERT INTO sums.{name} VALUES {values}")
    with mysql.connect() as connection:
        sums = lab.table_sums(connection, "sums")
    mysql.execute("DROP DATABASE sums")
    assert sums["a"] == sums["same"]
    assert len({sums[name].hash for name in ("a", "null", "byte", "twice")}) == 4


def test_the_endpoint_leads_to_the_primary_and_comes_again_with_the_lab(folder: Path) -> None:
    here = ("--dir", str(folder))
    assert _tailrace("lab", "up", "--with", "endpoint", *here).exit_code == 0
    mine = lab.Lab(folder)
    assert mine.endpoint
    assert json.loads(_tailrace("lab", "env", "--json", *here).output)["TAILRACE_ENDPOINT_DSN"].endswith(
        f":{mine.endpoint.port}"
    )
    mine.endpoint.lead_to(mine.replica.port)
    mine.endpoint.process.kill()
    assert _tailrace("lab", "status", *here).exit_code == 1
    assert _tailrace("lab", "reset", *here).exit_code == 0
    found = json.loads(_tailrace("lab", "status", "--json", *here).output)["endpoint"]
    assert (found["reachable"], found["leads_to"]) == (True, mine.primary.port)
