"""For how long a server keeps its binlog, whoever runs it."""

from __future__ import annotations

from tailrace.ops.doctor.facts import Facts, Server, known

DAY = 86_400


def kept_seconds(facts: Facts) -> float | None:
    """None: for ever. Raises NotRead."""
    if facts.profile.is_aws:
        hours = known(facts.source.retention_hours)
        return int(hours) * 3600 if hours else 0.0
    return own_seconds(facts.source)


def own_seconds(server: Server) -> float | None:
    """By the server's own variables; None: for ever."""
    seconds = server.number("binlog_expire_logs_seconds", default=server.number("expire_logs_days") * DAY)
    return seconds if seconds and server.variable("binlog_expire_logs_auto_purge", default="ON") == "ON" else None


def words(seconds: float) -> str:
    """`7 d`, `5.5 h`, `40 s`."""
    for unit, size in (("d", DAY), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"
