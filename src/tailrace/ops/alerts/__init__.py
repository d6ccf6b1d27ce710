"""Alerts for MySQL capture, by Tailrace or by Debezium behind the JMX exporter: one table, and what is made of it."""

from tailrace.ops.alerts.rules import alertmanager_config, prometheus_rules
from tailrace.ops.alerts.table import ALERTS
from tailrace.ops.alerts.threshold import THRESHOLDS, read_thresholds

__all__ = ["ALERTS", "THRESHOLDS", "alertmanager_config", "prometheus_rules", "read_thresholds"]
