"""Lesson 10: an alert of one's own, judged by series that it has not seen, and by a fault of the living lab."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from tailrace.lab import monitoring
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Seen
from tailrace.learn.exercises.lag import CONNECTED, prepare_idle
from tailrace.ops.http import Access
from tailrace.ops.prometheus import Prometheus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from random import Random

    from tailrace.learn.exercise import Answers, Look, Values
    from tailrace.learn.stage import Stage

LATE_NAMES: Final = ("ShopIsLate", "EventsAreOld", "CaptureBehind")
SILENT_NAMES: Final = ("ShopIsUnseen", "NoFigures", "CaptureUnwatched")
FAULTS: Final = ("source", "worker")
"""What hangs while the rules are tried: the one makes the lag grow, the other leaves no figures."""
LOOK_SECONDS: Final = 1.0
TRY_SECONDS: Final = 30.0
"""The greatest threshold and the longest `for` make 13 s of it, a scrape and an evaluation two more."""
CALM: Final = 20
"""Seconds that each course of series begins with, all being well."""
AFTER: Final = 3
TOOL_SECONDS: Final = 30.0
_LABELS: Final = 'instance="worker:9404", job="tailrace"'
_OF: Final = f'context="streaming", {_LABELS}, name="shop", plugin="mysql", server="shop"'
LAG: Final = f"debezium_metrics_MilliSecondsBehindSource{{{_OF}}}"


def _draw(random: Random) -> dict[str, str]:
    return {
        "late": random.choice(LATE_NAMES),
        "silent": random.choice(SILENT_NAMES),
        "threshold": str(random.randrange(4, 8)),
        "hold": str(random.randrange(4, 7)),
        f"{HIDDEN}fault": random.choice(FAULTS),
    }


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    """A connector that has nothing to read, and a Prometheus that looks each second and has our rules alone."""
    stage.prometheus.look_every(LOOK_SECONDS)
    prepare_idle(stage, values)
    asked = client(stage)
    stage.until(lambda: bool(asked.query(f"{CONNECTED} == 1")), TRY_SECONDS)


def client(stage: Stage) -> Prometheus:
    """Of the lab's, to ask it."""
    return Prometheus(Access(stage.prometheus.url))


# -- what is loaded ----------------------------------------------------------------------------------------------------


def _loaded(stage: Stage, values: Values, _answers: Answers) -> Seen:
    wanted = {values["late"], values["silent"]}
    there = {rule.name: rule for rule in client(stage).rules() if rule.name in wanted}
    told = "; ".join(f"{rule.name}: {rule.error or rule.expression}" for rule in there.values())
    return Seen(set(there) == wanted and not any(rule.error for rule in there.values()), told or "—")


# -- series that the rules have not seen -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Course:
    """One, and which of the two alerts fires at which second."""

    series: Mapping[str, str]
    fires: Sequence[tuple[int, str, bool]]


def _healthy(lag: str = "0x200", up: str = "1x200", **others: str) -> dict[str, str]:
    """A scrape each second, in promtool's words."""
    figures = {"Connected": "1x200", "MilliSecondsSinceLastEvent": "0+1000x200", "QueueRemainingCapacity": "8192x200"}
    return {
        LAG: lag,
        f"up{{{_LABELS}}}": up,
        f"debezium_metrics_SnapshotRunning{{{_OF.replace('streaming', 'snapshot')}}}": others.get("Running", "0x200"),
        **{f"debezium_metrics_{name}{{{_OF}}}": others.get(name, figures[name]) for name in figures},
    }


def _sustained(values: Values) -> list[Course]:
    threshold, hold = int(values["threshold"]) * 1000, int(values["hold"])
    late = values["late"]
    high = _healthy(f"0x{CALM - 1} {threshold + 500}x180")
    return [Course(high, [(CALM + hold - 2, late, False), (CALM + hold + AFTER, late, True)])]


def _brief(values: Values) -> list[Course]:
    threshold, hold, late = int(values["threshold"]) * 1000, int(values["hold"]), values["late"]
    spike = _healthy(f"0x{CALM - 1} {threshold * 10}x{hold - 3} 0x150")
    below = _healthy(f"0x{CALM - 1} {threshold - 100}x180")
    return [
        Course(spike, [(CALM + second, late, False) for second in range(hold + AFTER)]),
        Course(below, [(CALM + 60, late, False)]),
    ]


def _absent(values: Values) -> list[Course]:
    gone = _healthy(
        f"0x{CALM - 1} stale",
        f"1x{CALM - 1} 0x180",
        Connected=f"1x{CALM - 1} stale",
        MilliSecondsSinceLastEvent=f"0+1000x{CALM - 1} stale",
        QueueRemainingCapacity=f"8192x{CALM - 1} stale",
        Running=f"0x{CALM - 1} stale",
    )
    return [Course(gone, [(CALM + int(values["hold"]) + AFTER, values["silent"], True)])]


