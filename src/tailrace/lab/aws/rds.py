"""RDS: what moto answers otherwise than AWS, or not at all. Clusters that are not the lab's stay moto's."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from moto.core.responses import ActionResult
from moto.rds.models import rds_backends
from moto.rds.responses import RDSResponse

from tailrace.lab.aws import names, parameters
from tailrace.lab.aws.aurora import AVAILABLE, Aurora
from tailrace.lab.aws.models import PENDING
from tailrace.lab.aws.places import Place
from tailrace.lab.aws.refusable import Refusable, Refused

EVENT_MINUTES = 60


def _invalid(message: str) -> Refused:
    return Refused("InvalidParameterValue", message)


class Rds(Refusable, RDSResponse):
    """moto's, and ours; `aurora` is set once."""

    aurora: ClassVar[Aurora]

    # Failover in a region

    def failover_db_cluster(self) -> ActionResult:
        """A real promotion, in the background; the reply comes at once, and still says `available`."""
        name, target = self.params["DBClusterIdentifier"], self.params.get("TargetDBInstanceIdentifier")
        place = self.aurora.place(name, self.region)
        if place is None:
            return super().failover_db_cluster()
        cluster = place.cluster
        members = {member.db_instance_identifier: member for member in cluster.members}
        readers = [each for each in members.values() if not each.is_cluster_writer and each.status == AVAILABLE]
        if target is not None and target not in members:
            raise Refused(
                "InvalidDBInstanceState",
                f"Instance {target} is not a member of the DB cluster {place.name}.",
            )
        if target is not None and members[target].is_cluster_writer:
            raise Refused("InvalidDBInstanceState", f"Instance {target} is already the writer of the cluster.")
        if not readers:
            raise Refused(
                "InvalidDBClusterStateFault",
                f"Database cluster:{place.name} should have at least two database instances for failover",
            )
        if target is None:
            target = min(readers, key=lambda each: each.promotion_tier).db_instance_identifier
        self._take(place)
        self.aurora.fail_over(place, target)
        return ActionResult({"DBCluster": cluster})

    def _take(self, *places: Place) -> None:
        if not all(place.cluster.status == AVAILABLE for place in places) or not self.aurora.busy.acquire(
            blocking=False
        ):
            raise Refused("InvalidDBClusterStateFault", f"DB cluster {places[0].name} is not available.")

    def reboot_db_instance(self) -> ActionResult:
        """Ends the sessions of the server; the parameter group is in effect then."""
        result = super().reboot_db_instance()
        name = self.params["DBInstanceIdentifier"]
        place = next((each for each in self.aurora.places.values() if name in each.instances), None)
        if place:
            self.aurora.reboot(place, rds_backends[names.ACCOUNT][place.region].databases[name])
        return result

    def describe_db_cluster_endpoints(self) -> ActionResult:
        """The two that every cluster has."""
        found = []
        for cluster in self.backend.describe_db_clusters(self.params.get("DBClusterIdentifier")):
            for kind, address in (("WRITER", cluster.endpoint), ("READER", cluster.reader_endpoint)):
                place = self.aurora.place(cluster.arn)
                active = not place or kind == "READER" or place.endpoint.target
                found.append(
                    {
                        "DBClusterIdentifier": cluster.db_cluster_identifier,
                        "Endpoint": address,
                        "Status": "available" if active else "inactive",
                        "EndpointType": kind,
                    }
                )
        return ActionResult({"DBClusterEndpoints": found})

    # Global databases

    def _global_cluster(self) -> Any:
        name = self.params["GlobalClusterIdentifier"]
        found = self.global_backend.global_clusters.get(name)
        if found is None:
            raise Refused("GlobalClusterNotFoundFault", f"Global cluster {name} not found")
        return found

    def describe_global_clusters(self) -> ActionResult:
        """Of one, where it is named: moto gives all."""
        if self.params.get("GlobalClusterIdentifier"):
            return ActionResult({"GlobalClusters": [self._global_cluster()]})
        return super().describe_global_clusters()

    def create_global_cluster(self) -> ActionResult:
        """From a cluster of any region; moto knows only those of one."""
        source = self.params.get("SourceDBClusterIdentifier")
        if not source:
            return super().create_global_cluster()
        if self.params.get("Engine"):
            raise Refused(
                "InvalidParameterCombination",
                "When creating global cluster from existing db cluster, value for engineName should not be specified"
                " since it will be inherited from source cluster",
            )
        cluster = _of_arn(source)
        made = self.global_backend.create_global_cluster(
            global_cluster_identifier=self.params["GlobalClusterIdentifier"],
            source_db_cluster_identifier=None,
            engine=cluster.engine,
            engine_version=cluster.engine_version,
            storage_encrypted=cluster.storage_encrypted,
            deletion_protection=self.params.get("DeletionProtection"),
        )
        cluster.global_cluster_identifier = made.global_cluster_identifier
        cluster.is_writer = True
        made.members.append(cluster)
        return ActionResult({"GlobalCluster": made})

    def create_db_cluster(self) -> ActionResult:
        """A global cluster that is named must be there; moto takes any name."""
        if self.params.get("GlobalClusterIdentifier"):
            self._global_cluster()
        return super().create_db_cluster()

    def remove_from_global_cluster(self) -> ActionResult:
        """By the ARN of the cluster, from any region. Its replication ends, and it is one of its own."""
        found, member = self._global_cluster(), _of_arn(self.params["DbClusterIdentifier"])
        if member not in found.members:
            raise Refused("DBClusterNotFoundFault", f"{member.arn} is no member of the global cluster")
        place = self.aurora.place(member.arn)
        if found.global_cluster_identifier == names.GLOBAL and place:
            if member.is_writer:
                raise Refused("InvalidGlobalClusterStateFault", "the emulator cannot detach the primary of lab-global")
            self._take(place)
            self.aurora.detach(place)
            self.aurora.busy.release()
        found.members.remove(member)
        member.global_cluster_identifier = None
        return ActionResult({"GlobalCluster": found})

    def switchover_global_cluster(self) -> ActionResult:
        """Nothing is lost: the target is waited for."""
        return self._change_primary(data_loss=False)

    def failover_global_cluster(self) -> ActionResult:
        """With AllowDataLoss at once, with what the target has; else a switchover."""
        data_loss, switchover = (
            str(self.params.get(name, "")).lower() == "true" for name in ("AllowDataLoss", "Switchover")
        )
        if data_loss and switchover:
            raise Refused("InvalidParameterCombination", "AllowDataLoss and Switchover can't be specified together.")
        return self._change_primary(data_loss=data_loss)

    def _change_primary(self, *, data_loss: bool) -> ActionResult:
        found, target = self._global_cluster(), _of_arn(self.params["TargetDbClusterIdentifier"])
        if target not in found.members:
            raise Refused("DBClusterNotFoundFault", f"{target.arn} is no member of the global cluster")
        if target.is_writer:
            raise Refused(
                "InvalidGlobalClusterStateFault", f"{target.arn} is the primary of the global cluster already."
            )
        place = self.aurora.place(target.arn)
        old = self.aurora.places[self.aurora.roles.primary]
        if place is None or old.cluster not in found.members:
            raise Refused("InvalidGlobalClusterStateFault", "the emulator can change the primary of lab-global alone")
        if found.status != AVAILABLE:
            raise Refused("InvalidGlobalClusterStateFault", f"The global cluster is in state {found.status}.")
        self._take(place) if data_loss else self._take(place, old)
        self.aurora.switch_over(found, place, data_loss=data_loss)
        return ActionResult({"GlobalCluster": found})

    # Events

    def describe_events(self) -> ActionResult:
        """Of the last hour, where nothing else is asked for; moto gives those of all times."""
        given = self.params
        events: list[Any] = self.backend.describe_events(**given)
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        end = _naive(given.get("EndTime")) or now
        minutes = int(given.get("Duration") or EVENT_MINUTES)
        start = _naive(given.get("StartTime")) or end - dt.timedelta(minutes=minutes)
        wanted = set(given.get("EventCategories") or ())
        return ActionResult(
            {
                "Events": [
                    each
                    for each in events
                    if start <= each.date <= end and (not wanted or wanted & set(each.event_categories))
                ]
            }
        )

    # Parameters

    def modify_db_cluster(self) -> ActionResult:
        """Another parameter group waits for a reboot, all of it."""
        name, group = self.params["DBClusterIdentifier"], self.params.get("DBClusterParameterGroupName")
        default = f"default.{names.FAMILY}"
        if group and group not in self.backend.db_cluster_parameter_groups and group != default:
            raise Refused("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {group}")
        place = self.aurora.place(name, self.region)
        waits = place and group and place.cluster.parameter_group != group
        result = super().modify_db_cluster()
        for member in place.cluster.members if place and waits else ():
            member.parameters_state = PENDING
        return result

    def describe_db_cluster_parameters(self) -> ActionResult:
        """All, with defaults; moto has those alone that somebody has set, and no default group."""
        name, source = self.params["DBClusterParameterGroupName"], self.params.get("Source")
        groups = self.backend.db_cluster_parameter_groups
        given: dict[str, Any] = {}
        if name in groups:
            given = groups[name].parameters
        elif name != f"default.{names.FAMILY}":
            return super().describe_db_cluster_parameters()
        found = []
        for each in parameters.TABLE:
            mine = given.get(each.name, {})
            found.append(each.described(mine.get("ParameterValue"), mine.get("ApplyMethod", "pending-reboot")))
        return ActionResult({"Parameters": [each for each in found if source in {None, each["Source"]}]})

    def describe_db_cluster_parameter_groups(self) -> ActionResult:
        """With the default group."""
        name, default = self.params.get("DBClusterParameterGroupName"), f"default.{names.FAMILY}"
        if name == default:
            described = {
                "DBClusterParameterGroupName": default,
                "DBParameterGroupFamily": names.FAMILY,
                "Description": f"Default cluster parameter group for {names.FAMILY}",
                "DBClusterParameterGroupArn": f"arn:aws:rds:{self.region}:{names.ACCOUNT}:cluster-pg:{default}",
            }
            return ActionResult({"DBClusterParameterGroups": [described]})
        return super().describe_db_cluster_parameter_groups()

    def modify_db_cluster_parameter_group(self) -> ActionResult:
        """AWS's rules; what is dynamic is set on the lab's servers, what is static waits for a reboot."""
        name = self.params["DBClusterParameterGroupName"]
        if name.startswith("default."):
            raise _invalid(f"The parameter group {name} can't be modified.")
        changes = [change.original_dict() for change in self.params.get("Parameters", [])]
        for change in changes:
            _check(change)
        result = super().modify_db_cluster_parameter_group()
        for place in self.aurora.places.values():
            if place.region == self.region and place.cluster.parameter_group == name:
                self._apply(place, changes)
        return result

    def _apply(self, place: Place, changes: list[dict[str, Any]]) -> None:
        for change in changes:
            known = parameters.BY_NAME[change["ParameterName"]]
            if change.get("ApplyMethod") == "pending-reboot":
                for member in place.cluster.members:
                    member.parameters_state = PENDING
            elif assignment := known.assignment(str(change["ParameterValue"])):
                for instance in place.instances:
                    self.aurora.databases[instance].take(dict([assignment]))


def _check(change: dict[str, Any]) -> None:
    name, method = change["ParameterName"], change.get("ApplyMethod", "")
    known = parameters.BY_NAME.get(name)
    if known is None:
        raise _invalid(f"Could not find parameter with name: {name}")
    if not known.modifiable:
        raise _invalid(f"The parameter {name} cannot be modified.")
    if known.apply == parameters.STATIC and method == "immediate":
        raise Refused("InvalidParameterCombination", f"cannot use immediate apply method for static parameter {name}")
    value, allowed = str(change.get("ParameterValue", "")), known.allowed
    if "," in allowed and value.lower() not in allowed.lower().split(","):
        raise _invalid(f"Invalid parameter value: {value} for: {name} allowed values are: {allowed}")


def _of_arn(arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) < 7:  # noqa: PLR2004 - arn:aws:rds:REGION:ACCOUNT:cluster:NAME
        raise _invalid("Malformed db cluster arn dbci")
    found = rds_backends[names.ACCOUNT][parts[3]].clusters.get(parts[6])
    if found is None:
        raise Refused("DBClusterNotFoundFault", f"DBCluster {arn} not found.")
    return found


def _naive(moment: dt.datetime | None) -> dt.datetime | None:
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment and moment.tzinfo else moment
