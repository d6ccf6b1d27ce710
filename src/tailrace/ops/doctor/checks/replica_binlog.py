"""Settings of the binlog that differ from the source's."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import variables

GOOD = {"binlog_format": "ROW", "binlog_row_image": "FULL", "binlog_row_value_options": ""}
KEPT = "binlog_expire_logs_seconds"


def look(facts: Facts) -> Iterator[Finding]:
    """None that would be worse after a failover; what is bad on both is found at the source."""
    source = facts.source
    for replica in facts.replicas:
        wanted: dict[str, str | int] = {
            name: good
            for name, good in GOOD.items()
            if replica.variable(name, default=good) not in {good, source.variable(name, default=good)}
        }
        if 0 < replica.number(KEPT) < source.number(KEPT):
            wanted[KEPT] = source.number(KEPT)
        if wanted:
            yield warning(
                "after a failover to this replica the binlog is written in another way",
                ", ".join(
                    f"{name} = {replica.variable(name)}, {source.variable(name) or 'empty'} on the source"
                    for name in wanted
                ),
                variables(facts.profile, wanted),
                replica.where,
            )


CHECK = Check(
    id="replica.binlog",
    title="replicas write their binlog as the source does",
    why="A setting that was made on the source alone is gone after the failover, when nobody looks at it.",
    look=look,
    needs=Need.REPLICA,
)
