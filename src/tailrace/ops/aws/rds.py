"""Clusters, instances and global databases, as AWS describes them. Only reads."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailrace.errors import AwsError, AwsUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailrace.ops.aws.client import Aws

AVAILABLE = "available"
PARAMETERS = frozenset(
    {"gtid-mode", "gtid_mode", "enforce_gtid_consistency", "binlog_format", "aurora_enhanced_binlog"}
)
_NO_CLUSTER, _NO_GROUP = "DBClusterNotFoundFault", ("DBParameterGroupNotFound", "DBClusterParameterGroupNotFoundFault")
_SECONDS_PER_HOUR = 3600
_FAILED = re.compile(r"\bfailed\b|previous primary again|cancell?ed")
"""RDS-EVENT-0069, 0070, 0186, 0187, 0239."""
_ENDED = re.compile(rf"{_FAILED.pattern}|Completed failover|switchover .* finished|failover .* completed")
"""And 0071, 0185, 0238."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A member of a cluster."""

    name: str
    is_writer: bool
    tier: int
    """0 takes over first, 15 last."""
    parameters: str
    """`in-sync`, or `pending-reboot` where it has not taken the cluster's parameter group yet."""
    status: str = ""
    address: str = ""
    """`host:port`, as AWS names it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster. Where its region does not answer only `arn`, `name` and `status` mean something."""

    arn: str
    name: str
    status: str
    engine: str = ""
    version: str = ""
    address: str = ""
    """Of the cluster endpoint, which is the writer."""
    reader_address: str = ""
    instances: tuple[Instance, ...] = ()
    parameter_group: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    """Those that matter here and are set."""
    backtrack_hours: float = 0.0

    @property
    def region(self) -> str:
        """By its ARN."""
        return region_of(self.arn)

    @property
    def writer(self) -> str:
        """The instance that takes writes; of a secondary cluster nobody does."""
        return next((instance.name for instance in self.instances if instance.is_writer), "")

    def parameter(self, *names: str) -> str:
        """The first of these that its parameter group sets, in capitals."""
        found = dict(self.parameters)
        return next((found[name].upper() for name in names if name in found), "")


@dataclass(frozen=True, slots=True)
class Global:
    """A global database."""

    name: str
    status: str
    members: tuple[tuple[str, bool], ...]
    """(ARN of a cluster, whether it is the primary)."""
    region: str = ""
    """Where it was asked; empty: the SDK's own."""

    @property
    def primary(self) -> str:
        """ARN of the cluster that takes writes."""
        return next((arn for arn, is_writer in self.members if is_writer), "")

    @property
    def secondaries(self) -> tuple[str, ...]:
        """ARNs of the others."""
        return tuple(arn for arn, is_writer in self.members if not is_writer)

    def named(self, name: str) -> str:
        """The ARN of the member of that name or ARN; the name itself where there is none."""
        found = [arn for arn, _ in self.members if name in {arn, name_of(arn)}]
        # Clusters of two regions may have one name: the primary is meant then.
        return self.primary if self.primary in found else (*found, name)[0]

    def secondary(self, name: str) -> str:
        """The ARN of that secondary, of the only one where none is named; empty where there is none such."""
        found = [arn for arn in self.secondaries if not name or name in {arn, name_of(arn)}]
        return found[0] if len(found) == 1 else ""


def region_of(arn: str) -> str:
    """`arn:aws:rds:REGION:…`; empty where it is no ARN."""
    return arn.split(":")[3] if arn.startswith("arn:") else ""


def name_of(arn: str) -> str:
    """The cluster's."""
    return arn.rpartition(":")[2]


def read_cluster(aws: Aws, name: str) -> Cluster:
    """By name, in the SDK's region, or by ARN. Raises AwsError: with near names where there is none of that name."""
    region = region_of(name)
    try:
        found = _described(aws, name_of(name), region)
    except AwsUnreachable as lost:
        if not region:
            raise
        return Cluster(name, name_of(name), f"not reached: {lost.message}")
    group = str(found.get("DBClusterParameterGroup", ""))
    filters = [{"Name": "db-cluster-id", "Values": [found["DBClusterIdentifier"]]}]
    instances = aws.every("rds", "describe_db_instances", "DBInstances", {"Filters": filters}, region)
    port = found.get("Port", 3306)
    return Cluster(
        arn=found["DBClusterArn"],
        name=found["DBClusterIdentifier"],
        status=found["Status"],
        engine=found["Engine"],
        version=found.get("EngineVersion", ""),
        address=f"{found.get('Endpoint', '')}:{port}",
        reader_address=f"{found.get('ReaderEndpoint', '')}:{port}",
        instances=tuple(_instances(found["DBClusterMembers"], instances)),
        parameter_group=group,
        parameters=_parameters(aws, group, region) if group else (),
        backtrack_hours=int(found.get("BacktrackWindow") or 0) / _SECONDS_PER_HOUR,
    )


def _described(aws: Aws, name: str, region: str) -> dict[str, Any]:
    try:
        return dict(aws.call("rds", "describe_db_clusters", {"DBClusterIdentifier": name}, region)["DBClusters"][0])
    except AwsError as error:
        if error.code != _NO_CLUSTER:
            raise
        there = aws.every("rds", "describe_db_clusters", "DBClusters", {}, region)
        names = [str(each["DBClusterIdentifier"]) for each in there]
        raise _not_found(f"there is no cluster {name}", name, names, error.where) from None


