"""RDS events of clusters, in AWS's words: Amazon Aurora User Guide, 'Amazon RDS event categories and event messages'.

DescribeEvents gives no numbers; the messages of an event subscription do.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final

_FAILOVER, _GLOBAL = ("failover",), ("global failover",)
MESSAGES: Final = {
    "RDS-EVENT-0069": (_FAILOVER, "Cluster failover failed, check the health of your cluster instances and try again."),
    "RDS-EVENT-0070": (_FAILOVER, "Promoting previous primary again: {instance}."),
    "RDS-EVENT-0071": (_FAILOVER, "Completed failover to DB instance: {instance}."),
    "RDS-EVENT-0072": (_FAILOVER, "Started same AZ failover to DB instance: {instance}."),
    "RDS-EVENT-0073": (_FAILOVER, "Started cross AZ failover to DB instance: {instance}."),
    "RDS-EVENT-0181": (_GLOBAL, "Global switchover to DB cluster {cluster} in Region {region} started."),
    "RDS-EVENT-0182": (_GLOBAL, "Old primary DB cluster {cluster} in Region {region} successfully shut down."),
    "RDS-EVENT-0183": (
        _GLOBAL,
        (
            "Waiting for data synchronization across global cluster members."
            " Current lags behind primary DB cluster: {reason}."
        ),
    ),
    "RDS-EVENT-0184": (_GLOBAL, "New primary DB cluster {cluster} in Region {region} was successfully promoted."),
    "RDS-EVENT-0185": (_GLOBAL, "Global switchover to DB cluster {cluster} in Region {region} finished."),
    "RDS-EVENT-0187": (_GLOBAL, "Global switchover to DB cluster {cluster} in Region {region} failed."),
    "RDS-EVENT-0238": (_GLOBAL, "Global failover to DB cluster {cluster} in Region {region} completed."),
    "RDS-EVENT-0239": (_GLOBAL, "Global failover to DB cluster {cluster} in Region {region} failed."),
    "RDS-EVENT-0240": (
        _GLOBAL,
        "Started resynchronizing members of DB cluster {cluster} in Region {region} after global failover.",
    ),
    "RDS-EVENT-0241": (
        _GLOBAL,
        "Finished resynchronizing members of DB cluster {cluster} in Region {region} after global failover.",
    ),
    "RDS-EVENT-0004": (("availability",), "DB instance shutdown."),
    "RDS-EVENT-0006": (("availability",), "DB instance restarted."),
}


@dataclass(frozen=True)
class Event:
    """As DescribeEvents shows it; moto reads the attributes."""

    number: str
    source_identifier: str
    source_type: str
    source_arn: str
    message: str
    event_categories: tuple[str, ...]
    date: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC).replace(tzinfo=None))


SUBJECT: Final = "RDS Notification Message"
_PAGE: Final = "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html"


def wanted(happened: Event, subscription: Any) -> bool:
    """Whether an event subscription (moto's) is about it."""
    return bool(
        subscription.enabled
        and subscription.source_type in {None, happened.source_type}
        and (not subscription.source_ids or happened.source_identifier in subscription.source_ids)
        and (not subscription.event_categories or set(happened.event_categories) & set(subscription.event_categories))
    )


def message(happened: Event) -> dict[str, str]:
    """What SNS tells of it: here is the number."""
    return {
        "Event Source": happened.source_type,
        "Event Time": f"{happened.date:%Y-%m-%d %H:%M:%S}.{happened.date.microsecond // 1000:03}",
        "Source ID": happened.source_identifier,
        "Source ARN": happened.source_arn,
        "Event ID": f"{_PAGE}#{happened.number}",
        "Event Message": happened.message,
    }


def event(number: str, arn: str, **words: str) -> Event:
    """One that happens now, to the cluster or instance of this ARN."""
    categories, message = MESSAGES[number]
    kind, name = arn.split(":")[5:7]
    source = {"cluster": "db-cluster", "db": "db-instance"}[kind]
    return Event(number, name, source, arn, message.format(**words), categories)
