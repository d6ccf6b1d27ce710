"""Lesson 10: what lag figures say, and when they lie."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import Exercise, Kind, Observation, Question, Seen, predicted
from tailrace.learn.incident import incident
from tailrace.learn.stage import CONNECTOR

if TYPE_CHECKING:
    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

BEHIND: Final = "debezium_metrics_MilliSecondsBehindSource"
SINCE: Final = "debezium_metrics_MilliSecondsSinceLastEvent"
CONNECTED: Final = "debezium_metrics_Connected"
TOLERANCE: Final = 0.3
COURSES: Final = ("grows", "stands still", "minus one")


def _table(stage: Stage) -> None:
    stage.primary.execute("CREATE DATABASE shop")
    stage.primary.execute("CREATE TABLE shop.beats (id INT PRIMARY KEY AUTO_INCREMENT, at DATETIME(6))")


def _beat(stage: Stage) -> None:
    stage.primary.execute("INSERT INTO shop.beats (at) VALUES (NOW(6))")


def prepare_idle(stage: Stage, _values: dict[str, str]) -> None:
    """A connector that streams, has seen one change, and has nothing more to read."""
    _table(stage)
    stage.make_connector()
    stage.until(lambda: _figure(stage, CONNECTED) == 1, 30)
    _beat(stage)
    stage.until(lambda: _figure(stage, SINCE) >= 0, 30)
    stage.settle()


def _figure(stage: Stage, name: str) -> float:
    found = stage.metrics().value(name, context="streaming", name=CONNECTOR)
    return -1.0 if found is None else found


def _course(figures: list[float]) -> str:
    """In a word, of figures taken one after another."""
    if all(figure == -1 for figure in figures):
        return "minus one"
    return "stands still" if len(set(figures)) == 1 else "grows"


# -- an idle source ----------------------------------------------------------------------------------------------------


def _watch_idle(stage: Stage, values: Values) -> dict[str, str]:
    behind, since = [], []
    for _ in range(4):
        behind.append(_figure(stage, BEHIND))
        since.append(_figure(stage, SINCE))
        time.sleep(int(values["seconds"]) / 4)
    return {"measured.behind": _course(behind), "measured.since": _course(since)}


# -- a connector that was paused ---------------------------------------------------------------------------------------


def _pause_and_resume(stage: Stage, values: Values) -> dict[str, str]:
    """The largest figure told after the pause, in seconds."""
    stage.connect.pause(CONNECTOR)
    stage.connect.await_status(CONNECTOR, lambda status: status is not None and status.is_paused, seconds=20)
    began = time.monotonic()
    while time.monotonic() - began < int(values["seconds"]):
        _beat(stage)
        time.sleep(0.5)
    stage.connect.resume(CONNECTOR)
    largest = 0.0

    def caught_up() -> bool:
        nonlocal largest
        largest = max(largest, _figure(stage, BEHIND))
        return stage.caught_up()

    stage.until(caught_up, 20)
    return {"measured.seconds": f"{_figure_of_first(stage, largest):.1f}"}


def _figure_of_first(stage: Stage, told: float) -> float:
    """The scrape may miss the worst moment; the events have it: the largest of ts_ms - source.ts_ms."""
    delays = [float(event["ts_ms"] - event["source"]["ts_ms"]) for event in stage.written() if event["op"] == "c"]
    return max([told, *delays]) / 1000


def _near(_stage: Stage, values: Values, answers: Answers) -> Seen:
    measured = float(values["measured.seconds"])
    try:
        given = float(answers.get("seconds", "").strip().removesuffix("s"))
    except ValueError:
        return Seen(holds=False, evidence=f"{measured} s; {answers.get('seconds', '')!r} is no number")
    # A machine that is slow to go on makes it longer, and the prediction no worse.
    least = min(measured, float(values["seconds"]))
    return Seen((1 - TOLERANCE) * least <= given <= (1 + TOLERANCE) * measured, f"{measured} s")


EXERCISES: Final = (
    Exercise(
        name="lag-of-an-idle-source",
        lesson=10,
        kind=Kind.PREDICTION,
        abilities=("R1", "R14"),
        draw=lambda random: {"seconds": str(random.randrange(8, 13))},
        prepare=prepare_idle,
        questions=(Question("behind", COURSES), Question("since", COURSES)),
        experiment=_watch_idle,
        observations=(predicted("behind"), predicted("since")),
    ),
    Exercise(
        name="lag-after-a-pause",
        lesson=10,
        kind=Kind.PREDICTION,
        abilities=("R1",),
        draw=lambda random: {"seconds": str(random.randrange(8, 16))},
        prepare=prepare_idle,
        questions=(Question("seconds"),),
        experiment=_pause_and_resume,
        observations=(Observation("seconds", _near),),
    ),
    incident(
        "it-was-fine-an-hour-ago",
        lesson=10,
        pool=("dead-path", "connector-paused", "account-locked"),
        choices=("dead-path", "connector-paused", "account-locked", "xa-prepared", "slow-sink", "wrong-filter"),
        abilities=("R1", "R14"),
    ),
)
