"""What a `/metrics` says, Tailrace's own or the JMX exporter's of Kafka Connect, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from tailrace.errors import WorkerError, WorkerUnreachable
from tailrace.ops.http import Access, ask

SECONDS = 15.0
"""A worker of Kafka Connect with many beans takes its time."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One line."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Exposition:
    """The samples of one moment; of the Tailrace and Debezium families alone."""

    samples: tuple[Sample, ...]

    def each(self, name: str, /, **labels: str) -> Iterator[Sample]:
        """Those of this name that have these labels, and perhaps others."""
        wanted = labels.items()
        return (each for each in self.samples if each.name == name and wanted <= each.labels.items())

    def value(self, name: str, /, **labels: str) -> float | None:
        """Of the first of them; None: there is none."""
        return next((each.value for each in self.each(name, **labels)), None)


def read(text: str) -> Exposition:
    """Raises ValueError where it is no exposition."""
    families = text_string_to_metric_families(text)
    return Exposition(
        tuple(
            Sample(sample.name, sample.labels, sample.value)
            for family in families
            if family.name.startswith(("tailrace_", "debezium_"))
            for sample in family.samples
        )
    )


def scrape(url: str) -> Exposition:
    """Of a URL, whose path is /metrics where it has none. Raises WorkerUnreachable, or WorkerError."""
    path = "" if urlsplit(url).path.strip("/") else "/metrics"
    answer = ask(Access(url), "GET", path, seconds=SECONDS)
    if answer.status != HTTPStatus.OK:
        raise WorkerError(f"no metrics: HTTP {answer.status}", where=url, hint="give the URL that Prometheus scrapes")
    try:
        return read(answer.body.decode(errors="replace"))
    except ValueError:
        raise WorkerUnreachable(
            "what listens there gives no metrics", where=url, hint="give the URL that Prometheus scrapes"
        ) from None
