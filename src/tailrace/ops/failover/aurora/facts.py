"""What is known of an Aurora cluster, its global database and its connectors at one moment; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailrace.errors import SourceError
from tailrace.ops.aws.rds import Cluster, Global, read_cluster, read_global
from tailrace.ops.doctor.facts import Unread
from tailrace.ops.doctor.read_server import read_server
from tailrace.ops.failover.facts import CANDIDATE, ENDPOINT, SOURCE, Connector, Member, read_connectors, read_member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailrace.config import SourceConfig
    from tailrace.ops.aws.client import Aws
    from tailrace.ops.connect import Connect

ACTIVE = "ACTIVE"
"""What the status `aurora_enhanced_binlog` says where it is on."""


@dataclass(frozen=True, slots=True)
class AuroraFacts:
    """All of it."""

    cluster: Cluster
    """The one that takes writes today."""
    source: Member
    """Whoever answers at its cluster endpoint."""
    instances: tuple[Member, ...]
    """Those of both clusters, each at its own address, as far as they can be reached from here."""
    enhanced_binlog: bool = False
    retention_hours: str | None = None
    """'binlog retention hours'; None: not set, or not to be read."""
    connectors: tuple[Connector, ...] = ()
    endpoint: Member | None = None
    """The server that answers at the address which connectors use, where that is neither cluster's."""
    whole: Global | None = None
    target: Cluster | None = None
    """The secondary cluster that is to take writes."""
    candidate: Member | None = None
    """Whoever answers at the target's cluster endpoint; nobody, before it is the primary."""

    @property
    def standby(self) -> Member | None:
        """An instance of the target that answers."""
        places = {each.address for each in self.target.instances} if self.target else set()
        return next((one for one in self.instances if one.is_reachable and one.address in places), None)


def gather(
    aws: Aws,
    name: str,
    servers: dict[str, SourceConfig],
    *,
    global_name: str = "",
    target: str = "",
    workers: Sequence[Connect] = (),
    connectors: Sequence[str] = (),
) -> AuroraFacts:
    """`name`: of the cluster that takes writes today; `target`: the secondary cluster of `global_name`, by name or ARN,
    else the only one. `servers`: `source`, and perhaps `candidate` and `endpoint`.

    Whoever has less at any moment is asked first. Raises AwsError, WorkerError, AccessDenied.
    """
    asked = read_connectors(workers, connectors)
    whole = read_global(aws, global_name, target) if global_name else None
    cluster = read_cluster(aws, whole.named(name) if whole else name)
    secondary = whole.secondary(target) if whole else ""
    other = read_cluster(aws, secondary) if secondary else None
    login = servers[SOURCE]
    # The writer last.
    members = [
        _instance(instance.name, instance.address, login)
        for each in (other, cluster)
        if each
        for instance in sorted(each.instances, key=lambda one: one.is_writer)
    ]
    source = read_member(SOURCE, login)
    enhanced, retention = _settings(login) if source.is_reachable else (False, None)
    # A group that waits for a reboot counts from the next restart on.
    enhanced = enhanced or cluster.parameter("aurora_enhanced_binlog") in {"1", "ON"}
    return AuroraFacts(
        cluster=cluster,
        source=source,
        instances=tuple(reversed(members)),
        enhanced_binlog=enhanced,
        retention_hours=retention,
        connectors=asked,
        endpoint=read_member(ENDPOINT, servers[ENDPOINT]) if ENDPOINT in servers else None,
        whole=whole,
        target=other,
        candidate=read_member(CANDIDATE, servers[CANDIDATE]) if CANDIDATE in servers else None,
    )


def gather_after(
    aws: Aws,
    name: str,
    servers: dict[str, SourceConfig],
    *,
    global_name: str = "",
    target: str = "",
    workers: Sequence[Connect] = (),
    connectors: Sequence[str] = (),
) -> AuroraFacts:
    """When it is over: `cluster` and `source` are the primary of now, `target` and `candidate` the one of before.

    Raises as `gather` does.
    """
    if not global_name:
        return gather(aws, name, servers, workers=workers, connectors=connectors)
    whole = read_global(aws, global_name, target)
    if whole.named(name) == whole.primary:
        return gather(
            aws, name, servers, global_name=global_name, target=target, workers=workers, connectors=connectors
        )
    turned = {**servers, SOURCE: servers[CANDIDATE], CANDIDATE: servers[SOURCE]}
    return gather(
        aws,
        whole.primary,
        turned,
        global_name=global_name,
        target=whole.named(name),
        workers=workers,
        connectors=connectors,
    )


def _instance(name: str, address: str, login: SourceConfig) -> Member:
    """Only for the view: whether one is reached from here says nothing about it."""
    host, _, port = address.rpartition(":")
    try:
        return read_member(name, replace(login, host=host, port=int(port or 0), connect_timeout_ms=2_000))
    except (SourceError, ValueError) as error:
        return Member(name, address, error=str(error))


def _settings(login: SourceConfig) -> tuple[bool, str | None]:
    server = read_server(login)
    hours = server.retention_hours
    enhanced = server.status.get("aurora_enhanced_binlog", "").upper() == ACTIVE
    return enhanced, None if isinstance(hours, Unread) else hours
