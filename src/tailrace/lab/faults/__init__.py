"""Faults of production, brought about on the lab's real servers: to be found, repaired, and undone.

from tailrace.lab import Lab, faults
done = faults.inject("errant-transaction", Lab(Path(".tailrace/lab")), seed=7)
done.values           # {"REPLICA_UUID": …}
faults.heal(Lab(Path(".tailrace/lab")))
"""

from tailrace.lab.faults.fault import At, Engine, Fault, How, Need, Sign, Step, filled
from tailrace.lab.faults.journal import Active, active, forget, heal, inject
from tailrace.lab.faults.scene import Scene, Worker
from tailrace.lab.faults.table import FAULTS, find

__all__ = [
    "FAULTS",
    "Active",
    "At",
    "Engine",
    "Fault",
    "How",
    "Need",
    "Scene",
    "Sign",
    "Step",
    "Worker",
    "active",
    "filled",
    "find",
    "forget",
    "heal",
    "inject",
]
