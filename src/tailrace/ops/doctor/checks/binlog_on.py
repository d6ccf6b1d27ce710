"""No binlog, no capture."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, Profile
from tailrace.ops.doctor.finding import Finding, Repair, error
from tailrace.ops.doctor.repair import setting, shell, variables


def look(facts: Facts) -> Iterator[Finding]:
    """log_bin is on."""
    if not facts.source.is_on("log_bin"):
        yield error("the server writes no binlog: there is nothing to capture", "log_bin = OFF", _repair(facts.profile))


def _repair(profile: Profile) -> Repair:
    if profile is Profile.RDS:
        command = "aws rds modify-db-instance --db-instance-identifier INSTANCE --backup-retention-period 7"
        return shell(f"{command} --apply-immediately", note="on RDS the binlog is on where automated backups are")
    if profile is Profile.AURORA:
        return variables(profile, {"binlog_format": "ROW"}, static=True, note="then reboot the writer")
    return setting("log_bin = binlog", restart=True, note="in the option file, below [mysqld]; and no skip-log-bin")


CHECK = Check(
    id="binlog.on",
    title="the binlog is on",
    why="Changes are read from the binlog, and from nowhere else.",
    look=look,
)
