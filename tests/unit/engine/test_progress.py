"""What the board makes of what the engine's threads write, at moments of the test's choosing."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tailrace.engine import progress as module
from tailrace.engine.progress import ProgressBoard
from tailrace.errors import DecodeError, SinkError
from tailrace.model.incremental import Incremental, Requested
from tailrace.model.offset import Offset
from tailrace.model.progress import SnapshotPhase, State
from tailrace.model.table import TableId

if TYPE_CHECKING:
    from tailrace._kernel import Batch

TABLE = TableId("shop", "orders")


@dataclass
class Clock:
    now: float = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def _batch(rows: int = 1, *, reads: int = 0) -> Batch:
    batch: Any = SimpleNamespace(
        rows=rows, memory=100 * rows, commit=SimpleNamespace(transactions=1), counts=[(*TABLE, rows, 0, 0, reads)]
    )
    return batch


def _streaming(clock: Clock) -> ProgressBoard:
    """A board whose last transaction took a second."""
    board = ProgressBoard("c", "s", 1 << 20)
    board.enter(State.STREAMING)
    board.ask("binlog.1", 4)
    board.hear()
    _deliver(board, clock, committed=clock.now - 1)
    board.ask("binlog.1", 100)
    return board


def _deliver(board: ProgressBoard, clock: Clock, *, committed: float) -> None:
    board.hand_over()
    board.delivered(_batch(), Offset("binlog.1", 100, "", int(committed * 1e6)), 0)
    assert board.read().last_event == clock.now


def test_lag_is_what_the_last_transaction_took(clock: Clock) -> None:
    board = _streaming(clock)
    clock.now += 60
    assert board.read().lag == pytest.approx(1)


def test_lag_grows_while_the_source_is_not_reached(clock: Clock) -> None:
    board = _streaming(clock)
    clock.now += 10
    board.enter(State.RECONNECTING, "gone")
    clock.now += 30
    board.enter(State.RECONNECTING, "still gone")
    clock.now += 30
    told = board.read()
    assert told.lag == pytest.approx(61)
    assert (told.since, told.reconnects, told.reason) == (1010.0, 1, "still gone")


def test_lag_grows_while_the_sink_takes_nothing(clock: Clock) -> None:
    board = _streaming(clock)
    clock.now += 3600
    board.hand_over()
    assert board.read().lag == pytest.approx(1), "a quiet hour is no lag"
    clock.now += 30
    assert board.read().lag == pytest.approx(31)
    board.delivered(_batch(), Offset("binlog.1", 200, "", int((clock.now - 30) * 1e6)), 0)
    assert board.read().lag == pytest.approx(30)


def test_lag_grows_while_the_sink_holds_what_it_was_given_and_acknowledges_nothing(clock: Clock) -> None:
    board = _streaming(clock)
    clock.now += 0.5
    board.hear()
    board.ask("binlog.1", 100)
    assert board.read().lag == 0, "that the offset is not due to be stored yet is no lag"
    board.storing()
    clock.now += 30
    board.hear()
    board.ask("binlog.1", 100)
    assert board.read().lag == pytest.approx(30)
    offset = board.read().offset
    assert offset is not None
    board.stored(offset)
    assert board.read().lag == 0


def test_lag_grows_while_what_came_is_not_decoded(clock: Clock) -> None:
    board = _streaming(clock)
    board.hear()
    clock.now += 20
    assert board.read().lag == pytest.approx(21)


def test_a_heartbeat_says_that_nothing_is_left(clock: Clock) -> None:
    board = _streaming(clock)
    clock.now += 0.5
    board.hear()
    board.ask("binlog.1", 100)
    assert board.read().lag == 0
    assert board.read().reading.last_event < clock.now == board.read().reading.last_heard


def test_the_next_part_of_a_large_event_is_no_heartbeat(clock: Clock) -> None:
    board = _streaming(clock)
    clock.now += 0.01
    board.hear()
    board.ask("binlog.1", 100)
    assert board.read().lag == pytest.approx(1)


def test_after_a_reconnect_nothing_is_known_of_the_end(clock: Clock) -> None:
    board = _streaming(clock)
    clock.now += 0.5
    board.hear()
    board.ask("binlog.1", 100)
    board.enter(State.RECONNECTING, "gone")
    board.enter(State.STREAMING)
    assert board.read().lag == pytest.approx(1)


def test_delivered_and_not_stored_has_an_age(clock: Clock) -> None:
    board = _streaming(clock)
    assert board.read().waiting_for_store == 1000.0
    offset = board.read().offset
    assert offset is not None
    clock.now += 5
    board.stored(offset)
    assert board.read().waiting_for_store == 0


def test_errors_are_counted_by_whose_they_are(clock: Clock) -> None:
    board = _streaming(clock)
    board.fail(SinkError("full"))
    assert (board.read().sink_errors, board.read().erroneous, board.read().state) == (1, 0, State.FAILED)
    board.fail(DecodeError("torn"))
    assert (board.read().sink_errors, board.read().erroneous) == (1, 1)


def test_a_snapshot_counts_its_own_rows(clock: Clock) -> None:
    board = ProgressBoard()
    board.enter(State.SNAPSHOT)
    board.snapshot(tables=2, tables_done=1, estimated_rows=10)
    clock.now += 3
    board.delivered(_batch(7, reads=7), None, 0)
    told = board.read().snapshot
    assert (told.phase, told.rows, told.last_row) == (SnapshotPhase.RUNNING, {TABLE: 7}, 1003.0)
    board.snapshot_ends(SnapshotPhase.ABORTED)
    board.enter(State.RECONNECTING, "gone")
    clock.now += 1
    board.enter(State.SNAPSHOT)
    assert board.read().snapshot.rows == {}, "taken again, counted again"


def test_an_incremental_snapshot_is_told_by_the_offsets_that_carry_it(clock: Clock) -> None:
    board = _streaming(clock)
    state = Incremental((Requested(TABLE, "1"), Requested(TableId("shop", "b"), "1")))
    board.reached(Offset("binlog.1", 200, "", incremental=state))
    assert board.read().snapshot.phase is SnapshotPhase.RUNNING
    clock.now += 10
    board.reached(Offset("binlog.1", 200, "", incremental=Incremental(state.tables[1:], last=("5", None), paused=True)))
    told = board.read().snapshot
    assert (told.phase, told.tables, told.tables_done, told.last_key) == (SnapshotPhase.PAUSED, 2, 1, "5,<null>")
    clock.now += 10
    board.reached(Offset("binlog.1", 200, "", incremental=Incremental(state.tables[1:])))
    board.reached(Offset("binlog.1", 300, ""))
    told = board.read().snapshot
    assert (told.phase, told.tables_done, told.paused_seconds) == (SnapshotPhase.COMPLETED, 2, 10)


def test_an_event_that_is_passed_over_counts_as_erroneous_and_the_run_goes_on() -> None:
    board = ProgressBoard("shop", "shop", 1024)
    board.enter(State.STREAMING)
    board.pass_over()
    board.pass_over()
    assert (board.read().erroneous, board.read().passed_over, board.read().state) == (2, 2, State.STREAMING)
