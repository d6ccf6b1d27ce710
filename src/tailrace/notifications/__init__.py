"""Where notifications go, besides the topic: each is a function that returns at once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from tailrace.config.signals import NotificationsConfig
from tailrace.model.notification import Notification
from tailrace.notifications.webhook import Webhook

log = logging.getLogger(__name__)

Notifier = Callable[[Notification], None]


def text(notification: Notification) -> str:
    """As Debezium's log has it."""
    return json.dumps(
        {
            "aggregateType": notification.aggregate_type,
            "type": notification.type,
            "additionalData": dict(notification.additional_data),
            "timestamp": notification.timestamp_ms,
        }
    )


def to_log(notification: Notification) -> None:
    """A line of level INFO."""
    log.info("notification %s", text(notification))


def notifiers(config: NotificationsConfig) -> tuple[Notifier, ...]:
    """Those that the configuration names."""
    found: list[Notifier] = []
    if config.log:
        found.append(to_log)
    if config.webhook is not None:
        found.append(Webhook(config.webhook).send)
    return tuple(found)
