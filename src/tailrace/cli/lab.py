"""`tailrace lab`: a real MySQL primary and replica, and what else is wanted, as processes of the user."""

from __future__ import annotations

import click

from tailrace.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "up": Lazy("lab_life", "up", "Start primary and replica; what runs already is left alone."),
    "down": Lazy("lab_life", "down", "Stop the workload and all servers; the data stays for the next `up`."),
    "status": Lazy("lab_life", "status", "How servers, replication and workload stand."),
    "reset": Lazy("lab_life", "reset", "A lab as new: all data is dropped; ports and accounts stay."),
    "env": Lazy("lab_env", "env", "The servers' addresses and accounts as shell variables."),
    "mysql": Lazy("lab_client", "mysql_client", "The mysql client on the primary, as its administrator."),
    "mysqlbinlog": Lazy("lab_client", "mysqlbinlog_client", "Mysqlbinlog on the primary's binlogs."),
    "kafka-topics": Lazy("lab_kafka", "kafka_topics", "Kafka's kafka-topics on the lab's broker."),
    "promtool": Lazy("lab_promtool", "promtool", "Prometheus's promtool."),
    "verify": Lazy("lab_verify", "verify", "Whether a connector's events make the tables, and each came once."),
    "workload": Lazy("lab_workload", "workload", "An order shop that writes to the primary."),
    "fault": Lazy("lab_fault", "fault", "Break the lab as production breaks, on purpose."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, epilog="Example: tailrace lab up && tailrace lab status")
def lab() -> None:
    """A real MySQL primary and replica, as processes of yours, to try things out on.

    With --json an error is a JSON document too, on standard error.
    Exit codes: 0 fine, 1 a problem found, 2 wrong usage, 3 a server was not reached.
    """
