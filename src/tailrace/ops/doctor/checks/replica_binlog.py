"""Settings of the binlog that differ from the source's."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables

NAMES = ("binlog_format", "binlog_row_image", "binlog_row_value_options", "gtid_mode", "binlog_expire_logs_seconds")


def look(facts: Facts) -> Iterator[Finding]:
    """None."""
    for replica in facts.replicas:
        different = {
            name: facts.source.variables[name]
            for name in NAMES
            if name in facts.source.variables and replica.variable(name) != facts.source.variables[name]
        }
        if different:
            yield warning(
                "after a failover to this replica the binlog is written in another way",
                ", ".join(
                    f"{name} = {replica.variable(name)}, {wanted or 'empty'} on the source"
                    for name, wanted in different.items()
                ),
                variables(facts.profile, different),
                replica.where,
            )


CHECK = Check(
    id="replica.binlog",
    title="replicas write their binlog as the source does",
    why="A setting that was made on the source alone is gone after the failover, when nobody looks at it.",
    look=look,
    needs=Need.REPLICA,
)
