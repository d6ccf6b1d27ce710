"""Metrics of connectors as the text that Prometheus reads, or as OpenMetrics where it asks for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder

from tailrace.metrics.debezium import DEBEZIUM
from tailrace.metrics.metric import Metric, Sample, View
from tailrace.metrics.own import BOUNDS, OWN
from tailrace.model.distribution import Distribution
from tailrace.model.progress import Progress

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Family

METRICS: Final = (*DEBEZIUM, *OWN)


def render(
    connectors: Iterable[Progress], now: float, *, accept: str = "", restless: bool = False
) -> tuple[bytes, str]:
    """The exposition and its content type. `accept` is the header of the request; `restless`: texts that change with
    every transaction too.
    """
    views = tuple(View(progress, now) for progress in connectors)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(_families(views, restless=restless)))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Collector:
    """The one call that a registry makes."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families


def _families(views: tuple[View, ...], *, restless: bool) -> Iterator[Family]:
    by_name: dict[str, list[Metric]] = {}
    for metric in METRICS:
        if restless or not metric.restless:
            by_name.setdefault(metric.name, []).append(metric)
    for metrics in by_name.values():
        family = _family(metrics)
        for metric in metrics:
            for view in _named(views) if metric.context else views:
                _add(family, metric, view)
        if family.samples:
            yield family


def _named(views: Iterable[View]) -> Iterable[View]:
    """Debezium tells connectors apart by topic.prefix alone: of two that share one, the first stands for it."""
    return {view.progress.server: view for view in reversed(tuple(views))}.values()


def _family(metrics: list[Metric]) -> Family:
    first = metrics[0]
    docs = dict.fromkeys(f"{metric.context}: {metric.doc}" if metric.context else metric.doc for metric in metrics)
    doc = first.doc if len({metric.doc for metric in metrics}) == 1 else " ".join(docs)
    labels = (*_labels_of(first), *first.labels)
    match first.type:
        case "counter":
            return CounterMetricFamily(first.name, doc, labels=labels)
        case "histogram":
            return HistogramMetricFamily(first.name, doc, labels=labels)
        case "gauge":
            return GaugeMetricFamily(first.name, doc, labels=labels)


def _labels_of(metric: Metric) -> tuple[str, ...]:
    """Those that say whose it is."""
    return ("plugin", "name", "context", "server") if metric.context else ("connector", "server")


def _add(family: Family, metric: Metric, view: View) -> None:
    progress = view.progress
    server = progress.server
    whose = ("mysql", server, metric.context, server) if metric.context else (progress.name, server)
    labels = dict(zip(_labels_of(metric), whose, strict=True))
    value = metric.value(view)
    match value:
        case None:
            pass
        case Distribution():
            _add_histogram(family, labels, value)
        case int() | float():
            _add_sample(family, metric, labels, value)
        case _:
            for sample in value:
                assert isinstance(sample, Sample)
                _add_sample(family, metric, {**labels, **sample.labels}, sample.value)


def _add_sample(family: Family, metric: Metric, labels: dict[str, str], value: float) -> None:
    family.add_sample(f"{metric.name}_total" if metric.type == "counter" else metric.name, labels, float(value))


def _add_histogram(family: Family, labels: dict[str, str], value: Distribution) -> None:
    for bound in BOUNDS:
        family.add_sample(f"{family.name}_bucket", {**labels, "le": str(bound)}, value.within(bound))
    family.add_sample(f"{family.name}_bucket", {**labels, "le": "+Inf"}, value.count)
    family.add_sample(f"{family.name}_count", labels, value.count)
    family.add_sample(f"{family.name}_sum", labels, value.total)
