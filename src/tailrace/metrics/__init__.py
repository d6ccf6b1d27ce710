"""What connectors tell of themselves, for Prometheus: Debezium's names beside our own.

`METRICS` says what each metric means; `render` makes the text and the reference page is made from the same.
"""

from tailrace.metrics.metric import Metric, Sample
from tailrace.metrics.render import METRICS, render

__all__ = ["METRICS", "Metric", "Sample", "render"]
