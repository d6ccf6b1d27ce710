"""Why AWS must not be asked for a failover: pure, from facts. What would be lost is named by its GTIDs."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailrace._kernel import GtidSet
from tailrace.ops.aws.rds import AVAILABLE, Cluster, Instance, name_of
from tailrace.ops.failover.refuse import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.ops.failover.aurora.facts import AuroraFacts
    from tailrace.ops.failover.facts import Connector

_ENGINE = "aurora-mysql"
_READY = f"wait until it is {AVAILABLE}: tailrace failover plan says"


@dataclass(frozen=True, slots=True)
class AuroraWish:
    """What is wanted beyond what the facts say."""

    target: str = ""
    """The instance that is to be the writer, or the secondary cluster (name or ARN); empty: who AWS would take."""
    allow_data_loss: bool = False
    """Of a global database: at once, with what the secondary has."""
    fence_command: str = ""
    """What keeps clients from writing, where they must be quiet before."""
    endpoint_command: str = ""
    seconds: float = 300.0
    """How long one step may wait for what it wants."""
    settle: float = 5.0
    """Seconds for which an endpoint must lead to the new writer without exception."""


def successor(facts: AuroraFacts, wish: AuroraWish) -> Instance | None:
    """The named instance, else the one that AWS would take: of the best tier. None: there is none such."""
    others = [instance for instance in facts.cluster.instances if not instance.is_writer]
    if wish.target:
        return next((instance for instance in others if instance.name == wish.target), None)
    # Among equals AWS takes the largest, and then any.
    return min(others, key=lambda instance: instance.tier, default=None)


def reasons(facts: AuroraFacts, wish: AuroraWish) -> list[Reason]:
    """All that forbid it; empty where nothing does."""
    found = list(_of_global(facts, wish) if facts.whole else _of_cluster(facts, wish))
    if facts.source.is_reachable:
        found += _of_source(facts)
    found += [reason for connector in facts.connectors for reason in _of_connector(facts, connector, wish)]
    return found


def _of_cluster(facts: AuroraFacts, wish: AuroraWish) -> Iterator[Reason]:
    cluster = facts.cluster
    if wish.allow_data_loss:
        yield Reason("within a cluster nothing is lost: its instances share one storage", "leave out --allow-data-loss")
    yield from _ready(cluster, "the cluster")
    names = [instance.name for instance in cluster.instances]
    if len(names) < 2:  # noqa: PLR2004 - a writer, and one more
        yield Reason(
            f"cluster {cluster.name} has one instance only: AWS answers InvalidDBClusterStateFault",
            "add a reader (aws rds create-db-instance); without one a dead writer is made anew in its place, in up to"
            " 10 minutes",
        )
        return
    if wish.target and wish.target == cluster.writer:
        yield Reason(f"{wish.target} is the writer already", "name another instance, or leave out --target")
        return
    target = successor(facts, wish)
    if target is None:
        near = difflib.get_close_matches(wish.target, names, n=1, cutoff=0.4)
        yield Reason(
            f"cluster {cluster.name} has no instance {wish.target}",
            f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}",
        )
    elif target.status not in {AVAILABLE, ""}:
        yield Reason(f"{target.name}, which is to be the writer, is {target.status}", "name another one as --target")


def _of_global(facts: AuroraFacts, wish: AuroraWish) -> Iterator[Reason]:
    whole, cluster = facts.whole, facts.cluster
    if whole is None:
        return
    if whole.primary != cluster.arn:
        primary = name_of(whole.primary)
        members = {arn for arn, _ in whole.members}
        is_other = "is a secondary" if cluster.arn in members else "is no part"
        yield Reason(f"{cluster.name} {is_other} of global database {whole.name}", f"its primary is --aurora {primary}")
    if whole.status != AVAILABLE:
        yield Reason(f"global database {whole.name} is {whole.status}", _READY)
    if not wish.allow_data_loss:
        yield from _ready(cluster, "the primary cluster")
        if not facts.source.is_reachable:
            yield Reason(
                f"the primary cluster cannot be asked: {facts.source.error}",
                "a switchover loses nothing and needs it; if its region is gone, --allow-data-loss",
            )
    if facts.target is None:
        secondaries = ", ".join(whole.secondaries)
        yield Reason(
            f"which secondary cluster is to be the primary? {wish.target or 'none is named'}",
            f"--target one of: {secondaries}" if secondaries else f"{whole.name} has none: add a region",
        )
        return
    yield from _ready(facts.target, "the secondary cluster")
    yield from _of_target(facts.target)


def _of_target(target: Cluster) -> Iterator[Reason]:
    """Its parameter group is what counts afterwards, and it is not the primary's."""
    if not target.instances:
        yield Reason(f"{target.name} has no instance", "add one (aws rds create-db-instance) before it takes over")
    region, group = target.region, target.parameter_group
    change = f"aws rds modify-db-cluster-parameter-group --region {region} --db-cluster-parameter-group-name {group}"
    if target.parameter("gtid-mode", "gtid_mode") not in {"ON", ""} or target.parameter(
        "enforce_gtid_consistency"
    ) not in {"ON", "1", ""}:
        yield Reason(
            f"parameter group {group} of {target.name} has GTIDs off, and counts once it is the primary",
            f"{change} --parameters ParameterName=gtid-mode,ParameterValue=ON,ApplyMethod=pending-reboot"
            " ParameterName=enforce_gtid_consistency,ParameterValue=ON,ApplyMethod=pending-reboot, then reboot it",
        )
    if target.parameter("binlog_format") not in {"ROW", ""}:
        yield Reason(
            f"parameter group {group} of {target.name} has binlog_format {target.parameter('binlog_format')}",
            f"{change} --parameters ParameterName=binlog_format,ParameterValue=ROW,ApplyMethod=pending-reboot",
        )


