"""What the console makes of figures: order, rates, alerts that hold, changes, sets of GTIDs."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from tailrace.errors import SourceError
from tailrace.model.progress import Distance, Progress, Reading, SnapshotPhase, SnapshotReport, Source, State
from tailrace.ops.alerts.table import ALERTS
from tailrace.ops.alerts.threshold import read_thresholds
from tailrace.ops.events.event import Record
from tailrace.ops.lag.facts import Replica
from tailrace.ops.topology.gtids import MOST, intervals, missing
from tailrace.ops.topology.read import Member
from tailrace.ui.change import shown
from tailrace.ui.fleet import row, worst_first
from tailrace.ui.history import KEPT, History
from tailrace.ui.judge import JUDGED, judge
from tailrace.ui.map import Captures, draw
from tailrace.ui.recent import Recent
from tailrace.worker.state import State as TaskState
from tailrace.worker.state import Target
from tailrace.worker.store import Status, Stored, Told

UUID = "3b3c02fd-e979-11f1-812b-02fc00000001"
NOW = 10_000.0
WELL = Progress(
    name="a",
    state=State.STREAMING,
    lag=0.1,
    queue_capacity=100,
    reading=Reading(last_event=NOW - 1),
    source=Source("db:3306", "8.4.0", UUID, gtids=True),
)


def told(task: TaskState | None, state: TaskState = TaskState.RUNNING, trace: str = "") -> Status:
    return Status(Told(state, "w:1"), Told(task, "w:1", trace) if task else None)


def fleet_row(
    name: str, progress: Progress | None = WELL, task: TaskState | None = TaskState.RUNNING, **more: Any
) -> Any:
    return row(Stored(name, {}, more.pop("target", Target.RUNNING)), told(task, **more), progress, [], (None, None))


def held(progress: Progress | None, status: Status | None = None, target: Target = Target.RUNNING) -> set[str]:
    stored = Stored("a", {}, target)
    found = judge(stored, status or told(TaskState.RUNNING), progress, read_thresholds(), NOW)
    return {each.alert for each in found}


def test_what_is_wrong_stands_above_what_is_late_and_what_rests_below_all() -> None:
    rows = [
        fleet_row("rests", None, None, state=TaskState.STOPPED, target=Target.STOPPED),
        fleet_row("fine"),
        fleet_row("late", replace(WELL, lag=90.0)),
        fleet_row("away", replace(WELL, state=State.RECONNECTING)),
        fleet_row("failed", task=TaskState.FAILED),
        fleet_row("not told of", None),
    ]
    names = [each["name"] for each in worst_first(rows)]
    assert names == ["failed", "away", "not told of", "late", "fine", "rests"]


def test_rows_do_not_change_places_by_milliseconds() -> None:
    rows = [fleet_row("a", replace(WELL, lag=0.001)), fleet_row("b", replace(WELL, lag=0.9))]
    assert [each["name"] for each in worst_first(rows)] == ["a", "b"]


def test_the_reason_of_a_failure_is_the_innermost_one() -> None:
    trace = "Error: outer\n  at x\nCaused by: the binlog is purged\n"
    assert fleet_row("a", task=TaskState.FAILED, trace=trace)["reason"] == "the binlog is purged"


def test_rates_are_of_the_last_ten_seconds_and_none_across_a_restart() -> None:
    history = History()
    for at, events in enumerate([0, 0, 0, 0, 0, 0, 20, 40, 60]):
        history.take([replace(WELL, events=events, bytes=events * 100)], 2.0 * at)
    assert history.rates("a") == (6.0, 600.0)
    history.take([replace(WELL, events=3)], 18.0)
    assert history.rates("a") == (None, None)
    assert history.rates("unknown") == (None, None)


def test_history_is_bounded_and_forgets_who_is_gone() -> None:
    history = History()
    for at in range(KEPT + 50):
        history.take([WELL], float(at))
    assert len(history.of("a")) == KEPT
    assert [sample.at for sample in history.of("a", since=KEPT + 48.0)] == [KEPT + 49.0]
    history.take([], 0.0)
    assert history.of("a") == []


def test_a_healthy_connector_holds_no_alert() -> None:
    assert held(WELL) == set()
    assert held(None, told(None)) == set()


@pytest.mark.parametrize(
    ("alert", "progress"),
    [
        ("CdcDisconnected", replace(WELL, state=State.RECONNECTING, since=NOW - 5)),
        ("CdcLagHigh", replace(WELL, lag=61.0)),
        ("CdcLagCritical", replace(WELL, lag=301.0)),
        (
            "CdcNoEvents",
            replace(WELL, reading=Reading(last_event=NOW - 400), distance=Distance(NOW, 3, None, None, None)),
        ),
        ("CdcQueueFull", replace(WELL, queue_bytes=90)),
        ("CdcOffsetNotStored", replace(WELL, waiting_for_store=NOW - 130)),
        ("CdcGtidOff", replace(WELL, source=Source("db:3306", gtids=False))),
        ("CdcBinlogPurgeNear", replace(WELL, distance=Distance(NOW, 0, 0, 5, 3600.0))),
        ("CdcBinlogPurged", replace(WELL, distance=Distance(NOW, 0, 0, 0, 0.0))),
        ("CdcErroneousEvents", replace(WELL, erroneous=1)),
        ("CdcSnapshotStalled", replace(WELL, snapshot=SnapshotReport(SnapshotPhase.RUNNING, began=NOW - 2000))),
        ("CdcSnapshotAborted", replace(WELL, snapshot=SnapshotReport(SnapshotPhase.ABORTED))),
    ],
)
def test_an_alert_holds_when_its_condition_does(alert: str, progress: Progress) -> None:
    assert held(progress) == {alert}


def test_failed_and_stopped_connectors_hold_their_alert_alone() -> None:
    assert held(replace(WELL, lag=999.0), told(TaskState.FAILED), Target.RUNNING) >= {"CdcTaskFailed"}
    assert held(None, told(TaskState.PAUSED, TaskState.PAUSED), Target.PAUSED) == {"CdcConnectorStopped"}
    rests = replace(WELL, state=State.STOPPED, lag=999.0, reading=Reading(last_event=NOW - 400))
    rests = replace(rests, distance=Distance(NOW, 9, 900, 900, 9_000_000.0))
    assert held(rests, told(TaskState.PAUSED, TaskState.PAUSED), Target.PAUSED) == {"CdcConnectorStopped"}


def test_what_a_resting_connector_has_yet_to_read_is_seen_to_be_purged() -> None:
    rests = replace(WELL, state=State.STOPPED, distance=Distance(NOW, 9, 900, 5, 3600.0))
    paused = told(TaskState.PAUSED, TaskState.PAUSED)
    assert held(rests, paused, Target.PAUSED) == {"CdcConnectorStopped", "CdcBinlogPurgeNear"}


def test_alerts_that_are_judged_are_ours() -> None:
    assert set(JUDGED) <= {alert.name for alert in ALERTS}


def test_a_change_shows_what_differs_and_keeps_every_digit() -> None:
    value = (
        b'{"before":{"id":1,"n":1,"gone":"x"},"after":{"id":1,"n":12345678901234567890},'
        b'"op":"u","source":{"db":"s","table":"t","ts_ms":5}}'
    )
    found = shown(Record(value, b'{"id":1}', "p.s.t", 0, 7, 5))
    assert found["key"] == {"id": "1"}
    assert found["place"] == "p.s.t/0@7"
    columns = {each["name"]: (each["before"], each["after"], each["changed"]) for each in found["columns"]}
    assert columns["id"] == ("1", "1", False)
    assert columns["n"] == ("1", "12345678901234567890", True)
    assert columns["gone"] == ("x", None, True)
    assert "12345678901234567890" in found["raw"]


def test_a_huge_value_is_cut() -> None:
    value = json.dumps({"before": None, "after": {"v": "x" * 100_000}, "op": "c"}).encode()
    found = shown(Record(value))
    assert len(found["columns"][0]["after"]) < 3000
    assert found["raw_cut"]
    assert len(found["raw"]) <= 20_000


def test_sets_become_intervals_tags_included() -> None:
    assert intervals(f"{UUID}:1-5:7:9-10,{UUID}:blue:1-3") == {
        UUID: [(1, 5), (7, 7), (9, 10)],
        f"{UUID}:blue": [(1, 3)],
    }
    assert intervals("") == {}
    many = f"{UUID}:" + ":".join(str(2 * each) for each in range(1, MOST + 100))
    assert len(intervals(many)[UUID]) == MOST


def test_what_is_missing_is_named() -> None:
    assert missing(f"{UUID}:1-10", f"{UUID}:1-4:6") == f"{UUID}:5:7-10"


def test_the_map_says_who_lacks_what_and_what_is_errant() -> None:
    other = "11111111-e979-11f1-812b-02fc00000001"
    top = Member("a:1", uuid=UUID, gtids=True, executed=f"{UUID}:1-10", purged=f"{UUID}:1-3")
    follows = Replica("a:1", receiving=True, applying=True, seconds=0.0, waiting=0)
    below = Member("b:1", uuid=other, gtids=True, executed=f"{UUID}:1-8,{other}:1", follows=follows)
    connectors = [Captures("shop", "vip:1", UUID, f"{UUID}:1-2", "streaming")]
    found = draw([below, top], connectors)
    assert [each["address"] for each in found["servers"]] == ["a:1", "b:1"]
    replica = found["servers"][1]
    assert (replica["lacks"], replica["errant"]) == (f"{UUID}:9-10", f"{other}:1")
    # By its uuid: the address of its configuration may be that of a proxy.
    shop = found["connectors"][0]
    assert (shop["reads"], shop["lacks_count"], shop["lost"]) == ("a:1", 8, f"{UUID}:3")
    assert [each["source"] for each in found["sources"]] == [UUID, other]
    assert [(each["name"], each["has"]) for each in found["sources"][0]["rows"]] == [
        ("a:1", [(1, 10)]),
        ("b:1", [(1, 8)]),
        ("shop", [(1, 2)]),
    ]


def test_ten_who_ask_at_once_cost_what_one_costs() -> None:
    clock, calls = [0.0], []
    recent = Recent(lambda: clock[0])

    def make() -> int:
        calls.append(1)
        return len(calls)

    threads = [threading.Thread(target=lambda: recent.get("k", 5.0, make)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recent.get("k", 5.0, make) == 1
    clock[0] = 6.0
    assert recent.get("k", 5.0, make) == 2


def test_a_failure_is_remembered_for_as_long() -> None:
    clock, calls = [0.0], []
    recent = Recent(lambda: clock[0])

    def fail() -> None:
        calls.append(1)
        raise SourceError("away")

    for _ in range(3):
        with pytest.raises(SourceError):
            recent.get("k", 5.0, fail)
    assert len(calls) == 1
