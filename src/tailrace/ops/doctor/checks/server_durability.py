"""A crash of the machine may lose what was captured already."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, info
from tailrace.ops.doctor.repair import variables


def look(facts: Facts) -> Iterator[Finding]:
    """Each commit is on disk, in the binlog and in the engine."""
    wanted = {"sync_binlog": 1, "innodb_flush_log_at_trx_commit": 1}
    wrong = {name: good for name, good in wanted.items() if facts.source.number(name, default=good) != good}
    if wrong:
        yield info(
            "after a crash of the machine the server may lack transactions that were captured: the copy is then ahead",
            ", ".join(f"{name} = {facts.source.variable(name)}" for name in wrong),
            variables(facts.profile, wrong, note="each commit then waits for the disk"),
        )


CHECK = Check(
    id="server.durability",
    title="a commit is on disk before it is captured",
    why="A binlog that is not synced can lose its end, which consumers have: the copy diverges for good.",
    look=look,
    profiles=frozenset({Profile.SELF_MANAGED, Profile.RDS}),
)
