"""moto's clusters and instances, as the lab's: with addresses that lead somewhere, and a parameter group that waits."""

from __future__ import annotations

from typing import Any, ClassVar

import moto.rds.models as rds

from tailrace.lab.aws import parameters
from tailrace.lab.aws.names import VERSION

IN_SYNC, PENDING = "in-sync", "pending-reboot"


class Cluster(rds.DBCluster):
    """`places` gives the lab's clusters the addresses of their endpoints."""

    places: ClassVar[dict[str, tuple[str, str, int]]] = {}
    """By ARN: host of the cluster endpoint, host of the reader endpoint, the port of both."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.failover_state: object = None

    @staticmethod
    def default_engine_version(engine: str) -> str:
        """moto's is of 5.7, which AWS has no more."""
        return VERSION if engine == "aurora-mysql" else rds.DBCluster.default_engine_version(engine)

    @property
    def assignments(self) -> dict[str, str]:
        """Values of variables that its parameter group gives to a server that starts."""
        group = self.backend.db_cluster_parameter_groups.get(self.parameter_group)
        return parameters.assignments(group.parameters if group else {})

    @property
    def endpoint(self) -> str:
        """An address: the names of AWS do not resolve here."""
        place = self.places.get(self.arn)
        return place[0] if place else super().endpoint

    @property
    def reader_endpoint(self) -> str:
        """As `endpoint`."""
        place = self.places.get(self.arn)
        return place[1] if place else super().reader_endpoint

    @property
    def db_cluster_members(self) -> list[dict[str, Any]]:
        """With the state of the parameter group."""
        return [
            each | {"DBClusterParameterGroupStatus": getattr(member, "parameters_state", IN_SYNC)}
            for each, member in zip(super().db_cluster_members, self.members, strict=True)
        ]


class Instance(rds.DBInstanceClustered):
    """One of a cluster."""

    places: ClassVar[dict[str, tuple[str, int]]] = {}
    """By identifier: host and port."""
    parameters_state = IN_SYNC

    @property
    def endpoint(self) -> dict[str, Any]:
        """The server itself."""
        place = self.places.get(self.db_instance_identifier)
        return {"Address": place[0], "Port": place[1]} if place else super().endpoint


def install() -> None:
    """From now on moto makes these. Before its first request."""
    # Its classes are looked up by name where they are made.
    vars(rds).update(DBCluster=Cluster, DBInstanceClustered=Instance)
