"""SNS: subscriptions by HTTP that must be confirmed, and messages with AWS's headers. moto has neither."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import urllib.request
from typing import Any, ClassVar

import moto.sns.models as sns
from moto.core.responses import ActionResult
from moto.sns.responses import SNSResponse

from tailrace.lab.aws import names
from tailrace.lab.aws.refusable import Refusable, Refused

log = logging.getLogger(__name__)
HTTP = ("http", "https")
DELIVERY_SECONDS = 5.0
PENDING = "pending confirmation"


class Subscription(sns.Subscription):
    """One by HTTP gets nothing before its endpoint has confirmed it."""

    def __init__(self, account_id: str, topic: Any, endpoint: str, protocol: str) -> None:
        super().__init__(account_id, topic, endpoint, protocol)
        self.confirmed = protocol not in HTTP
        self.token = secrets.token_hex(32)

    def publish(self, message: str, message_id: str, subject: str | None = None, *more: Any, **named: Any) -> None:
        """In the background: who is told may be slow."""
        if self.protocol not in HTTP:
            super().publish(message, message_id, subject, *more, **named)
        elif self.confirmed:
            self._post(self.get_post_data(message, message_id, subject))

    def ask_to_confirm(self, address: str) -> None:
        """What AWS sends first. `address`: where this emulator is."""
        arn = self.topic.arn
        asked = self.get_post_data(
            f"You have chosen to subscribe to the topic {arn}.\n"
            "To confirm the subscription, visit the SubscribeURL included in this message.",
            secrets.token_hex(16),
            None,
        )
        del asked["UnsubscribeURL"]
        url = f"{address}/?Action=ConfirmSubscription&TopicArn={arn}&Token={self.token}"
        self._post(asked | {"Type": "SubscriptionConfirmation", "Token": self.token, "SubscribeURL": url})

    def _post(self, body: dict[str, Any]) -> None:
        threading.Thread(target=self._deliver, args=(body,), daemon=True).start()

    def _deliver(self, body: dict[str, Any]) -> None:
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "User-Agent": "Amazon Simple Notification Service Agent",
            "x-amz-sns-message-type": body["Type"],
            "x-amz-sns-message-id": body["MessageId"],
            "x-amz-sns-topic-arn": self.topic.arn,
        }
        request = urllib.request.Request(self.endpoint, json.dumps(body).encode(), headers)  # noqa: S310 - http, checked
        try:
            with urllib.request.urlopen(request, timeout=DELIVERY_SECONDS):  # noqa: S310 - as above
                pass
        except OSError as error:
            log.warning("SNS could not deliver to %s: %s", self.endpoint, error)


class Sns(Refusable, SNSResponse):
    """moto's, and ours; `address` is set once."""

    address: ClassVar[str]

    def subscribe(self) -> ActionResult:
        """By HTTP: the endpoint is asked to confirm, and the ARN comes with that."""
        result = super().subscribe()
        subscription = self.backend.subscriptions.get(result.result["SubscriptionArn"])  # type: ignore[index]
        if not isinstance(subscription, Subscription) or subscription.confirmed:
            return result
        subscription.ask_to_confirm(self.address)
        if str(self._get_param("ReturnSubscriptionArn", "")).lower() == "true":
            return result
        return ActionResult({"SubscriptionArn": PENDING})

    def confirm_subscription(self) -> ActionResult:
        """With the token that was sent; moto takes any, and does nothing."""
        arn = confirm(str(self._get_param("Token")))
        if arn is None:
            raise Refused("InvalidParameter", "Invalid parameter: Token")
        return ActionResult({"SubscriptionArn": arn})


def confirm(token: str) -> str | None:
    """The ARN of the subscription with this token, confirmed from now on; None: there is none."""
    for region in names.REGION_NAMES:
        for subscription in sns.sns_backends[names.ACCOUNT][region].subscriptions.values():
            if getattr(subscription, "token", "") == token:
                subscription.confirmed = True
                return str(subscription.arn)
    return None


def publish(region: str, topic: str, subject: str, message: str) -> None:
    """To who is subscribed. Raises LookupError where there is no such topic."""
    found = sns.sns_backends[names.ACCOUNT][region].topics.get(topic)
    if found is None:
        raise LookupError(f"Topic does not exist: {topic}")
    found.publish(message, subject)


def install() -> None:
    """From now on moto makes these. Before its first request."""
    vars(sns).update(Subscription=Subscription)
