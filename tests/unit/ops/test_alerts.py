"""Rules of alerts: right by Prometheus's own judgement, in the courses of series that they are for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.alert_scenarios import SCENARIOS
from support.alerting import promtool
from support.cli import tailrace
from tailrace.errors import ConfigError
from tailrace.metrics import METRICS
from tailrace.ops.alerts import ALERTS, THRESHOLDS, read_thresholds
from tailrace.ops.alerts.alert import METRIC
from tailrace.ops.alerts.watch import Facts, judge
from tailrace.ops.prometheus import FiringAlert, LoadedRule

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests/alerts/tailrace.yml"


def test_files_for_prometheus_and_runbooks_are_what_the_table_says() -> None:
    command = [sys.executable, str(ROOT / "tools/deploy.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_prometheus_takes_the_rules() -> None:
    done = promtool("check", "rules", ROOT / "deploy/prometheus/rules/tailrace.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should_and_only_then() -> None:
    done = promtool("test", "rules", TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_courses_of_series_notice_rules_that_are_not_ours(tmp_path: Path) -> None:
    tests = yaml.safe_load(TESTS.read_text(encoding="utf-8")) | {"rule_files": ["rules.yml"]}
    tests["tests"] = [test for test in tests["tests"] if test["name"] == "a lag that is over"]
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests), encoding="utf-8")
    for threshold, judged in (("lag=60s", 0), ("lag=200s", 1), ("lag.for=10m", 1)):
        rules = tailrace("alerts", "export", "--threshold", threshold).out
        (tmp_path / "rules.yml").write_text(rules, encoding="utf-8")
        assert promtool("test", "rules", tmp_path / "tests.yml").returncode == judged


def test_every_alert_is_seen_to_fire() -> None:
    fired = {one.alert for scenario in SCENARIOS for fires in scenario.fires.values() for one in fires}
    assert fired == {alert.name for alert in ALERTS}


def test_no_alert_looks_at_a_metric_that_nobody_has() -> None:
    exporter = (ROOT / "deploy/prometheus/jmx-exporter.yml").read_text(encoding="utf-8")
    connect = tuple(re.findall(r"name: (kafka_connect_\w+?)_\$", exporter))
    # Of the streaming bean; of ours it is not, for we do not count events of the binlog.
    known = {metric.name for metric in METRICS} | {"debezium_metrics_TotalNumberOfEventsSeen", "up"}
    for alert in ALERTS:
        for metric in METRIC.findall("".join(alert.conditions.values())):
            assert metric in known or metric.startswith((*connect, "aws_rds_")), f"{alert.name}: {metric}"


def test_another_threshold_changes_its_rule_alone() -> None:
    usual = yaml.safe_load(tailrace("alerts", "export").out)["groups"][0]["rules"]
    text = tailrace("alerts", "export", "--threshold", "lag=30s", "--threshold", "lag.for=90s").out
    assert "--threshold lag=30s" in text.splitlines()[0], "the file says how it was made"
    mine = yaml.safe_load(text)["groups"][0]["rules"]
    (changed,) = [(rule, old) for rule, old in zip(mine, usual, strict=True) if rule != old]
    assert changed[0]["alert"] == "CdcLagHigh"
    assert changed[0]["expr"].endswith("> 30")
    assert (changed[0]["for"], changed[1]["for"]) == ("90s", "5m")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("lag=soon", "is not a duration"),
        ("lag=-1s", "is not a duration"),
        ("queue=120%", "is not a share"),
        ("reconnects=1.5", "is not a whole number"),
        ("jobs=(", "is not a regular expression"),
        ("lagg=1s", "did you mean lag"),
        ("lag", "write NAME=VALUE"),
    ],
)
def test_thresholds_that_are_none_are_refused(setting: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_thresholds([setting])
    assert words in str(refused.value)
    assert tailrace("alerts", "export", "--threshold", setting).code == 2


def test_every_threshold_is_used_and_explained() -> None:
    used = {name for alert in ALERTS for name in alert.thresholds()}
    assert used == {threshold.name for threshold in THRESHOLDS}
    listed = tailrace("alerts", "thresholds", "--json").json
    assert [entry["name"] for entry in listed] == [threshold.name for threshold in THRESHOLDS]


def test_explain_says_what_to_do_and_helps_with_names() -> None:
    said = tailrace("alerts", "explain", "cdclaghigh")
    assert said.code == 0
    assert "1. " in said.out
    assert "thresholds: lag, lag.for" in said.out
    assert tailrace("alerts", "explain", "CdcLagHigh", "--json").json["runbook"].endswith("#cdclaghigh")
    unknown = tailrace("alerts", "explain", "LagHi")
    assert unknown.code == 2
    assert "did you mean CdcLagHigh" in unknown.err


def test_each_runbook_has_the_anchor_that_its_alert_names() -> None:
    page = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
    anchors = {line.removeprefix("## ").lower() for line in page.splitlines() if line.startswith("## ")}
    for entry in json.loads(tailrace("alerts", "export", "--json").out):
        assert entry["runbook"].partition("#")[2] in anchors


RULE = LoadedRule("CdcLagHigh", "…", 300, "")


def _about(name: str, facts: Facts) -> tuple[bool, bool, bool]:
    (verdict,) = [verdict for verdict in judge(facts) if verdict.alert.name == name]
    return verdict.loaded, verdict.blind, verdict.problem


def test_a_rule_that_is_missing_broken_blind_or_firing_is_a_problem() -> None:
    metrics = frozenset({"debezium_metrics_MilliSecondsBehindSource"})
    pending = FiringAlert("CdcLagHigh", "pending", {}, {}, "")
    firing = FiringAlert("CdcLagHigh", "firing", {}, {}, "")
    broken = LoadedRule("CdcLagHigh", "…", 300, "many-to-many matching")
    assert _about("CdcLagHigh", Facts((RULE,), (), metrics)) == (True, False, False)
    assert _about("CdcLagHigh", Facts((RULE,), (pending,), metrics)) == (True, False, False)
    assert _about("CdcLagHigh", Facts((RULE,), (firing,), metrics)) == (True, False, True)
    assert _about("CdcLagHigh", Facts((RULE,), (), frozenset())) == (True, True, True)
    assert _about("CdcLagHigh", Facts((broken,), (), metrics)) == (True, False, True)
    assert _about("CdcLagHigh", Facts((), (), metrics)) == (False, False, True)


def test_who_has_no_aurora_needs_no_series_of_one() -> None:
    rule = LoadedRule("CdcAuroraReplicaLagHigh", "…", 300, "")
    assert _about("CdcAuroraReplicaLagHigh", Facts((rule,), (), frozenset())) == (True, True, False)


def test_a_url_that_is_no_prometheus_is_said_to_be_none() -> None:
    refused = tailrace("alerts", "check", "--prometheus", "http://127.0.0.1:9")
    assert refused.code == 3
    assert "--prometheus" in refused.err
