"""Lesson 10: a dashboard that is read: which panel shows what somebody did, and what it says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, named
from tailrace.learn.exercises.alerts import TRY_SECONDS, client
from tailrace.learn.exercises.lag import CONNECTED
from tailrace.learn.stage import CONNECTOR, DATABASE
from tailrace.ops.dashboards import DASHBOARDS
from tailrace.ops.dashboards.watch import Choice, fill
from tailrace.ops.snapshot.message import execute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

DASHBOARD: Final = "debezium-mysql"
CALM: Final = ("Lag", "Queue in use", "GTID gap", "Events passed over")
"""Panels on which all is as it should be."""
PANEL: Final = f"{HIDDEN}panel"
TABLE, ARCHIVE = "catalogue", "archive"
TOLERANCE: Final = 0.1
"""So much changes what `increase` says of an hour of which it has seen seconds."""
LOOK_SECONDS: Final = 0.25
SCRAPES: Final = 15
"""From so many on it changes by less: it goes on by up to a scrape's time, as a share of all that it has seen."""


def _draw(random: Random) -> dict[str, str]:
    panel = random.choice(list(DISTURBANCES))
    times = random.randrange(3, 6) if panel == "Connections lost" else random.randrange(200, 900)
    if panel == "Changes of tables":
        times = random.randrange(12, 30)
    other = random.choice([each for each in (*DISTURBANCES, *CALM) if each != panel])
    return {PANEL: panel, f"{HIDDEN}times": str(times), f"{HIDDEN}other": other}


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    """A connector of the stream alone, watched; then one thing is done to it, and Prometheus has seen it."""
    times = int(values[f"{HIDDEN}times"])
    stage.prometheus.look_every(LOOK_SECONDS)
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    for table in (TABLE, ARCHIVE):
        stage.primary.execute(f"CREATE TABLE {DATABASE}.{table} (id INT PRIMARY KEY AUTO_INCREMENT, n INT)")
    stage.insert(f"{DATABASE}.{ARCHIVE} (n)", times, "i")
    stage.make_connector({"snapshot.mode": "no_data"})
    stage.until(lambda: _lost(stage) is not None, TRY_SECONDS)
    _flood(stage, 1)
    stage.settle()
    # What came before the first scrape is no change for a rate.
    stage.until(lambda: _shown(stage, "Changes in the last hour") is not None, TRY_SECONDS)
    before = _shown(stage, values[PANEL]) or 0.0
    DISTURBANCES[values[PANEL]](stage, times)
    stage.settle()
    stage.until(lambda: (_shown(stage, values[PANEL]) or 0.0) >= before + times * (1 - TOLERANCE), TRY_SECONDS)
    stage.until(lambda: bool(client(stage).query(f"count_over_time({CONNECTED}[1h]) >= {SCRAPES}")), TRY_SECONDS)


def _cut(stage: Stage, times: int) -> None:
    """Whoever reads the binlog is thrown out, again and again."""
    for number in range(times):
        for (thread,) in stage.primary.execute(
            "SELECT processlist_id FROM performance_schema.threads WHERE processlist_command LIKE 'Binlog Dump%'"
        ):
            stage.primary.execute(f"KILL {thread}")
        stage.until(partial(_is_back, stage, number + 1), TRY_SECONDS)


def _lost(stage: Stage) -> float | None:
    return stage.metrics().value("debezium_metrics_NumberOfDisconnects", context="streaming", name=CONNECTOR)


def _is_back(stage: Stage, times: int) -> bool:
    """After so many lost connections."""
    return (_lost(stage) or 0) >= times and stage.metrics().value(CONNECTED, context="streaming", name=CONNECTOR) == 1


def _flood(stage: Stage, times: int) -> None:
    stage.insert(f"{DATABASE}.{TABLE} (n)", times, "i")


def _read_again(stage: Stage, _times: int) -> None:
    """A table that was there before the connector."""
    stage.connect.signal(CONNECTOR, execute((f"{DATABASE}.{ARCHIVE}",), (), None).document())


def _alter(stage: Stage, times: int) -> None:
    for number in range(times):
        stage.primary.execute(f"ALTER TABLE {DATABASE}.{TABLE} ADD COLUMN tried_{number} INT")


DISTURBANCES: Final[Mapping[str, Callable[[Stage, int], None]]] = {
    "Connections lost": _cut,
    "Changes in the last hour": _flood,
    "Rows read": _read_again,
    "Changes of tables": _alter,
}
"""What is done, by the panel that shows it."""


# -- what it shows -----------------------------------------------------------------------------------------------------


def _shown(stage: Stage, title: str) -> float | None:
    """The panel's figure: of its queries and series the greatest. None: it is empty."""
    asked = client(stage)
    (panel,) = (each for each in DASHBOARDS[DASHBOARD].panels() if each.title == title)
    choice = Choice(name=CONNECTOR)
    found = [series.value for query in panel.queries for series in asked.query(fill(query.expression, choice))]
    return max(found, default=None)


def _read(stage: Stage, values: Values, answers: Answers) -> Seen:
    """Against what Prometheus says now."""
    given = answers.get("value", "—")
    try:
        value = float(given.replace(",", "."))
    except ValueError:
        return Seen(holds=False, evidence=given)
    shown = _shown(stage, values[PANEL])
    holds = shown is not None and abs(value - shown) <= max(0.5, TOLERANCE * shown)
    return Seen(holds, f"{given}; {shown:g}" if holds else given)


EXERCISES: Final = (
    Exercise(
        name="one-panel-of-many",
        lesson=10,
        kind=Kind.LAB,
        abilities=("R4",),
        draw=_draw,
        prepare=_prepare,
        questions=(Question("panel", (*DISTURBANCES, *CALM)), Question("value")),
        observations=(named("panel"), Observation("value", _read)),
        parts=frozenset({"worker", "prometheus"}),
    ),
)
