"""deploy/kubernetes: by the schemas of Kubernetes, strictly, and by kustomize. No cluster runs where the tests do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tailrace.config.properties import parse_properties
from tailrace.rest.operations import OPERATIONS
from tailrace.worker.settings import read_settings
from tailrace.worker.worker import _STOP_SECONDS

FOLDER = Path(__file__).parents[2] / "deploy/kubernetes"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
VERSION = "1.34"
KAFKA_SECONDS = 10


def documents(*names: str) -> list[dict[str, Any]]:
    return [one for name in names for one in yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8"))]


def pod() -> dict[str, Any]:
    (found,) = [one for one in documents("workers.yaml") if one["kind"] == "StatefulSet"]
    spec: dict[str, Any] = found["spec"]["template"]["spec"]
    return spec


def validate(*files: Path) -> None:
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", "--quiet", "-k", VERSION, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_kubernetes_knows_each_field() -> None:
    validate(*(FOLDER / name for name in KUSTOMIZATION["resources"]))
    others = {"kustomization.yaml", "monitor.yaml"}
    assert {file.name for file in FOLDER.glob("*.yaml")} == {*KUSTOMIZATION["resources"], *others}


def test_what_kustomize_makes_of_them_is_valid_and_finds_its_configuration(tmp_path: Path) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl, which has kustomize, is not installed here")
    done = subprocess.run(["kubectl", "kustomize", FOLDER], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    made = tmp_path / "all.yaml"
    made.write_text(done.stdout, encoding="utf-8")
    validate(made)
    all_of_it = list(yaml.safe_load_all(done.stdout))
    maps = {one["metadata"]["name"] for one in all_of_it if one["kind"] == "ConfigMap"}
    (workers,) = [one for one in all_of_it if one["kind"] == "StatefulSet"]
    volumes = workers["spec"]["template"]["spec"]["volumes"]
    assert {volume["configMap"]["name"] for volume in volumes if "configMap" in volume} == maps
    assert {one["metadata"].get("namespace", "cdc") for one in all_of_it} == {"cdc"}


def test_selectors_lead_to_the_workers() -> None:
    (workers,) = documents("workers.yaml")
    labels = workers["spec"]["template"]["metadata"]["labels"]
    found = documents("services.yaml", "disruption.yaml", "network.yaml", "monitor.yaml")
    for one in found:
        spec = one["spec"]
        selector = spec.get("selector") or spec["podSelector"]
        assert selector.get("matchLabels", selector).items() <= labels.items(), one["kind"]
    ports = {port["name"] for port in pod()["containers"][0]["ports"]}
    assert {port["targetPort"] for one in found if one["kind"] == "Service" for port in one["spec"]["ports"]} <= ports
    assert workers["spec"]["serviceName"] in {one["metadata"]["name"] for one in found if one["kind"] == "Service"}


def test_probes_ask_what_answers_without_a_password() -> None:
    (worker,) = pod()["containers"]
    public = {operation.path for operation in OPERATIONS if operation.public}
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = worker[kind]["httpGet"]
        assert asked["path"] in public
        assert asked["port"] == "rest"


def test_a_worker_is_given_the_time_that_it_may_take_to_end() -> None:
    assert pod()["terminationGracePeriodSeconds"] >= _STOP_SECONDS + KAFKA_SECONDS


def test_the_worker_finds_its_configuration_its_secrets_and_its_name(tmp_path: Path) -> None:
    (worker,) = pod()["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in worker["volumeMounts"]}
    assert set(mounts) == {volume["name"] for volume in pod()["volumes"]}
    assert Path(worker["args"][2]).parent == Path(mounts["config"])
    text = (FOLDER / "worker.properties").read_text(encoding="utf-8")
    secrets = set(re.findall(rf"\$\{{directory:{mounts['secrets']}:(\w+)\}}", text))
    assert all(given.startswith(f"{mounts['secrets']}:") for given in re.findall(r"\$\{directory:([^}]+)", text))
    for name in secrets:
        (tmp_path / name).write_text("s3cret\n", encoding="utf-8")
    environment = {variable["name"]: "x" for variable in worker["env"]}
    settings = read_settings(parse_properties(text.replace(mounts["secrets"], str(tmp_path))), environment)
    assert settings.rest.advertised == "x.tailrace-workers.x.svc"
    assert settings.rest.protected
    ports = {port["name"]: port["containerPort"] for port in worker["ports"]}
    assert settings.metrics is not None
    assert ports == {"rest": settings.rest.listener.port, "metrics": settings.metrics.port}
