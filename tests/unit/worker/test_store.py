"""What a worker remembers in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailrace.errors import StorageError
from tailrace.worker.sqlite import SqliteStore
from tailrace.worker.state import State, Target
from tailrace.worker.store import Status, Stored, Told

if TYPE_CHECKING:
    from pathlib import Path


def test_all_is_there_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new" / "worker.db"
    store = SqliteStore(path)
    store.put(Stored("b", {"name": "b", "x": "ü"}, Target.PAUSED))
    store.put(Stored("a", {"name": "a"}))
    store.put(Stored("a", {"name": "a", "y": "1"}, Target.STOPPED))
    status = Status(Told(State.RUNNING, "w:1"), Told(State.FAILED, "w:1", "gone"))
    store.put_status("a", status)
    store.put_topics("a", ["z", "y"])
    store.close()
    again = SqliteStore(path)
    assert again.connectors() == [Stored("a", {"name": "a", "y": "1"}, Target.STOPPED), again.connector("b")]
    assert again.status("a") == status
    assert again.status("b") is None
    assert again.topics("a") == ["y", "z"]
    again.delete("a")
    again.delete("a")
    assert again.connector("a") is None
    assert again.topics("a") == []
    again.close()


def test_a_second_worker_on_the_same_files_is_refused(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "worker.db")
    with pytest.raises(StorageError, match="this worker folder is in use by process"):
        SqliteStore(tmp_path / "worker.db")
    store.close()
    SqliteStore(tmp_path / "worker.db").close()


def test_passwords_in_configurations_are_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "worker.db"
    SqliteStore(path).close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_is_none_of_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "worker.db").write_text("hello " * 1000)
    with pytest.raises(StorageError, match=r"worker\.folder"):
        SqliteStore(tmp_path / "worker.db")
