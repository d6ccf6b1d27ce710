"""All exercises, in the order of the lessons; a file for each topic."""

from __future__ import annotations

import difflib
from typing import Final

from tailrace.errors import ConfigError
from tailrace.learn.exercise import Exercise
from tailrace.learn.exercises import (
    alarms,
    alerts,
    aurora,
    binlog,
    configuration,
    connectors,
    dashboards,
    drill,
    failover,
    gtid,
    history,
    lag,
    modes,
    online_change,
    parameters,
    purged,
    retention,
    signals,
    snapshots,
    wal,
)

EXERCISES: Final[tuple[Exercise, ...]] = (
    *binlog.EXERCISES,
    *gtid.EXERCISES,
    *retention.EXERCISES,
    *configuration.EXERCISES,
    *wal.EXERCISES,
    *history.EXERCISES,
    *parameters.EXERCISES,
    *aurora.EXERCISES,
    *modes.EXERCISES,
    *lag.EXERCISES,
    *dashboards.EXERCISES,
    *alerts.EXERCISES,
    *alarms.EXERCISES,
    *failover.EXERCISES,
    *snapshots.EXERCISES,
    *signals.EXERCISES,
    *purged.EXERCISES,
    *connectors.EXERCISES,
    *online_change.EXERCISES,
    *drill.EXERCISES,
)


def find(name: str) -> Exercise:
    """Raises ConfigError where there is none of this name."""
    known = {exercise.name: exercise for exercise in EXERCISES}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1, 0.4)
    raise ConfigError(
        f"no exercise is called {name}", hint=f"did you mean {near[0]}?" if near else "tailrace learn list"
    )
