"""What is made of what can be seen; the cases are those that a Debezium 3.6.1 has shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tailrace.ops.snapshot.look import notification, tables_of
from tailrace.ops.snapshot.standing import Outcome, Phase, Reported, Seen, Told, answered, outcome, silence, standing
from tailrace.ops.snapshot.windows import told_of
from tailrace.ops.target import Target

INCREMENTAL, INITIAL = "Incremental Snapshot", "Initial Snapshot"
RUNNING = Reported(Phase.RUNNING, tables=6, remaining=2, rows={"a.b": 600, "a.c": 0}, seconds=3)
COMPLETED = replace(RUNNING, phase=Phase.COMPLETED)


def told(kind: str, signal: str = "s", aggregate: str = INCREMENTAL, **data: str) -> Told:
    return Told(signal, aggregate, kind, data)


def test_rate_and_time_left_come_from_two_looks_and_estimates() -> None:
    before = Seen(10.0, replace(RUNNING, rows={"a.b": 400}))
    now = Seen(12.0, RUNNING, queue=("a.b", "a.c"), estimates={"a.b": 1000, "a.c": 600})
    found = standing(now, before)
    assert (found.phase, found.rate, found.eta, found.waiting) == (Phase.RUNNING, 100.0, 10.0, ("a.b", "a.c"))
    assert standing(replace(now, estimates={"a.b": 1000}), before).eta is None
    own = replace(RUNNING, estimated=900)
    assert standing(Seen(12.0, own), Seen(10.0, replace(own, rows={"a.b": 450}))).eta == 4.0


def test_a_snapshot_that_does_not_move_has_no_time_left_instead_of_a_wrong_one() -> None:
    still = Seen(12.0, RUNNING, queue=("a.b",), estimates={"a.b": 1000})
    assert standing(still, replace(still, at=10.0)).rate == 0
    assert standing(still, replace(still, at=10.0)).eta is None


@pytest.mark.parametrize(
    ("seen", "phase"),
    [
        (Seen(0), Phase.UNKNOWN),
        (Seen(0, queue=()), Phase.NONE),
        (Seen(0, queue=("a.b",)), Phase.RUNNING),
        (Seen(0, told=(told("STARTED"), told("PAUSED"))), Phase.PAUSED),
        (Seen(0, told=(told("STARTED"), told("PAUSED"), told("RESUMED"))), Phase.RUNNING),
        # An offset is stored late: what is done is done.
        (Seen(0, COMPLETED, queue=("a.b",)), Phase.COMPLETED),
        # A blocking snapshot between leaves SnapshotPaused at 0, though the incremental one still rests.
        (
            Seen(
                0,
                COMPLETED,
                (told("PAUSED"), told("STARTED", "x", INITIAL), told("COMPLETED", "y", INITIAL)),
                ("a.b",),
            ),
            Phase.PAUSED,
        ),
    ],
)
def test_the_phase_is_that_of_the_best_witness(seen: Seen, phase: Phase) -> None:
    assert standing(seen).phase is phase


def test_chunk_bounds_come_from_notifications_where_the_metrics_have_none() -> None:
    chunk = {"current_collection_in_progress": "a.b", "last_processed_key": "200", "maximum_key": "900"}
    found = standing(Seen(0, RUNNING, (told("STARTED", data_collections="a.b, a.c"), told("IN_PROGRESS", **chunk))))
    assert (found.table, found.last_key, found.greatest_key, found.waiting) == ("a.b", "200", "900", ("a.b", "a.c"))


BEFORE = Seen(0, COMPLETED, (), ())
DONE = Outcome(done=True)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((), Outcome(done=False)),
        ((told("STARTED"), told("TABLE_SCAN_COMPLETED", status="SUCCEEDED")), Outcome(done=False)),
        ((told("TABLE_SCAN_COMPLETED", status="SUCCEEDED"), told("COMPLETED")), DONE),
        # Debezium's blocking snapshots have ids of their own.
        ((told("STARTED", "u", INITIAL), told("COMPLETED", "v", INITIAL)), DONE),
        (
            (told("TABLE_SCAN_COMPLETED", status="UNKNOWN_SCHEMA", scanned_collection="a.b"), told("COMPLETED")),
            Outcome(done=True, problem="a.b: UNKNOWN_SCHEMA"),
        ),
        ((told("REFUSED", reason="no table"),), Outcome(done=True, problem="no table")),
        ((told("REFUSED", "another"),), Outcome(done=False)),
        ((told("ABORTED"),), Outcome(done=True, problem="it was stopped")),
    ],
)
def test_what_was_asked_for_is_done_when_notifications_say_so(given: tuple[Told, ...], wanted: Outcome) -> None:
    assert outcome("s", BEFORE, [Seen(1, COMPLETED, given, ())]) == wanted


def test_a_pause_that_was_not_read_yet_is_not_taken_for_one_that_rests() -> None:
    # A snapshot that was asked for just before has not begun: nothing runs, then as after the pause.
    assert not answered("p", Seen(1, COMPLETED, (told("STARTED"),)))
    assert answered("p", Seen(1, COMPLETED, (told("STARTED"), told("PAUSED", "p"))))
    assert answered("p", Seen(1, COMPLETED, None))


def test_without_notifications_an_end_counts_only_after_a_beginning() -> None:
    before = replace(BEFORE, told=None)
    assert not outcome("s", before, [Seen(1, COMPLETED)]).done
    assert outcome("s", before, [Seen(1, RUNNING), Seen(2, COMPLETED)]).done
    # Begun and ended between two looks: more rows than before.
    assert outcome("s", before, [Seen(1, replace(COMPLETED, rows={"a.b": 700}))]).done
    offsets = Seen(0, queue=())
    assert not outcome("s", offsets, [Seen(1, queue=())]).done
    assert outcome("s", offsets, [Seen(1, queue=("a.b",)), Seen(2, queue=())]).done


def test_a_repetition_between_two_looks_is_seen_by_its_rows_though_they_are_as_many() -> None:
    def look(at: float, *last: float) -> Seen:
        return Seen(at, replace(COMPLETED, last_event=(last[0], last[1])))

    # Asked for and had at 99.9 and 100.0: it came up to 0.1 s earlier than the later one says.
    before, same = look(100.0, 94.9, 95.0), look(101.0, 95.0, 95.1)
    again = look(102.0, 99.95, 100.1)
    assert not outcome("s", before, [same, same]).done
    # The figures of one answer are not of one instant: the end counts in the next.
    assert not outcome("s", before, [same, again]).done
    assert outcome("s", before, [same, again, replace(again, at=103.0)]).done
    assert not outcome("s", before, [again, Seen(103.0, replace(RUNNING, last_event=(101.0, 101.1)))]).done
    # The first rows since the connector was started.
    assert outcome("s", Seen(100.0, COMPLETED), [again, again]).done


def test_silence_counts_from_the_last_sign_of_a_stream_that_is_not_behind() -> None:
    shown = replace(COMPLETED, last_event=(95.0, 95.1))
    before = Seen(100.0, shown)
    still = [Seen(at, shown) for at in (110.0, 150.0, 170.0)]
    assert silence(before, still) == 70.0
    late = replace(still[1], reported=replace(shown, behind=60.0))
    assert silence(before, [still[0], late, replace(late, at=160.0, reported=shown)]) == 10.0
    runs = replace(still[1], reported=replace(RUNNING, last_event=(95.0, 95.1)))
    assert silence(before, [still[0], runs]) == 0.0
    rows = replace(still[1], reported=replace(COMPLETED, last_event=(140.0, 140.1)))
    assert silence(before, [still[0], rows, replace(rows, at=170.0)]) == 20.0
    # By notifications alone a piece that takes long is no silence; nothing at all is.
    told_ = [Seen(at, None, (told("STARTED"),)) for at in (110.0, 170.0)]
    assert silence(Seen(100.0, None, ()), told_) == 0.0
    assert silence(Seen(100.0, None, ()), [Seen(170.0, None, ())]) == 70.0


def test_what_the_windows_tell_of_one_that_is_not_seen() -> None:
    target = Target("shop", {"signal.data.collection": "a.signals"}, None, tailrace=False)
    assert "no window was opened in a.signals" in told_of(target, 2, 2)
    assert "a window was opened in a.signals and no row came" in told_of(target, 2, 3)
    for other in (replace(target, config={}), replace(target, config={**target.config, "read.only": "true"})):
        assert told_of(other, None, None).startswith("look whether the signal was taken")


def test_a_notification_is_read_with_its_schema_or_without() -> None:
    plain = (
        '{"id":"s","type":"PAUSED","aggregate_type":"Incremental Snapshot","additional_data":{"a":"b"},"timestamp":1}'
    )
    wanted = told("PAUSED", a="b")
    assert notification(plain.encode()) == wanted
    assert notification(f'{{"schema":{{}},"payload":{plain}}}'.encode()) == wanted
    for other in (b"", b"[]", b"\x00\x01", b'{"op":"c"}', b"null"):
        assert notification(other) is None


def test_tables_of_an_offset_are_read_and_nonsense_is_none() -> None:
    text = '[{"incremental_snapshot_collections_id":"a.b","incremental_snapshot_collections_surrogate_key":null}]'
    assert tables_of({"incremental_snapshot_collections": text}) == ("a.b",)
    for other in ({}, {"incremental_snapshot_collections": "x"}, {"incremental_snapshot_collections": "[1]"}):
        assert tables_of(other) == ()
