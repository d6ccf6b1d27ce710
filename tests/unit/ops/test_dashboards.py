"""Dashboards as they are imported into Grafana: linted by the rules that its own linter has.

No Grafana runs here; that queries return something is tested against Prometheus (tests/integration/test_monitoring.py).
"""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.alerting import promtool
from support.cli import tailrace
from tailrace.metrics import METRICS
from tailrace.ops.dashboards import DASHBOARDS
from tailrace.ops.dashboards.watch import Choice, fill

ROOT = Path(__file__).parents[3]
UNITS = {"none", "ms", "s", "bytes", "Bps", "cps", "percentunit", "dateTimeAsIso"}
"""Those of Grafana's that we use."""


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / f"deploy/grafana/{name}.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture(params=DASHBOARDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def dashboard(name: str) -> dict[str, Any]:
    return load(name)


@pytest.fixture
def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def _queries(panels: list[dict[str, Any]]) -> list[str]:
    return [target["expr"] for panel in panels for target in panel["targets"]]


def test_the_file_is_what_the_table_says(name: str, panels: list[dict[str, Any]]) -> None:
    shown = [(panel["title"], [target["expr"] for target in panel["targets"]]) for panel in panels]
    meant = [(panel.title, [query.expression for query in panel.queries]) for panel in DASHBOARDS[name].panels()]
    assert shown == meant, "run python tools/deploy.py"


def test_the_dashboard_has_what_a_linter_asks_for(dashboard: dict[str, Any]) -> None:
    assert dashboard["uid"]
    assert dashboard["title"]
    assert dashboard["editable"] is False
    assert dashboard["schemaVersion"] >= 36
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert list(variables) == ["datasource", "job", "instance", "name"]
    assert variables["datasource"]["query"] == "prometheus"
    for variable in list(variables.values())[1:]:
        assert variable["datasource"]["uid"] == "${datasource}"
        assert variable["refresh"] == 2, "asked again when the time range changes"
        assert (variable["includeAll"], variable["multi"], variable["allValue"]) == (True, True, ".*")
        assert variable["label"]
        assert re.fullmatch(r"label_values\(debezium_metrics_Connected(\{.*\})?, \w+\)", variable["query"])


def test_every_panel_has_what_a_linter_asks_for(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        assert panel["title"]
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            assert target["legendFormat"], panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    assert len({panel["title"] for panel in panels}) == len(panels)


def test_what_has_never_been_is_said_in_a_word_and_not_as_a_number_or_a_day_of_1969(
    panels: list[dict[str, Any]],
) -> None:
    unset = {metric.name for metric in METRICS if "-1:" in metric.doc}
    for panel in panels:
        expression = panel["targets"][0]["expr"]
        if panel["type"] == "stat" and unset & set(re.findall(r"\w+", expression)):
            value = "-1000" if expression.endswith("* 1000") else "-1"
            [mapping] = panel["fieldConfig"]["defaults"].get("mappings") or [{"options": {}}]
            assert value in mapping["options"], panel["title"]


def test_check_says_what_the_panel_shows() -> None:
    began = next(panel for panel in DASHBOARDS["debezium-mysql"].panels() if panel.title == "Recovery began")
    assert (began.shown(-1000), began.shown(1.7e12)) == ("never", "1.7e+12")


def test_no_two_panels_are_in_one_place(dashboard: dict[str, Any]) -> None:
    for one, other in combinations(dashboard["panels"], 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = (
            a["x"] + a["w"] <= b["x"]
            or b["x"] + b["w"] <= a["x"]
            or a["y"] + a["h"] <= b["y"]
            or b["y"] + b["h"] <= a["y"]
        )
        assert apart, (one["title"], other["title"])
        assert a["x"] + a["w"] <= 24
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_every_query_is_promql_of_metrics_that_there_are_for_the_chosen_connectors(
    panels: list[dict[str, Any]], tmp_path: Path
) -> None:
    known = {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in METRICS} | {
        "up",
        "ALERTS",
    }
    queries = _queries(panels)
    for query in queries:
        for metric, labels in re.findall(r"(\w+)\{([^}]*)\}", query):
            assert metric in known, query
            if metric != "ALERTS":
                assert 'job=~"$job", instance=~"$instance"' in labels, query
            if metric not in {"ALERTS", "up"}:
                assert re.search(r'\b(name|server)=~"\$name"', labels), query
        if "rate(" in query or "deriv(" in query:
            assert "[$__rate_interval]" in query, query
        assert not re.search(r"\$__interval\b", query), query
    rules = [{"record": f"query:{number}", "expr": fill(query, Choice())} for number, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}), encoding="utf-8")
    done = promtool("check", "rules", "--lint=none", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_totals_since_the_start_are_shown_as_rates_over_time(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        for target in panel["targets"]:
            if panel["type"] == "timeseries" and re.search(r"TotalNumberOf|_total\b|NumberOfCommitted", target["expr"]):
                assert "rate(" in target["expr"], panel["title"]


def test_the_connectors_dashboard_has_a_row_for_every_question() -> None:
    rows = [panel["title"] for panel in load("debezium-mysql")["panels"] if panel["type"] == "row"]
    assert rows == ["Health", "Lag", "GTID and position", "Throughput", "Queue", "Snapshot", "Schema history"]
    assert len(DASHBOARDS["debezium-mysql"].panels()) >= 20


def test_the_scrape_configuration_that_is_shipped_is_one() -> None:
    done = promtool("check", "config", ROOT / "deploy/prometheus/prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_says_when_prometheus_is_not_there() -> None:
    refused = tailrace("dashboard", "check", "--prometheus", "http://127.0.0.1:9")
    assert refused.code == 3
    assert "--prometheus" in refused.err
