"""The release: too old, or not MySQL at all."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, info
from tailrace.ops.doctor.repair import setting


def look(facts: Facts) -> Iterator[Finding]:
    """A release that can be captured, and is still repaired."""
    version = facts.source.variable("version")
    evidence = f"version = {version}"
    if "mariadb" in version.lower():
        yield error("this is MariaDB, whose binlog has GTIDs and events of its own", evidence)
    elif facts.source.version < (8, 0, 0):
        yield error("releases before 8.0 are not captured", evidence, setting("upgrade to MySQL 8.4", restart=True))
    elif facts.source.version < (8, 1, 0):
        yield info(
            "MySQL 8.0 has had no more fixes since April 2026", evidence, setting("upgrade to MySQL 8.4", restart=True)
        )


CHECK = Check(
    id="server.version",
    title="a release of MySQL that can be captured",
    why="Before 8.0 there is no row metadata and no atomic DDL; MariaDB writes another binlog.",
    look=look,
)
