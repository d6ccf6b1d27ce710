"""Rows that go because rows of another table go: InnoDB does that beneath the binlog."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.listed import listed
from tailrace.ops.doctor.repair import setting, variables


def look(facts: Facts) -> Iterator[Finding]:
    """None, or the server writes them down."""
    source = facts.source
    # From 9.6 on the server carries them out itself, and writes them down, unless this variable is on.
    tells = source.version >= (9, 6, 0) and not source.is_on("innodb_native_foreign_keys")
    if tells:
        return
    tables = [each.id for each in facts.captured_tables if each.cascades]
    if not tables:
        return
    native = "innodb_native_foreign_keys" in source.variables
    yield warning(
        "rows of these tables go or change by ON DELETE or ON UPDATE without a trace: the copy keeps them",
        listed(tables) + (", and innodb_native_foreign_keys = ON" if native else ""),
        variables(facts.profile, {"innodb_native_foreign_keys": "OFF"}, static=True)
        if native
        else setting(
            "delete the rows by statements of their own, before those they depend on; or upgrade to MySQL 9.6"
        ),
    )


CHECK = Check(
    id="tables.cascades",
    title="no row goes or changes beneath the binlog",
    why="Before MySQL 9.6 InnoDB carries out ON DELETE CASCADE and SET NULL itself: no event tells of it.",
    look=look,
)
