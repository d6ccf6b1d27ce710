"""All that the checks judge, as frozen values. What could not be read is `Unread`, with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from tailrace._kernel import GtidSet
from tailrace.config import TableFilter
from tailrace.config.debezium import DEFAULTS
from tailrace.model.table import Table, TableId
from tailrace.mysql.server import covers
from tailrace.ops.aws.rds import Cluster
from tailrace.ops.connect import Status

T = TypeVar("T")


class Profile(StrEnum):
    """Who runs the server: it decides what a repair looks like."""

    SELF_MANAGED = "self-managed"
    RDS = "rds"
    AURORA = "aurora"

    @property
    def is_aws(self) -> bool:
        """Nobody is SUPER there, and variables are changed in parameter groups."""
        return self is not Profile.SELF_MANAGED


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read."""

    why: str


class NotRead(Exception):
    """A check asked for a fact that could not be read: it could not look."""


def known(fact: T | Unread) -> T:
    """The fact. Raises NotRead."""
    if isinstance(fact, Unread):
        raise NotRead(fact.why)
    return fact


@dataclass(frozen=True, slots=True)
class Account:
    """The account that logged in, by SHOW CREATE USER."""

    plugin: str
    expires: str
    """`DEFAULT`, `NEVER`, `INTERVAL 90 DAY`; empty where it says nothing."""
    limits: tuple[tuple[str, int], ...]
    """(MAX_…, n) of those that are set."""


@dataclass(frozen=True, slots=True)
class Binlog:
    """SHOW BINARY LOG STATUS and SHOW BINARY LOGS."""

    file: str = ""
    position: int = 0
    do_db: str = ""
    ignore_db: str = ""
    files: tuple[tuple[str, int], ...] = ()
    """(name, bytes), oldest first."""


@dataclass(frozen=True, slots=True)
class Dump:
    """A session that reads the binlog."""

    user: str
    uuid: str
    """What it gave as its server_uuid; empty where it gave none."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A line of SHOW REPLICAS."""

    server_id: int
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Wait:
    """A session that waits for a table, and one that holds it."""

    table: TableId
    session: int
    seconds: int
    blocker: int


@dataclass(frozen=True, slots=True)
class Following:
    """A line of SHOW REPLICA STATUS."""

    source: str
    """`host:port`."""
    receiver: str
    """`Yes`, `Connecting` or `No`."""
    applier: str
    """`Yes` or `No`."""
    error: str
    behind: int | None
    """Seconds; None: not known."""


