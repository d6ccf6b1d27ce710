"""Faults that are in the lab: kept in `faults.json` of its folder, so that another process can undo them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from tailrace.errors import LabError
from tailrace.lab.faults.fault import Fault, Need
from tailrace.lab.faults.scene import Scene, Worker
from tailrace.lab.faults.table import find
from tailrace.lab.pair import Lab
from tailrace.lab.server import write_private

SEEDS = 1 << 31


@dataclass(frozen=True)
class Active:
    """A fault that was injected and not healed."""

    name: str
    connector: str
    seed: int
    """The same seed draws the same values."""
    blind: bool
    """Whoever looks for it is not to be told."""
    since: float
    """Seconds since the epoch."""
    values: dict[str, str]
    """What the placeholders of its texts stand for."""
    kept: dict[str, Any]
    """What undoing it needs; may hold passwords."""

    def document(self) -> dict[str, Any]:
        """All that may be shown: of a blind one nothing that tells it."""
        told = {"connector": self.connector, "blind": self.blind, "since": self.since}
        return told if self.blind else {"name": self.name, **told, "seed": self.seed, "values": self.values}


def inject(
    name: str,
    lab: Lab,
    *,
    connector: str = "",
    worker: Worker | None = None,
    seed: int | None = None,
    blind: bool = False,
) -> Active:
    """Brings it about. Raises ConfigError where there is none of this name, LabError where it is there already or what
    it needs is not.
    """
    fault = find(name)
    if not lab.exists:
        raise LabError("no lab here", where=str(lab.folder), hint="tailrace lab up")
    if any(other.name == name for other in active(lab)):
        raise LabError(f"{name} is in the lab already", hint=f"tailrace lab fault heal {name}")
    drawn = Random().randrange(SEEDS) if seed is None else seed
    scene = Scene(lab, Random(f"{name} {drawn}"), connector, worker)
    if connector:
        scene.values["CONNECTOR"] = connector
    _check(fault, scene)
    begun = Active(name, connector, drawn, blind, time.time(), scene.values, scene.kept)
    try:
        fault.inject(scene)
    finally:
        # What was done by half must be undone too.
        _save(lab, [*active(lab), begun])
    return begun


def _check(fault: Fault, scene: Scene) -> None:
    """Before anything is done. Raises LabError where something that it needs is not there."""
    if Need.CONNECTOR in fault.needs:
        scene.at  # noqa: B018 - asked for its errors
        scene.database  # noqa: B018 - as above
    if Need.ENDPOINT in fault.needs:
        scene.endpoint  # noqa: B018 - as above
    if Need.KAFKA in fault.needs:
        scene.kafka  # noqa: B018 - as above


def heal(lab: Lab, name: str | None = None, *, worker: Worker | None = None) -> tuple[Active, ...]:
    """Undoes the fault of this name, or all, the last first; those that were undone. Raises LabError where it is not
    there, or cannot be undone now.
    """
    there = active(lab)
    wanted = [each for each in there if name in {None, each.name}]
    if name is not None and not wanted:
        find(name)
        raise LabError(f"{name} is not in the lab", hint="tailrace lab fault list")
    for each in reversed(wanted):
        scene = Scene(lab, Random(0), each.connector, worker, dict(each.values), dict(each.kept))
        find(each.name).heal(scene)
        _save(lab, [other for other in active(lab) if other.name != each.name])
    return tuple(wanted)


def active(lab: Lab) -> tuple[Active, ...]:
    """Those that are in the lab, oldest first. Raises LabError where the record is damaged."""
    try:
        return tuple(Active(**each) for each in json.loads(_file(lab).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
    except (ValueError, TypeError) as error:
        raise LabError(
            f"the record of faults cannot be read: {error}", where=str(_file(lab)), hint="remove it, tailrace lab reset"
        ) from error


def forget(lab: Lab) -> None:
    """All servers are new: so no fault is left."""
    _file(lab).unlink(missing_ok=True)


def _save(lab: Lab, there: list[Active]) -> None:
    write_private(_file(lab), json.dumps([asdict(each) for each in there]))


def _file(lab: Lab) -> Path:
    return lab.folder / "faults.json"
