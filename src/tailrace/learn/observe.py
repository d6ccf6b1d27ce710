"""Looks that several exercises share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace.learn.exercise import Seen
from tailrace.learn.stage import DATABASE, SETTLE_SECONDS

if TYPE_CHECKING:
    from tailrace.learn.exercise import Answers, Look, Values
    from tailrace.learn.stage import Stage


def running(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """The connector and its task run."""
    return Seen(stage.is_running(), stage.state())


def equal(name: str = "table") -> Look:
    """What was written makes the table of the value `name`, once the connector has caught up, which it must."""

    def look(stage: Stage, values: Values, _answers: Answers) -> Seen:
        if not stage.is_running():
            return Seen(holds=False, evidence=stage.state())
        stage.until_still(stage.caught_up, SETTLE_SECONDS)
        found = stage.compare(values[name])
        if found is None:
            return Seen(holds=False, evidence=f"{DATABASE}.{values[name]}?")
        return Seen(found.equal, f"{found.rebuilt_rows} {'=' if found.equal else '≠'} {found.server_rows}")

    return look
