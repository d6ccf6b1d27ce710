"""Every error a user can meet, in one tree.

    TailraceError
    ├── ConfigError            a property is wrong                          exit 2
    ├── SourceError            MySQL refused or cannot do what is asked     exit 1
    │   ├── ConnectionLost     the server cannot be reached (retriable)     exit 3
    │   ├── AccessDenied       user, password or a missing grant            exit 1
    │   ├── PositionPurged     the offset is no longer in the binlog        exit 1
    │   ├── SourceBehind       it lacks what was captured (retriable)       exit 1
    │   ├── UnsupportedSource  a server setting forbids capture             exit 1
    │   └── SnapshotConflict   a table changed while it was read (retriable) exit 1
    ├── DecodeError            bytes that contradict the format             exit 1
    ├── SchemaError            a table's definition is unknown or does not fit its rows   exit 1
    ├── SinkError              the destination refused                      exit 1
    │   ├── DestinationLost    it cannot be reached now (retriable)         exit 3
    │   └── Fenced             another process writes in our place          exit 1
    ├── StorageError           offsets or schema history cannot be kept     exit 1
    ├── WorkerError            a worker of Kafka Connect refused            exit 1
    │   └── WorkerUnreachable  it does not answer (retriable)               exit 3
    ├── PrometheusError        Prometheus refused, or what answers is none  exit 1
    │   └── PrometheusUnreachable  it does not answer (retriable)           exit 3
    ├── AwsError               AWS refused                                  exit 1
    │   ├── AwsDenied          who we are, or how often we ask: nothing was done  exit 1
    │   ├── AwsGaveUp          it began, and could not: all is as before    exit 1
    │   └── AwsUnreachable     it does not answer (retriable)               exit 3
    ├── FailoverError          a failover is refused, or a step of it fails   exit 1
    └── LabError               the lab could not be set up                  exit 1

An error says what happened, where, and what to do next (`hint`). `retriable` tells the engine whether trying
again can help. No secret is ever part of one.
"""

from __future__ import annotations

from typing import ClassVar


class TailraceError(Exception):
    """What happened (`message`), where (`where`), and what to do next (`hint`)."""

    retriable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """The whole story on one to three lines, as the CLI prints it."""
        lines = [self.message]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.hint:
            lines.append(f"  try:   {self.hint}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        """Picklable, keyword arguments included."""
        return (_rebuild, (type(self), self.message, self.where, self.hint))


def _rebuild(kind: type[TailraceError], message: str, where: str | None, hint: str | None) -> TailraceError:
    return kind(message, where=where, hint=hint)


class ConfigError(TailraceError):
    """A property is missing, unknown or has a value that cannot be used."""

    exit_code = 2


class SourceError(TailraceError):
    """MySQL refused, or cannot do what is asked."""

    server_code: int | None = None
    """MySQL's error number, where the server or the client library gave one."""


class ConnectionLost(SourceError):
    """The server cannot be reached, or stopped answering."""

    retriable = True
    exit_code = 3


class AccessDenied(SourceError):
    """User, password or a missing grant."""


class PositionPurged(SourceError):
    """The stored offset is no longer in the server's binlog."""


class SourceBehind(SourceError):
    """Another server answers, and it has not executed yet what was captured from the one before."""

    retriable = True


class UnsupportedSource(SourceError):
    """A server setting forbids capture (binlog off, statement format …)."""


class SnapshotConflict(SourceError):
    """A table changed its definition while the snapshot read it."""

    retriable = True


class DecodeError(TailraceError):
    """Bytes from the server contradict the format; `where` names file, position, event type and table."""


class SchemaError(TailraceError):
    """A table's definition is unknown, or does not fit the rows in the binlog."""


class SinkError(TailraceError):
    """The destination refused the events."""


class DestinationLost(SinkError):
    """The destination cannot be reached now."""

    retriable = True
    exit_code = 3


class Fenced(SinkError):
    """Another process has taken the connector over, and this one may not write any more."""


class TransformError(TailraceError):
    """A transform, or a converter, written in Python failed on a record."""


class StorageError(TailraceError):
    """Offsets or schema history cannot be read or kept."""


class WorkerError(TailraceError):
    """A worker of Kafka Connect, or of ours, refused what was asked of its REST interface."""

    status: int = 0
    """HTTP's status code; 0 where there was no answer."""


class WorkerUnreachable(WorkerError):
    """The worker does not answer, or what answers is not a worker."""

    retriable = True
    exit_code = 3


class PrometheusError(TailraceError):
    """Prometheus refused what was asked of its API, or what answers is no Prometheus."""


class PrometheusUnreachable(PrometheusError):
    """Prometheus does not answer."""

    retriable = True
    exit_code = 3


class AwsError(TailraceError):
    """AWS refused what was asked of its API."""

    code: str = ""
    """AWS's own word for it, as `DBClusterNotFoundFault`; empty where there was no answer."""

    @property
    def is_busy(self) -> bool:
        """The cluster is at something already (`InvalidDBClusterStateFault`), perhaps at what was asked."""
        return self.code.endswith("StateFault")


class AwsDenied(AwsError):
    """AWS does not let us: no credentials, expired ones, a missing permission, too many requests. Nothing was done."""


class AwsGaveUp(AwsError):
    """AWS has begun what was asked and could not do it: all is as it was before."""


class AwsUnreachable(AwsError):
    """AWS does not answer, or answers that it cannot now: whether it did what was asked is not known."""

    retriable = True
    exit_code = 3


class FailoverError(TailraceError):
    """A failover would lose transactions, or a step of it failed."""


class LabError(TailraceError):
    """The lab could not be set up or reached."""
