"""SQLite storage: one step at a time, whatever happens between."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tailrace.errors import StorageError
from tailrace.model.offset import Offset
from tailrace.storage import Commit, Resume
from tailrace.storage.sqlite import SqliteStorage

if TYPE_CHECKING:
    from pathlib import Path

OFFSET = Offset("binlog.000003", 4711, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", 1_700_000_000_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


def test_what_is_committed_is_loaded_by_the_next_run(path: Path) -> None:
    first = SqliteStorage(path, "c")
    assert first.load() == Resume()
    first.commit(Commit(sink_state={"file": "a", "length": 0}))
    assert first.load() == Resume(None, {"file": "a", "length": 0})
    first.commit(Commit(OFFSET, {"file": "a", "length": 9}, history=("r1", "r2")))
    first.commit(Commit(history=("r3",)))
    first.close()
    first.close()
    second = SqliteStorage(path, "c")
    assert second.load() == Resume(OFFSET, {"file": "a", "length": 9})
    assert list(second.history()) == ["r1", "r2", "r3"]
    second.commit(Commit(history=("s1",), clear_history=True))
    assert list(second.history()) == ["s1"]
    second.close()


def test_connectors_in_one_file_do_not_see_each_other(path: Path) -> None:
    one, two = SqliteStorage(path, "one"), SqliteStorage(path, "two/../x")
    one.commit(Commit(OFFSET, history=("h",)))
    hold = one.hold("x", b"1", first=True)
    one.commit(Commit(prepared=(hold,)))
    assert two.load() == Resume()
    assert list(two.history()) == []
    assert two.held("x") is None
    two.commit(Commit(clear_history=True))
    assert list(one.history()) == ["h"]
    one.close()
    two.close()


def test_long_history_is_read_in_order(path: Path) -> None:
    storage = SqliteStorage(path, "c")
    records = tuple(f"r{number}" for number in range(1000))
    storage.commit(Commit(history=records))
    assert tuple(storage.history()) == records
    storage.close()


def test_a_prepared_xa_transaction_survives_and_a_staged_one_does_not(path: Path) -> None:
    storage = SqliteStorage(path, "c")
    kept = storage.hold("kept", b"a", first=True)
    assert storage.hold("kept", b"b", first=False) == kept
    storage.hold("staged", b"z", first=True)
    storage.commit(Commit(OFFSET, prepared=(kept,)))
    storage.close()
    storage = SqliteStorage(path, "c")
    assert storage.held("staged") is None
    assert storage.held("kept") == kept
    assert list(storage.pieces(kept)) == [b"a", b"b"]
    storage.commit(Commit(OFFSET, forgotten=(kept,)))
    assert storage.held("kept") is None
    assert list(storage.pieces(kept)) == []
    storage.close()


def test_an_xid_used_again_before_the_offset_moved_does_not_replace_the_first(path: Path) -> None:
    """The source reads ahead: after a crash it must meet the commit of the first with the first's rows."""
    storage = SqliteStorage(path, "c")
    first = storage.hold("x", b"first", first=True)
    storage.commit(Commit(OFFSET, prepared=(first,)))
    second = storage.hold("x", b"second", first=True)
    assert storage.held("x") == second
    storage.close()
    storage = SqliteStorage(path, "c")
    assert storage.held("x") == first
    assert list(storage.pieces(first)) == [b"first"]
    storage.close()


def test_an_unfinished_try_is_dropped_when_a_later_one_is_prepared(path: Path) -> None:
    storage = SqliteStorage(path, "c")
    lost = storage.hold("x", b"lost", first=True)
    good = storage.hold("x", b"good", first=True)
    storage.commit(Commit(prepared=(good,)))
    assert list(storage.pieces(lost)) == []
    assert list(storage.pieces(good)) == [b"good"]
    storage.close()


def test_the_same_connector_cannot_run_twice(path: Path) -> None:
    storage = SqliteStorage(path, "c")
    with pytest.raises(StorageError, match="already running") as caught:
        SqliteStorage(path, "c")
    assert str(os.getpid()) in str(caught.value)
    storage.close()
    SqliteStorage(path, "c").close()


RUN = """
import sys, pathlib
from tailrace.model.offset import Offset
from tailrace.storage import Commit
from tailrace.storage.sqlite import SqliteStorage
storage = SqliteStorage(pathlib.Path(sys.argv[1]), "c")
print("open", flush=True)
number = 0
while True:
    number += 1
    hold = storage.hold("x", b"%d" % number, first=True)
    storage.commit(Commit(Offset("f", number, ""), {"n": number}, (str(number),), False, (hold,), ()))
    storage.commit(Commit(forgotten=(hold,)))
    print(number, flush=True)
"""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("commits", [0, 1, 7, 40])
def test_kill_9_releases_the_lock_and_leaves_one_whole_commit(path: Path, commits: int) -> None:
    with subprocess.Popen([sys.executable, "-c", RUN, str(path)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for _ in range(commits + 1):
            run.stdout.readline()
        with pytest.raises(StorageError, match=f"process {run.pid}"):
            SqliteStorage(path, "c")
        run.send_signal(signal.SIGKILL)
    storage = SqliteStorage(path, "c")
    found = storage.load()
    history = list(storage.history())
    if found.offset is None:
        assert history == []
    else:
        assert found.offset.position >= commits
        assert found.sink_state == {"n": found.offset.position}
        assert history == [str(number + 1) for number in range(found.offset.position)]
    storage.close()


def test_a_file_that_is_no_database_is_a_storage_error(path: Path) -> None:
    path.write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(StorageError, match="not a database") as caught:
        SqliteStorage(path, "c")
    assert "choose another name" in str(caught.value)


def test_a_folder_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        SqliteStorage(tmp_path / "no" / "x.db", "c")
    assert caught.value.hint


def test_a_full_disk_leaves_the_last_commit(path: Path) -> None:
    storage = SqliteStorage(path, "c")
    storage.commit(Commit(OFFSET, {"n": 1}))
    (pages,) = storage._db.execute("PRAGMA page_count").fetchone()
    storage._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="full") as caught:
        storage.commit(Commit(Offset("f", 2, ""), {"n": 2}, ("x" * 100_000,)))
    assert "free some space" in str(caught.value)
    assert storage.load() == Resume(OFFSET, {"n": 1})
    storage.close()


def test_a_corrupt_page_is_a_storage_error(path: Path) -> None:
    storage = SqliteStorage(path, "c")
    storage.commit(Commit(OFFSET, history=("x" * 200_000,)))
    storage.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"malformed|corrupt"):
        SqliteStorage(path, "c").load()


def test_a_storage_of_a_younger_tailrace_is_refused(path: Path) -> None:
    SqliteStorage(path, "c").close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO migration VALUES (99, 'later')")
    db.close()
    with pytest.raises(StorageError, match="version 99"):
        SqliteStorage(path, "c")
    with pytest.raises(StorageError, match="version 99"):  # and not "already running"
        SqliteStorage(path, "c")


def test_an_offset_of_debezium_is_understood() -> None:
    text = '{"transaction_id":null,"ts_sec":1,"file":"b.1","pos":4,"gtids":null,"row":1,"server_id":2,"event":3}'
    assert Offset.from_json(text) == Offset("b.1", 4, "", events=3, rows=1)
    assert Offset.from_json(OFFSET.to_json()) == OFFSET
    with pytest.raises(ValueError, match="needs 'file'"):
        Offset.from_json('{"file": "x"}')
