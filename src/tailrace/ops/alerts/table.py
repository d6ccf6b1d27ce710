"""Every alert, in the order in which they are shown."""

from __future__ import annotations

import difflib
from typing import Final

from tailrace.errors import ConfigError
from tailrace.ops.alerts.alert import Alert
from tailrace.ops.alerts.data import DATA
from tailrace.ops.alerts.health import HEALTH
from tailrace.ops.alerts.lag import LAG

ALERTS: Final = (*HEALTH, *LAG, *DATA)


def find(name: str) -> Alert:
    """Raises ConfigError where there is none of this name; the case of letters does not count."""
    known = {alert.name.lower(): alert for alert in ALERTS}
    if found := known.get(name.lower()):
        return found
    near = difflib.get_close_matches(name.lower(), known, 1, 0.4)
    hint = f"did you mean {known[near[0]].name}?" if near else f"there are: {', '.join(a.name for a in ALERTS)}"
    raise ConfigError(f"no alert of ours is called {name}", hint=hint)
