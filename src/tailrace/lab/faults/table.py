"""Every fault, in the order in which they are shown."""

from __future__ import annotations

import difflib
from typing import Final

from tailrace.errors import ConfigError
from tailrace.lab.faults.accounts import ACCOUNTS
from tailrace.lab.faults.binlog import BINLOG
from tailrace.lab.faults.connectors import CONNECTORS
from tailrace.lab.faults.fault import Fault
from tailrace.lab.faults.network import NETWORK
from tailrace.lab.faults.replicas import REPLICAS
from tailrace.lab.faults.settings import SETTINGS
from tailrace.lab.faults.tables import TABLES
from tailrace.lab.faults.topics import TOPICS

GROUPS: Final = {
    "The way to the source": NETWORK,
    "The binlog": BINLOG,
    "The source's settings": SETTINGS,
    "The account": ACCOUNTS,
    "Tables": TABLES,
    "Replicas": REPLICAS,
    "The connector": CONNECTORS,
    "Kafka": TOPICS,
}
FAULTS: Final[tuple[Fault, ...]] = tuple(fault for group in GROUPS.values() for fault in group)


def find(name: str) -> Fault:
    """Raises ConfigError where there is none of this name."""
    known = {fault.name: fault for fault in FAULTS}
    if found := known.get(name):
        return found
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else "tailrace lab fault list"
    raise ConfigError(f"no fault is called {name}", hint=hint)
