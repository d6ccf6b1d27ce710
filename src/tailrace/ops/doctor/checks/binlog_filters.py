"""binlog-do-db and binlog-ignore-db: databases whose changes are not in the binlog."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile, known
from tailrace.ops.doctor.finding import Finding, error
from tailrace.ops.doctor.repair import setting


def look(facts: Facts) -> Iterator[Finding]:
    """Neither is set."""
    binlog = known(facts.source.binlog)
    given = [
        (name, text) for name, text in (("binlog_do_db", binlog.do_db), ("binlog_ignore_db", binlog.ignore_db)) if text
    ]
    if given:
        yield error(
            "changes of some databases are never written to the binlog, and so never captured",
            ", ".join(f"{name} = {text}" for name, text in given),
            setting(*(f"# remove {name}" for name, _ in given), restart=True, note="in the option file"),
        )


CHECK = Check(
    id="binlog.filters",
    title="the binlog leaves no database out",
    why="binlog-do-db and binlog-ignore-db drop changes before anyone can read them; replicas lack them too.",
    look=look,
    profiles=frozenset({Profile.SELF_MANAGED}),
)
