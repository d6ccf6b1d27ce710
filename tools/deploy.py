"""Write what is deployed beside Tailrace from the tables it is made of: rules and their tests, routing, the exporter's
configuration, runbooks, dashboards (where grafana-foundation-sdk is installed); with --check, say whether all are what
the tables say.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from tailrace.lab.maven import SETS
from tailrace.ops.alerts import alertmanager_config, prometheus_rules, runbook
from tailrace.ops.dashboards import DASHBOARDS
from tailrace.ops.dashboards.grafana import as_json

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))


def files() -> dict[str, str]:
    """Path to text."""
    from support.alert_scenarios import promtool_tests  # noqa: PLC0415 - of the tests, found by the line above

    return {
        "deploy/prometheus/rules/tailrace.yml": prometheus_rules(),
        "deploy/prometheus/alertmanager.yml": alertmanager_config("http://127.0.0.1:8080/alerts"),
        "deploy/prometheus/jmx-exporter.yml": (SETS / "exporter.yaml").read_text(encoding="utf-8"),
        "docs/runbooks.md": runbook.page(),
        "tests/alerts/tailrace.yml": promtool_tests(),
    } | dashboards()


def dashboards() -> dict[str, str]:
    """None without the library that makes them: tests hold what is there against the tables."""
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        return {}
    return {f"deploy/grafana/{name}.json": as_json(dashboard) for name, dashboard in DASHBOARDS.items()}


def main() -> None:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for name, text in files().items():
        path = ROOT / name
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{name} is not what the tables say: run python tools/deploy.py")


if __name__ == "__main__":
    main()
