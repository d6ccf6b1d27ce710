"""Where the emulator is: what `aws.json` keeps. No import of moto, so that whoever only asks starts quickly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Ports on loopback. Two endpoints of a cluster share a port, as in AWS: they are told apart by their address."""

    port: int
    """Of the API, on 127.0.0.1."""
    cluster_port: int
    """Of `lab`: 127.0.0.1 is the cluster endpoint, 127.0.0.2 the reader endpoint."""
    second_port: int
    """Of `lab-eu`, likewise."""


CLUSTER_HOST, READER_HOST = "127.0.0.1", "127.0.0.2"
EMULATOR = "tailrace-lab; moto {version}; not AWS"
"""In the header X-Emulator of every answer."""
ADDED = (
    "failover-db-cluster promotes a real MySQL behind the cluster endpoint, with statuses and events",
    "switchover-global-cluster, failover-global-cluster, global clusters from a source and by name",
    "default cluster parameter groups, pending-reboot",
    "AWS/RDS figures from the lab's servers",
    "evaluation, history and SNS actions of CloudWatch alarms; statistics of exactly the series that is named",
    "event subscriptions of RDS by SNS",
    "confirmation of SNS subscriptions by HTTP",
    "faults: throttling, access-denied, expired-token, internal-error, unavailable, slow",
)
"""What moto does not do, and the lab does."""
