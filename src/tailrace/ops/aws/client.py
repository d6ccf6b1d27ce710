"""Calls of AWS's API, throttling retried; what it refuses becomes our errors, with what to do.

Where and as whom is the SDK's business: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and all else that it knows.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tailrace.errors import ConfigError
from tailrace.ops.aws.failure import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS = 5
READ_SECONDS = 20
ATTEMPTS = 8
"""With the pauses of the SDK's standard mode, about a minute of throttling is waited out."""


class Aws:
    """One thread uses it. Raises ConfigError where the SDK is not installed."""

    def __init__(self) -> None:
        try:
            self._boto3 = importlib.import_module("boto3")
            self._config = importlib.import_module("botocore.config").Config
            self._failures = importlib.import_module("botocore.exceptions")
        except ImportError:
            raise ConfigError("AWS needs the package boto3", hint="pip install 'tailrace[aws]'") from None
        self._clients: dict[tuple[str, str], Any] = {}

    def call(self, service: str, operation: str, parameters: Mapping[str, Any], region: str = "") -> dict[str, Any]:
        """One operation by its Python name (`failover_db_cluster`); `region` empty: the SDK's own.

        Raises AwsError.
        """
        try:
            client = self._client(service, region)
            return dict(getattr(client, operation)(**parameters))
        except (self._failures.ClientError, self._failures.BotoCoreError) as error:
            raise translate(error, service, operation, region) from error

    def every(
        self, service: str, operation: str, result: str, parameters: Mapping[str, Any], region: str = ""
    ) -> list[dict[str, Any]]:
        """The entries of an answer that comes in pages, all of them. Raises AwsError."""
        found: list[dict[str, Any]] = []
        marker: dict[str, Any] = {}
        while True:
            page = self.call(service, operation, {**parameters, **marker}, region)
            found += page.get(result, [])
            if not page.get("Marker"):
                return found
            marker = {"Marker": page["Marker"]}

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            config = self._config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                user_agent_extra="tailrace",
            )
            session = self._boto3.session.Session()
            self._clients[service, region] = session.client(service, region_name=region or None, config=config)
        return self._clients[service, region]
