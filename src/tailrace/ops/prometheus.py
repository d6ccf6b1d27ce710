"""A client of Prometheus's HTTP API: queries, loaded rules, alerts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from tailrace.errors import PrometheusError, PrometheusUnreachable, WorkerUnreachable
from tailrace.ops.http import Access, ask

ASK_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Series:
    """One of an instant vector."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class FiringAlert:
    """One that is pending or firing."""

    name: str
    state: str
    """`pending` or `firing`."""
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    since: str
    """RFC 3339."""


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """An alerting rule as Prometheus has it."""

    name: str
    expression: str
    seconds: float
    """Its `for`."""
    error: str
    """Of the last evaluation; empty: there was none."""


class Prometheus:
    """Every method raises PrometheusUnreachable, or PrometheusError where it refuses."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @property
    def url(self) -> str:
        """Where it is."""
        return self._access.url

    def query(self, expression: str) -> list[Series]:
        """The instant vector at this moment; a scalar is one series without labels."""
        data = self._get("/api/v1/query", query=expression)
        if data["resultType"] == "scalar":
            return [Series({}, float(data["result"][1]))]
        return [Series(found["metric"], float(found["value"][1])) for found in data["result"]]

    def rules(self) -> list[LoadedRule]:
        """Alerting rules of all groups."""
        return [
            LoadedRule(rule["name"], rule["query"], rule["duration"], rule.get("lastError", ""))
            for group in self._get("/api/v1/rules", type="alert")["groups"]
            for rule in group["rules"]
        ]

    def alerts(self) -> list[FiringAlert]:
        """Pending and firing."""
        return [
            FiringAlert(
                found["labels"]["alertname"], found["state"], found["labels"], found["annotations"], found["activeAt"]
            )
            for found in self._get("/api/v1/alerts")["alerts"]
        ]

    def _get(self, path: str, **parameters: str) -> Any:
        try:
            answer = ask(self._access, "GET", f"{path}?{urlencode(parameters)}", seconds=ASK_SECONDS)
        except WorkerUnreachable as error:
            hint = "is Prometheus there? name its URL with --prometheus or TAILRACE_PROMETHEUS"
            raise PrometheusUnreachable(error.message, where=error.where, hint=hint) from error
        try:
            document = answer.json()
            if document["status"] == "success":
                return document["data"]
            words = document["error"]
        except (json.JSONDecodeError, TypeError, KeyError):
            message = f"what answers is no Prometheus (HTTP {answer.status})"
            hint = "the URL is that of Prometheus itself, without /graph or /api"
            raise PrometheusError(message, where=self.url, hint=hint) from None
        hint = "look at the expression" if answer.status == HTTPStatus.BAD_REQUEST else "look into Prometheus's log"
        raise PrometheusError(f"Prometheus refuses: {words}", where=self.url, hint=hint)
