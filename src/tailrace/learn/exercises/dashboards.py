"""Lesson 10: a dashboard that is read: which panel shows what somebody did, and what it says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen
from tailrace.learn.exercises.alerts import LOOK_SECONDS, TRY_SECONDS
from tailrace.learn.exercises.lag import CONNECTED
from tailrace.learn.stage import CONNECTOR, DATABASE
from tailrace.ops.dashboards import DASHBOARDS
from tailrace.ops.dashboards.watch import Choice, fill
from tailrace.ops.http import Access
from tailrace.ops.prometheus import Prometheus
from tailrace.ops.snapshot.message import execute

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

DASHBOARD: Final = "debezium-mysql"
DISTURBED: Final = ("Connections lost", "Changes in the last hour", "Rows read", "Changes of tables")
"""Panels of which one shows what was done; in all others it is as it should be."""
CALM: Final = ("Lag", "Queue in use", "GTID gap", "Events passed over")
PANEL: Final = f"{HIDDEN}panel"
TABLE, ARCHIVE = "catalogue", "archive"
TOLERANCE: Final = 0.1
"""So much changes what `increase` says of an hour of which it has seen seconds."""


def _draw(random: Random) -> dict[str, str]:
    panel = random.choice(DISTURBED)
    times = random.randrange(3, 6) if panel == "Connections lost" else random.randrange(200, 900)
    if panel == "Changes of tables":
        times = random.randrange(12, 30)
    other = random.choice([each for each in (*DISTURBED, *CALM) if each != panel])
    return {PANEL: panel, f"{HIDDEN}times": str(times), f"{HIDDEN}other": other}


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    """A connector of the stream alone, watched; then one thing is done to it, and Prometheus has seen it."""
    times = int(values[f"{HIDDEN}times"])
    stage.prometheus.look_every(LOOK_SECONDS)
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    for table in (TABLE, ARCHIVE):
        stage.primary.execute(f"CREATE TABLE {DATABASE}.{table} (id INT PRIMARY KEY AUTO_INCREMENT, n INT)")
    _insert(stage, ARCHIVE, times)
    stage.make_connector({"snapshot.mode": "no_data"})
    stage.until(lambda: _lost(stage) is not None, TRY_SECONDS)
    _insert(stage, TABLE, 1)
    stage.settle()
    # What came before the first scrape is no change for a rate.
    stage.until(lambda: _shown(stage, "Changes in the last hour") is not None, TRY_SECONDS)
    before = _shown(stage, values[PANEL]) or 0.0
    DISTURBANCES[values[PANEL]](stage, times)
    stage.settle()
    stage.until(lambda: (_shown(stage, values[PANEL]) or 0.0) >= before + times * (1 - TOLERANCE), TRY_SECONDS)


def _insert(stage: Stage, table: str, rows: int) -> None:
    stage.primary.execute(
        f"INSERT INTO {DATABASE}.{table} (n) WITH RECURSIVE n (i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) SELECT i FROM n",
        (rows,),
    )


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
    _insert(stage, TABLE, times)


def _read_again(stage: Stage, _times: int) -> None:
    """A table that was there before the connector."""
    stage.connect.signal(CONNECTOR, execute((f"{DATABASE}.{ARCHIVE}",), (), None).document())


def _alter(stage: Stage, times: int) -> None:
    for number in range(times):
        stage.primary.execute(f"ALTER TABLE {DATABASE}.{TABLE} ADD COLUMN tried_{number} INT")


DISTURBANCES: Final = {
    "Connections lost": _cut,
    "Changes in the last hour": _flood,
    "Rows read": _read_again,
    "Changes of tables": _alter,
}


# -- what it shows -----------------------------------------------------------------------------------------------------


def _shown(stage: Stage, title: str) -> float | None:
    """The panel's figure: of its queries and series the greatest. None: it is empty."""
    asked = Prometheus(Access(stage.prometheus.url))
    (panel,) = (each for each in DASHBOARDS[DASHBOARD].panels() if each.title == title)
    choice = Choice(name=CONNECTOR)
    found = [series.value for query in panel.queries for series in asked.query(fill(query.expression, choice))]
    return max(found, default=None)


def _named(_stage: Stage, values: Values, answers: Answers) -> Seen:
    given = answers.get("panel", "")
    return Seen(given == values[PANEL], given or "—")


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
        questions=(Question("panel", (*DISTURBED, *CALM)), Question("value")),
        observations=(Observation("panel", _named), Observation("value", _read)),
        parts=frozenset({"worker", "prometheus"}),
    ),
)
