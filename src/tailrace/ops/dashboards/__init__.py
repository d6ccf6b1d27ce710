"""Dashboards for Grafana about MySQL capture, by Tailrace or by Debezium behind the JMX exporter."""

from tailrace.ops.dashboards.connector import CONNECTOR
from tailrace.ops.dashboards.fleet import FLEET

DASHBOARDS = {"debezium-mysql": CONNECTOR, "fleet": FLEET}
"""By the name that the command line knows them by."""

__all__ = ["CONNECTOR", "DASHBOARDS", "FLEET"]
