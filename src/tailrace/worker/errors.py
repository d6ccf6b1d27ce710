"""What a worker refuses."""

from __future__ import annotations

from tailrace.errors import ConfigError, TailraceError


class NotFound(TailraceError):
    """There is no such connector, task or status."""


class AlreadyExists(TailraceError):
    """A connector of that name is there."""


class NotStopped(TailraceError):
    """Only a stopped connector may be changed so."""


class NotRunning(TailraceError):
    """Only a running connector takes signals."""


class Elsewhere(TailraceError):
    """Another worker of the group has the connector, and only it can tell."""


class NotYet(TailraceError):
    """What was asked for has begun, and takes longer than one may wait."""


class InvalidConfig(ConfigError):
    """`problems`: (name of the property, what is wrong with it)."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{name}: {what}" for name, what in problems))
        self.problems = problems
