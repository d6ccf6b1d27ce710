"""The exposition of made-up connectors, read by Prometheus' own parsers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from tailrace.metrics import METRICS, render
from tailrace.model.distribution import Distribution, bucket
from tailrace.model.offset import Offset
from tailrace.model.progress import Distance, Progress, Reading, SnapshotPhase, SnapshotReport, State, TableCount
from tailrace.model.table import TableId

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_800_000_000.0
ODD = TableId('a "quoted"\n', "back\\slash")
FULL = Progress(
    name="first",
    server="shop",
    state=State.RECONNECTING,
    since=NOW - 7,
    reason='no "route"\nto host',
    started=NOW - 100,
    events=12,
    bytes=1200,
    transactions=3,
    tables={ODD: TableCount(reads=5, inserts=4, updates=2, deletes=1)},
    captured=(ODD,),
    offset=Offset("binlog.000002", 900, "uuid:1-9", int(NOW - 20) * 1_000_000),
    stored=Offset("binlog.000002", 500, "uuid:1-8", int(NOW - 30) * 1_000_000),
    waiting_for_store=NOW - 4,
    queue_bytes=1 << 20,
    queue_capacity=4 << 20,
    last_event=NOW - 8,
    lag=7.25,
    latency=Distribution(3, 0.3, 0.05, 0.15, {bucket(0.05): 1, bucket(0.1): 1, bucket(0.15): 1}),
    reconnects=2,
    sink_errors=1,
    snapshot=SnapshotReport(SnapshotPhase.RUNNING, NOW - 10, tables=4, tables_done=1, estimated_rows=50, rows={ODD: 5}),
    reading=Reading("binlog.000002", 950, NOW - 9, NOW - 8),
    distance=Distance(NOW - 3, 5, 4096, 123_456, float("inf")),
)


def _samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    found = {}
    for family in parse(text):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


def _value(text: str, name: str, **labels: str) -> float:
    """The one sample of this name with these labels, and others."""
    (found,) = (
        value for (known, given), value in _samples(text).items() if known == name and set(labels.items()) <= given
    )
    return found


def _text(*connectors: Progress, restless: bool = False) -> str:
    body, content_type = render(connectors, NOW, restless=restless)
    assert content_type.startswith("text/plain; version=")
    return body.decode()


def test_every_metric_can_be_read_back_with_odd_names_in_its_labels() -> None:
    text = _text(FULL, restless=True)
    told = {name for name, _ in _samples(text)}
    silent = {"debezium_metrics_ChunkFrom", "debezium_metrics_TableTo", "debezium_metrics_LastAppliedChange"}
    silent |= {"debezium_metrics_ChunkTo", "tailrace_source_info"}
    for metric in METRICS:
        ends = {"counter": "_total", "histogram": "_bucket", "gauge": ""}[metric.type]
        assert f"{metric.name}{ends}" in told or metric.name in silent, metric.name
    labels = {"database": ODD.database, "table": ODD.table, "operation": "create"}
    assert _value(text, "tailrace_events_total", **labels) == 4


def test_openmetrics_where_it_is_asked_for() -> None:
    body, content_type = render([FULL], NOW, accept="application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert any(family.name == "tailrace_events" for family in parse_openmetrics(body.decode()))


def test_a_connector_that_has_only_begun_has_no_figures_made_up() -> None:
    text = _text(Progress(name="first", server="shop"))
    told = {name for name, _ in _samples(text)}
    assert _value(text, "debezium_metrics_MilliSecondsBehindSource") == -1
    assert "tailrace_lag_seconds" not in told
    assert "tailrace_gtid_gap_transactions" not in told
    assert "debezium_metrics_MilliSecondsBehindSourceP99" not in told
    assert _value(text, "tailrace_state", state="starting") == 1


def test_values_are_what_the_connector_tells() -> None:
    text = _text(FULL)
    assert _value(text, "debezium_metrics_MilliSecondsBehindSource") == 7250
    assert _value(text, "debezium_metrics_QueueRemainingCapacity", context="streaming") == 6144
    assert _value(text, "debezium_metrics_RemainingTableCount") == 3
    assert _value(text, "debezium_metrics_Connected") == 0
    assert _value(text, "tailrace_state", state="reconnecting") == 1
    assert _value(text, "tailrace_reconnecting_seconds") == 7
    assert _value(text, "tailrace_offset_age_seconds") == 4
    assert _value(text, "tailrace_snapshot_remaining_seconds") == 90
    assert _value(text, "tailrace_purge_distance_seconds") == float("inf")
    assert _value(text, "tailrace_commit_to_sink_seconds_bucket", le="0.064") == 1
    assert _value(text, "tailrace_commit_to_sink_seconds_count") == 3


def test_texts_that_change_with_every_transaction_come_only_when_asked_for() -> None:
    assert "uuid:1-9" not in _text(FULL)
    assert "uuid:1-9" in _text(FULL, restless=True)


def test_two_connectors_of_one_prefix_are_not_one_series_twice() -> None:
    second = replace(FULL, name="second", lag=1.0)
    text = _text(FULL, second)
    assert _value(text, "debezium_metrics_MilliSecondsBehindSource") == 7250
    assert _value(text, "tailrace_lag_seconds", connector="first") == 7.25
    assert _value(text, "tailrace_lag_seconds", connector="second") == 1.0


def test_no_connector_is_no_error() -> None:
    assert _samples(_text()) == {}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: f"{metric.context}:{metric.name}")
def test_names_are_as_promtool_wants_them(metric: object) -> None:
    from tailrace.metrics import Metric

    assert isinstance(metric, Metric)
    assert metric.doc.endswith(".")
    assert not metric.name.endswith(("_total", "_count", "_sum", "_bucket"))
    if metric.name.startswith("tailrace_"):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.name)
        assert not re.search(r"milli|_ms_|_ms$|minutes|kilo", metric.name), "base units only"
        if metric.unit == "s":
            assert metric.name.endswith("seconds")
        if metric.unit == "bytes":
            assert metric.name.endswith("bytes")
    assert not set(metric.labels) & {"plugin", "name", "context", "server", "connector"}


def test_metrics_of_one_name_agree_in_type_and_labels() -> None:
    kinds: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for metric in METRICS:
        kinds.setdefault(metric.name, set()).add((metric.type, metric.labels))
    assert {name for name, found in kinds.items() if len(found) > 1} == set()
    assert len({(metric.name, metric.context) for metric in METRICS}) == len(METRICS)


def test_progress_is_json_for_the_rest_interface() -> None:
    import orjson

    from tailrace.rest.about import fields

    told: Mapping[str, object] = json.loads(orjson.dumps(fields(FULL)))
    assert told["snapshot"]["rows"] == {str(ODD): 5}  # type: ignore[index]
