"""Datapoints into CloudWatch, in as few requests as it takes. PutMetricData takes 1000 of them at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tailrace.ops.aws.client import Aws

LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class Datum:
    """One value of one series."""

    name: str
    value: float
    unit: str
    """As CloudWatch has them: Seconds, Bytes, Count, Percent."""
    dimensions: Mapping[str, str]


def publish(aws: Aws, namespace: str, data: Sequence[Datum], at: dt.datetime) -> None:
    """All of them, as of one moment. Raises AwsError; those before it are published then."""
    for start in range(0, len(data), LIMIT):
        aws.call(
            "cloudwatch",
            "put_metric_data",
            {
                "Namespace": namespace,
                "MetricData": [
                    {
                        "MetricName": each.name,
                        "Value": each.value,
                        "Unit": each.unit,
                        "Timestamp": at,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in each.dimensions.items()],
                    }
                    for each in data[start : start + LIMIT]
                ],
            },
        )
