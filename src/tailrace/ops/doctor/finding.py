"""What a check finds: how bad it is, by what that is seen, and what exactly repairs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Capture does not work, or loses changes."""
    WARNING = "warning"
    """It will stop or lose changes when something foreseeable happens."""
    INFO = "info"
    """Worth knowing; some choose it on purpose."""


class How(StrEnum):
    """By what a repair is carried out."""

    SQL = "sql"
    """Statements for one session of an administrator."""
    SHELL = "shell"
    """Commands."""
    SETTING = "setting"
    """Lines of the server's option file, or words where there is no statement."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Statements that are exact where the facts allow it; what only the reader knows is in CAPITALS."""

    how: How
    statements: tuple[str, ...]
    restart: bool = False
    """The server must be restarted for it to count."""
    note: str = ""
    at: str = ""
    """`host:port` of the server that the statements are for, where that is not the one of the finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    severity: Severity
    message: str
    """What is wrong, and what comes of it."""
    evidence: str
    """What was seen: `binlog_format = MIXED`."""
    repair: Repair | None = None
    where: str = ""
    """Of which server (`host:port`) it is found and repaired; empty: the source, or the connector."""


def error(message: str, evidence: str, repair: Repair | None = None, where: str = "") -> Finding:
    """A finding of that severity."""
    return Finding(Severity.ERROR, message, evidence, repair, where)


def warning(message: str, evidence: str, repair: Repair | None = None, where: str = "") -> Finding:
    """A finding of that severity."""
    return Finding(Severity.WARNING, message, evidence, repair, where)


def info(message: str, evidence: str, repair: Repair | None = None, where: str = "") -> Finding:
    """A finding of that severity."""
    return Finding(Severity.INFO, message, evidence, repair, where)