def _ready(cluster: Cluster, who: str) -> Iterator[Reason]:
    if cluster.status != AVAILABLE:
        yield Reason(f"{who} {cluster.name} is {cluster.status}", _READY)
    elif cluster.engine != _ENGINE:
        yield Reason(f"{who} {cluster.name} is of engine {cluster.engine}", f"this is for {_ENGINE}")


def _of_source(facts: AuroraFacts) -> Iterator[Reason]:
    source = facts.source
    if source.read_only:
        yield Reason(
            f"{source.address} leads to a reader{f' ({source.instance})' if source.instance else ''}",
            f"give the cluster endpoint as --source: AWS names it {facts.cluster.address}",
        )
    if not source.log_bin:
        yield Reason(
            "the cluster writes no binlog", "set binlog_format = ROW in its cluster parameter group, and reboot"
        )
    elif not source.has_gtids:
        yield Reason(
            "the cluster has gtid-mode off", "without GTIDs a connector cannot know where it is after a failover"
        )


def _of_connector(facts: AuroraFacts, connector: Connector, wish: AuroraWish) -> Iterator[Reason]:
    if not connector.gtids:
        if connector.place:
            yield Reason(
                f"connector {connector.label} stands at {connector.place} without GTIDs, which means nothing elsewhere",
                "turn on gtid-mode, let the connector go on until its offset has GTIDs, and come back",
            )
        return
    source = facts.source
    if not source.is_reachable:
        return
    if missing := GtidSet(connector.captured(source.uuid)).subtract(GtidSet(source.executed)):
        yield Reason(
            f"connector {connector.label} has captured transactions that the cluster lacks",
            "is it a connector of this cluster? after a restore or a backtrack only a new snapshot makes both equal",
            str(missing),
        )
    if purged := GtidSet(source.purged).subtract(GtidSet(connector.gtids)):
        yield Reason(
            f"the cluster has purged what connector {connector.label} has not read",
            "take a new snapshot; CALL mysql.rds_set_configuration('binlog retention hours', 168)",
            str(purged),
        )
    if facts.whole and facts.enhanced_binlog and not wish.allow_data_loss:
        yield from _of_enhanced(connector, wish)


def _of_enhanced(connector: Connector, wish: AuroraWish) -> Iterator[Reason]:
    """The new primary's binlog begins anew, so nothing of before may be asked for there."""
    if connector.in_transaction:
        yield Reason(
            f"the offset of connector {connector.label} is inside the transaction after its GTIDs, as Debezium's always"
            " is: it would ask for that one again, and with the enhanced binlog the new primary has it not",
            "turn aurora_enhanced_binlog off before, then binlog files go along; or leave the connector out, and take a"
            " new snapshot there",
        )
    if not wish.fence_command:
        yield Reason(
            f"with the enhanced binlog the new primary's begins at mysql-bin-changelog.000001: what {connector.label}"
            " has not captured before the switchover it never can",
            "give --fence-command: what keeps clients from writing until connectors have read all ('true' if they are"
            " stopped); or turn aurora_enhanced_binlog off before",
        )