@dataclass(frozen=True, slots=True)
class Server:
    """One MySQL server, as the account sees it."""

    where: str
    """`host:port`."""
    account_name: str
    """`'user'@'host'`, as GRANT takes it."""
    user: str
    variables: Mapping[str, str]
    """SHOW GLOBAL VARIABLES."""
    status: Mapping[str, str]
    """Some of SHOW GLOBAL STATUS."""
    encrypted: bool
    """Whether our session is."""
    clock_ahead: float
    """Seconds that its clock is ahead of ours."""
    privileges: frozenset[str]
    """Global ones, in capitals."""
    narrower: tuple[tuple[str, frozenset[str]], ...]
    """(scope as SHOW GRANTS prints it, privileges) of what is granted on less."""
    account: Account | Unread
    binlog: Binlog | Unread
    executed: str
    purged: str
    dumps: tuple[Dump, ...] | Unread
    registered: tuple[Registered, ...] | Unread
    following: Following | Unread | None
    filters: tuple[tuple[str, str], ...] | Unread
    """(name, rule) of replication filters: `("REPLICATE_IGNORE_DB", "shop")`."""
    prepared: tuple[str, ...] | Unread
    """Prepared XA transactions, as XA ROLLBACK takes them."""
    waits: tuple[Wait, ...] | Unread
    retention_hours: str | Unread | None
    """'binlog retention hours' of RDS and Aurora, as text; None where that is not set, or another server."""

    def variable(self, *names: str, default: str = "") -> str:
        """The first of these that the server knows: servers before 8.0.26 have other names."""
        return next((self.variables[name] for name in names if name in self.variables), default)

    def name_of(self, *names: str) -> str:
        """The first of these that the server knows, else the first."""
        return next((name for name in names if name in self.variables), names[0])

    def is_on(self, *names: str) -> bool:
        """Whether the first of these that the server knows is on."""
        return self.variable(*names).upper() in {"ON", "1", "YES"}

    def number(self, *names: str, default: int = 0) -> int:
        """The first of these that the server knows, as a number."""
        text = self.variable(*names)
        return int(text) if re.fullmatch(r"\d+", text) else default

    @property
    def version(self) -> tuple[int, int, int]:
        """Of the release."""
        found = re.match(r"(\d+)\.(\d+)\.(\d+)", self.variable("version"))
        return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)

    @property
    def is_replica(self) -> bool:
        """Whether it follows another server. Raises NotRead."""
        return known(self.following) is not None

    def may(self, *privileges: str) -> bool:
        """Whether the account holds one of these on everything."""
        return not self.privileges.isdisjoint({*privileges, "ALL PRIVILEGES"})

    def may_on(self, database: str, table: str, *privileges: str) -> bool:
        """Whether the account holds one of these on a table."""
        wanted = {*privileges, "ALL PRIVILEGES"}
        partial = self.is_on("partial_revokes")
        return self.may(*privileges) or any(
            not held.isdisjoint(wanted) and covers(scope, database, table, partial_revokes=partial)
            for scope, held in self.narrower
        )


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One base table."""

    table: Table
    engine: str
    rows: int
    """As the engine estimates them."""
    cascades: bool
    """A foreign key of it says what happens to its rows when those of another table go or change."""
    writes: int | None
    """Rows written since the server started; None: not known."""

    @property
    def id(self) -> TableId:
        """Its name."""
        return self.table.id


@dataclass(frozen=True, slots=True)
class Other:
    """Another connector of the same worker."""

    name: str
    config: Mapping[str, str]
    status: Status


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector, as its worker tells."""

    name: str
    config: Mapping[str, str]
    is_debezium: bool
    status: Status
    offset: Mapping[str, Any] | None
    """As stored; None: there is none yet."""
    problems: Mapping[str, tuple[str, ...]] | Unread
    """Property → what the worker finds wrong with it."""
    others: tuple[Other, ...] = ()

    def get(self, name: str) -> str:
        """A property, else Debezium's default, else nothing."""
        return self.config.get(name, "").strip() or DEFAULTS.get(name) or ""

    def items(self, name: str) -> tuple[str, ...]:
        """A list's."""
        return tuple(item.strip() for item in self.get(name).split(",") if item.strip())

    def is_true(self, name: str) -> bool:
        """A boolean."""
        return self.get(name).lower() == "true"

    @property
    def gtids(self) -> str:
        """Of its offset."""
        return str((self.offset or {}).get("gtids") or "").replace("\n", "")

    @property
    def is_in_snapshot(self) -> bool:
        """No offset of the stream is stored yet."""
        return not self.offset or bool(self.offset.get("snapshot"))

    def shares_server(self, other: Mapping[str, str]) -> bool:
        """Whether a configuration names the same server."""
        return _address(other) == _address(self.config)


def _address(config: Mapping[str, str]) -> tuple[str, str]:
    return config.get("database.hostname", "").lower(), config.get("database.port") or "3306"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic."""

    partitions: int
    replication: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kafka:
    """The cluster of the connector, and its topics."""

    bootstrap: str
    brokers: int
    topics: Mapping[str, Topic]
    """Of those that the connector uses, those that exist."""
    data: tuple[str, ...] = ()
    """Those it has written to, as its worker tells."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it. Times in seconds since the epoch."""

    profile: Profile
    now: float
    source: Server
    tables: tuple[TableFacts, ...] | Unread = ()
    """All base tables that the account sees, but for the server's own."""
    captured: TableFilter = field(default_factory=TableFilter)
    replicas: tuple[Server, ...] = ()
    connector: Connector | None = None
    kafka: Kafka | Unread | None = None
    """None: nothing says where it is."""
    clusters: tuple[Cluster, ...] = ()
    """The Aurora cluster, where AWS was asked; one, or none."""
    global_name: str = ""
    """Of the global database that it is in."""

    @property
    def captured_tables(self) -> tuple[TableFacts, ...]:
        """Those whose rows become events. Raises NotRead."""
        return tuple(facts for facts in known(self.tables) if self.captured.captured(facts.id))

    @property
    def may_be_debezium(self) -> bool:
        """Whether Debezium captures, or it is not known who does."""
        return self.connector is None or self.connector.is_debezium

    def find(self, table: TableId) -> TableFacts | None:
        """A table by its name. Raises NotRead."""
        return next((facts for facts in known(self.tables) if facts.id == table), None)


def missing(wanted: str, present: str) -> GtidSet:
    """The GTIDs of `wanted` that are not in `present`."""
    return GtidSet(wanted).subtract(GtidSet(present))
