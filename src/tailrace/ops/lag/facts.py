"""What is known at one moment, as frozen values. Times in seconds; None: not known."""

from __future__ import annotations

from dataclasses import dataclass, field

Files = tuple[tuple[str, int], ...]
"""SHOW BINARY LOGS: (name, bytes), oldest first."""


@dataclass(frozen=True, slots=True)
class Replica:
    """How the server given as the source follows its own source."""

    source: str
    """`host:port`."""
    receiving: bool
    applying: bool
    seconds: float | None
    """Seconds_Behind_Source."""
    waiting: int
    """Transactions received and not applied."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The server that the connector reads, or should."""

    where: str
    uuid: str
    now: float
    """By the server's clock, since the epoch."""
    executed: str
    """gtid_executed; empty without GTIDs."""
    purged: str
    """The part of it that is no longer in the binlog."""
    files: Files
    expires_after: float | None
    """binlog_expire_logs_seconds; None: no file is purged by age."""
    replica: Replica | None = None

    @property
    def written(self) -> int:
        """Bytes of binlog that the server has."""
        return sum(size for _, size in self.files)


@dataclass(frozen=True, slots=True)
class Connector:
    """What the connector tells of itself: its /metrics, or our worker's account."""

    engine: str
    """`tailrace` or `debezium`."""
    state: str = ""
    """Of Tailrace: streaming, reconnecting, …"""
    connected: bool | None = None
    lag: float | None = None
    """From commit at the source to here, of the last event; None: there was none."""
    quiet: float | None = None
    """Since the binlog last moved."""
    away: float = 0.0
    """For how long the source has not been reached, as Tailrace tells."""
    snapshot: bool = False
    """A snapshot is being taken."""
    queue: float | None = None
    """Share of the queue that is taken, 0 to 1."""
    unstored: float | None = None
    """For how long delivered transactions have waited for their offset to be stored."""
    read: tuple[str, int] | None = None
    """File and position of the reader; the file '' where it is not told (Debezium)."""
    gap: int | None = None
    """Transactions executed at the source and not delivered, as Tailrace looked."""
    behind: int | None = None
    """Bytes likewise."""
    to_purge: int | None = None
    """Bytes of binlog that the source still has before the stored offset, likewise."""
    reads: str = ""
    """server_uuid of the server that it reads, as Tailrace tells."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The offset that a restart goes on from."""

    file: str
    position: int
    gtids: str = ""
    committed: float | None = None
    """Commit time of its last transaction, since the epoch."""
    inside: bool = False
    """It stands in the transaction behind its set: Debezium takes a transaction in only when the next one comes."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one connector at one moment. What could not be had is None, and `missing` says why."""

    at: float
    """By a clock that never goes back."""
    name: str
    state: str
    """As the worker tells: `RUNNING, task 0 RUNNING`; empty: it was not asked."""
    runs: bool | None
    source: Source | None = None
    connector: Connector | None = None
    stored: Stored | None = None
    configured: str = ""
    """`host:port` that its configuration names."""
    missing: tuple[str, ...] = field(default=())

    @property
    def at_end(self) -> bool:
        """Whether the reader has come to the end of the source's binlog. That the stored offset has not says little: of
        Debezium it moves with records only, and not with transactions that are not captured.
        """
        if self.source is None or self.connector is None or self.connector.read is None or not self.source.files:
            return False
        (file, position), (last, size) = self.connector.read, self.source.files[-1]
        return self.at_source and position == size and file in {"", last}

    @property
    def at_source(self) -> bool:
        """Whether the source is the server that the connector reads: only there files and positions mean something."""
        if self.source is None:
            return False
        if self.connector is not None and self.connector.reads:
            return self.connector.reads == self.source.uuid
        return self.configured in {"", self.source.where}