def _not_found(message: str, name: str, names: list[str], where: str | None) -> AwsError:
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = (
        f"did you mean {' or '.join(near)}?" if near else f"there is {', '.join(sorted(names)[:10]) or 'none at all'}"
    )
    error = AwsError(message, where=where, hint=f"{hint} Is AWS_REGION (and AWS_PROFILE) the right one?")
    error.code = _NO_CLUSTER
    return error


def _instances(members: Iterable[dict[str, Any]], described: list[dict[str, Any]]) -> Iterable[Instance]:
    known = {each["DBInstanceIdentifier"]: each for each in described}
    for member in members:
        name = member["DBInstanceIdentifier"]
        found = known.get(name, {})
        place = found.get("Endpoint") or {}
        yield Instance(
            name=name,
            is_writer=bool(member["IsClusterWriter"]),
            tier=int(member.get("PromotionTier") or 0),
            parameters=member.get("DBClusterParameterGroupStatus", ""),
            status=found.get("DBInstanceStatus", ""),
            address=f"{place['Address']}:{place['Port']}" if place.get("Address") else "",
        )


def _parameters(aws: Aws, group: str, region: str) -> tuple[tuple[str, str], ...]:
    asked = {"DBClusterParameterGroupName": group}
    try:
        found = aws.every("rds", "describe_db_cluster_parameters", "Parameters", asked, region)
    except AwsError as error:
        if error.code not in _NO_GROUP:
            raise
        return ()
    return tuple(
        (each["ParameterName"], str(each["ParameterValue"]))
        for each in found
        if each["ParameterName"] in PARAMETERS and each.get("ParameterValue") is not None
    )


def read_global(aws: Aws, name: str, target: str = "") -> Global:
    """Asked in the region of `target`, where that is an ARN: the primary's may be the one that is gone.

    Raises AwsError: with near names where there is none of that name.
    """
    region = region_of(target)
    # All are asked for: AWS refuses an unknown name without the names that there are.
    there = aws.every("rds", "describe_global_clusters", "GlobalClusters", {}, region)
    found = next((each for each in there if each["GlobalClusterIdentifier"] == name), None)
    if found is None:
        names = [str(each["GlobalClusterIdentifier"]) for each in there]
        raise _not_found(f"there is no global database {name}", name, names, "rds:DescribeGlobalClusters")
    members = tuple((each["DBClusterArn"], bool(each["IsWriter"])) for each in found["GlobalClusterMembers"])
    return Global(name, found["Status"], members, region)


def read_global_of(aws: Aws, cluster: Cluster) -> str:
    """The global database that a cluster is in; empty where it is in none. Raises AwsError."""
    there = aws.every("rds", "describe_global_clusters", "GlobalClusters", {}, cluster.region)
    of = {
        each["GlobalClusterIdentifier"]: {one["DBClusterArn"] for one in each["GlobalClusterMembers"]} for each in there
    }
    return next((str(name) for name, arns in of.items() if cluster.arn in arns), "")


def read_writer(aws: Aws, cluster: str, region: str, *, is_global: bool) -> tuple[str, str]:
    """(status, writer) of a cluster, or of a global database and its primary's ARN. Raises AwsError."""
    if is_global:
        there = aws.every("rds", "describe_global_clusters", "GlobalClusters", {}, region)
        found = next((each for each in there if each["GlobalClusterIdentifier"] == cluster), None)
        if found is None:
            return "not there", ""
        writers = [each["DBClusterArn"] for each in found["GlobalClusterMembers"] if each["IsWriter"]]
        return str(found["Status"]), (*writers, "")[0]
    described = aws.call("rds", "describe_db_clusters", {"DBClusterIdentifier": cluster}, region)["DBClusters"][0]
    members = [each["DBInstanceIdentifier"] for each in described["DBClusterMembers"] if each["IsClusterWriter"]]
    return str(described["Status"]), (*members, "")[0]


@dataclass(frozen=True, slots=True)
class Event:
    """What RDS tells of a failover's end; DescribeEvents gives no numbers, but words that stay the same."""

    message: str
    is_failure: bool


def read_ends(aws: Aws, cluster: Cluster, minutes: int) -> tuple[Event, ...]:
    """How the failovers of a cluster, or to it, have ended, oldest first. Raises AwsError."""
    told = _failover_events(aws, cluster.name, cluster.region, minutes)
    return tuple(Event(words, bool(_FAILED.search(words))) for words in told if _ENDED.search(words))


def read_failure(aws: Aws, cluster: str, region: str, minutes: int) -> str:
    """What RDS says of the last failover of a cluster, if that has failed and no other has begun. Raises AwsError."""
    told = _failover_events(aws, cluster, region, minutes)
    return told[-1] if told and _FAILED.search(told[-1]) else ""


def _failover_events(aws: Aws, cluster: str, region: str, minutes: int) -> list[str]:
    asked = {
        "SourceType": "db-cluster",
        "SourceIdentifier": cluster,
        "EventCategories": ["failover", "global failover"],
        "Duration": minutes,
    }
    found = aws.every("rds", "describe_events", "Events", asked, region)
    found.sort(key=lambda event: str(event.get("Date", "")))
    return [str(event.get("Message", "")) for event in found]
