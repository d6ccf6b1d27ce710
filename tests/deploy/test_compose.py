"""deploy/compose: by the schema of compose files, by Docker Compose where it is, by the tools of what is mounted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.alerting import need_prometheus, promtool
from tailrace.config.properties import parse_properties
from tailrace.lab.kafka import DEFAULTS as LAB_KAFKA

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = DEPLOY / "compose"
FILE = COMPOSE / "compose.yaml"
STACK: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = STACK["services"]
LAB = DEPLOY.parent / "src/tailrace/lab/compose.yaml"
PROPERTIES = sorted(DEPLOY.glob("*/*.properties"))


@pytest.mark.parametrize("file", [FILE, LAB], ids=lambda file: file.parent.name)
def test_it_is_a_compose_file(file: Path) -> None:
    schema = files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", [FILE, LAB], ids=lambda file: file.parent.name)
def test_docker_compose_itself_reads_it(file: Path) -> None:
    command = docker_compose()
    if command is None:
        pytest.skip("neither `docker compose` nor `docker-compose` is installed here")
    done = subprocess.run([*command, "--file", file, "config", "--quiet"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def docker_compose() -> list[str] | None:
    if (alone := shutil.which("docker-compose")) is not None:
        return [alone]
    if shutil.which("docker") is None:
        return None
    plugin = ["docker", "compose"]
    return plugin if subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode == 0 else None


def test_what_it_names_is_there() -> None:
    for config in STACK["configs"].values():
        assert (COMPOSE / config["file"]).is_file()
    named = {"configs": set(), "secrets": set(), "volumes": set()}
    for service in SERVICES.values():
        named["configs"] |= {config["source"] for config in service.get("configs", [])}
        named["secrets"] |= set(service.get("secrets", []))
        named["volumes"] |= {volume.partition(":")[0] for volume in service.get("volumes", []) if ":" in volume}
        assert set(service.get("depends_on", {})) <= set(SERVICES)
    for kind, names in named.items():
        assert names == set(STACK[kind]), kind


def test_each_service_is_pinned_watched_and_kept_to_this_machine() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"]), name
        assert "healthcheck" in service or name == "tailrace", "the image of tailrace has one of its own"
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_no_secret_is_in_the_environment_and_the_script_draws_each(tmp_path: Path) -> None:
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or str(value).startswith("/run/secrets/"), variable
    script = shutil.copy(COMPOSE / "secrets.sh", tmp_path)
    for _ in range(2):
        subprocess.run([script], check=True, capture_output=True, timeout=30)
    drawn = {file.name: file.read_text(encoding="ascii").strip() for file in (tmp_path / "secrets").iterdir()}
    assert set(drawn) == {Path(secret["file"]).name for secret in STACK["secrets"].values()}
    assert all(re.fullmatch(r"[\w-]{32}", secret) for secret in drawn.values())
    assert len(set(drawn.values())) == len(drawn)


@pytest.mark.parametrize("file", PROPERTIES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_property_is_a_secret_only_by_reference(file: Path) -> None:
    for name, value in parse_properties(file.read_text(encoding="utf-8")).items():
        if re.search(r"password|rest\.(basic|bearer)", name):
            assert re.fullmatch(r"([a-z-]+:)?\$\{directory:/run/[a-z./-]+:[a-z_]+\}", value), name


def test_prometheus_would_read_its_configuration_and_the_rules(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    shutil.copy(COMPOSE / "prometheus.yml", tmp_path)
    shutil.copy(DEPLOY / "prometheus/rules/tailrace.yml", tmp_path / "rules")
    done = promtool("check", "config", tmp_path / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_alertmanager_would_read_its_configuration() -> None:
    beside = need_prometheus().promtool.path.parent
    amtool = shutil.which("amtool", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    assert amtool is not None
    command = [amtool, "check-config", DEPLOY / "prometheus/alertmanager.yml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_grafana_is_given_a_source_and_all_dashboards() -> None:
    """By structure alone: no Grafana can be had here."""
    (source,) = yaml.safe_load((COMPOSE / "grafana/datasources.yaml").read_text(encoding="utf-8"))["datasources"]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    (provider,) = yaml.safe_load((COMPOSE / "grafana/dashboards.yaml").read_text(encoding="utf-8"))["providers"]
    mounted = {config["source"]: config["target"] for config in SERVICES["grafana"]["configs"]}
    shown = {Path(path).name for path in mounted.values() if path.startswith(provider["options"]["path"] + "/")}
    assert shown == {file.name for file in (DEPLOY / "grafana").glob("*.json")}
    for file in (DEPLOY / "grafana").glob("*.json"):
        variables = {one["name"]: one for one in json.loads(file.read_text(encoding="utf-8"))["templating"]["list"]}
        assert variables["datasource"]["query"] == source["type"], "it finds the source by its type"


def test_kafka_is_told_only_what_the_lab_runs_with_or_names_of_this_network() -> None:
    given = parse_properties((COMPOSE / "kafka.properties").read_text(encoding="utf-8"))
    places = {"listeners", "advertised.listeners", "listener.security.protocol.map"}
    places |= {"controller.quorum.voters", "log.dirs"}
    own = {name: value for name, value in given.items() if name not in places}
    assert own == {name: str(LAB_KAFKA[name]) for name in own}
