"""What the lab is called in the emulator: account, regions, clusters, instances. Nothing here is of a real account."""

from __future__ import annotations

from typing import Final

ACCOUNT: Final = "123456789012"
"""moto's own; no account of AWS's has it."""
REGION: Final = "eu-central-1"
"""Not us-east-1: there the AWS CLI v1 asks rds.amazonaws.com, whatever AWS_ENDPOINT_URL says."""
SECOND_REGION: Final = "eu-west-1"
REGION_NAMES: Final = {REGION: "EU (Frankfurt)", SECOND_REGION: "EU (Ireland)"}
"""As SNS messages of alarms write them."""
CLUSTER: Final = "lab"
SECOND_CLUSTER: Final = "lab-eu"
"""The secondary of the global database."""
GLOBAL: Final = "lab-global"
REPLICA_CLUSTER: Final = "lab-replica"
"""A cluster that is a binlog replica of `lab`, for AuroraBinlogReplicaLag."""
REPLICA_INSTANCE: Final = "lab-replica-1"
PARAMETERS: Final = "lab-cluster-parameters"
ENGINE: Final = "aurora-mysql"
VERSION: Final = "8.0.mysql_aurora.3.08.0"
FAMILY: Final = "aurora-mysql8.0"
ROLES: Final = {"lab-1": "primary", "lab-2": "replica", "lab-eu-1": "distant", REPLICA_INSTANCE: "follower"}
"""Folder of the server that stands for each instance."""
ZONES: Final = {"lab-1": f"{REGION}a", "lab-2": f"{REGION}b", "lab-eu-1": f"{SECOND_REGION}a"}


def cluster_arn(region: str, cluster: str) -> str:
    """Of a cluster of ours."""
    return f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{cluster}"