def _calm(values: Values) -> list[Course]:
    """Idle for long; and a first snapshot: not connected, no lag known."""
    snapshot = _healthy("-1x200", Connected="0x200", Running="1x200")
    both = (values["late"], values["silent"])
    return [Course(series, [(150, name, False) for name in both]) for series in (_healthy(), snapshot)]


COURSES: Final[dict[str, Callable[[Values], list[Course]]]] = {
    "sustained": _sustained,
    "brief": _brief,
    "absent": _absent,
    "calm": _calm,
}


def _test(course: Course, files: Sequence[Path]) -> str:
    """As promtool reads it."""
    return yaml.safe_dump(
        {
            "rule_files": [str(file) for file in files],
            "evaluation_interval": "1s",
            "tests": [
                {
                    "interval": "1s",
                    "input_series": [{"series": name, "values": each} for name, each in course.series.items()],
                    "promql_expr_test": [
                        {
                            "expr": f'vector(0) < bool (count(ALERTS{{alertname="{name}", alertstate="firing"}})'
                            " or vector(0))",
                            "eval_time": f"{second}s",
                            "exp_samples": [{"labels": "{}", "value": int(fires)}],
                        }
                        for second, name, fires in course.fires
                    ],
                }
            ],
        }
    )


def _judge(stage: Stage, courses: Sequence[Course]) -> Seen:
    """By promtool; where the rules are wrong, of the first course at which they are the first moment."""
    files = stage.prometheus.other_rules()
    if not files:
        return Seen(holds=False, evidence=f"{stage.prometheus.rules}: —")
    for course in courses:
        with tempfile.TemporaryDirectory() as folder:
            test = Path(folder) / "test.yml"
            test.write_text(_test(course, files), encoding="utf-8")
            command = [str(monitoring.programs().promtool.path), "test", "rules", str(test)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TOOL_SECONDS)
        if done.returncode:
            return Seen(holds=False, evidence=_against(done.stdout + done.stderr, course))
    return Seen(holds=True, evidence=f"promtool test rules: {len(courses)}")


def _against(said: str, course: Course) -> str:
    for second, name, fires in course.fires:
        if f'"{name}"' in said.replace("\\", "") and f"time: {_clock(second)}" in said:
            return f"{LAG.partition('{')[0]} {course.series[LAG]}: t = {second} s, {name} = {int(not fires)}"
    return said.strip().rpartition("\n")[2].strip()


def _clock(seconds: int) -> str:
    """As promtool writes moments: `95s` is `1m35s`."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes and rest else f"{minutes}m" if minutes else f"{rest}s"


def _judged(which: str) -> Look:
    def look(stage: Stage, values: Values, _answers: Answers) -> Seen:
        return _judge(stage, COURSES[which](values))

    return look


# -- and the living lab ------------------------------------------------------------------------------------------------


def _try(stage: Stage, values: Values) -> dict[str, str]:
    """Something hangs, and goes on: what the alerts did. Not before the rules have passed on series."""
    judged = [course for make in COURSES.values() for course in make(values)]
    if not _loaded(stage, values, {}).holds or not _judge(stage, judged).holds:
        return {}
    asked, name = client(stage), values["late" if values[f"{HIDDEN}fault"] == "source" else "silent"]
    before = " ".join(_firing(asked, values))
    hangs = stage.primary if values[f"{HIDDEN}fault"] == "source" else stage.worker.process
    hangs.pause()
    began = time.monotonic()
    try:
        fired = stage.until(lambda: name in _firing(asked, values), TRY_SECONDS)
        took = time.monotonic() - began
        others = " ".join(each for each in _firing(asked, values) if each != name)
    finally:
        hangs.resume()
    resolved = stage.until(lambda: not list(_firing(asked, values)), TRY_SECONDS)
    return {
        "measured.live": json.dumps(
            {"before": before, "fired": f"{took:.1f} s" if fired else "", "others": others, "resolved": resolved}
        )
    }


def _firing(asked: Prometheus, values: Values) -> Iterator[str]:
    ours = (values["late"], values["silent"])
    return (each.name for each in asked.alerts() if each.state == "firing" and each.name in ours)


def _live(_stage: Stage, values: Values, _answers: Answers) -> Seen:
    if "measured.live" not in values:
        return Seen(holds=False, evidence="—")
    found = json.loads(values["measured.live"])
    holds = bool(found["fired"]) and found["resolved"] and not found["before"]
    return Seen(holds, ", ".join(f"{name} = {value}" for name, value in found.items()))


EXERCISES: Final = (
    Exercise(
        name="an-alert-of-your-own",
        lesson=10,
        kind=Kind.LAB,
        abilities=("R3", "R14"),
        draw=_draw,
        prepare=_prepare,
        experiment=_try,
        observations=(
            Observation("loaded", _loaded),
            *(Observation(which, _judged(which)) for which in COURSES),
            Observation("live", _live),
        ),
        parts=frozenset({"worker", "prometheus"}),
    ),
)
