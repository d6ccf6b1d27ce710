"""A Prometheus of the lab that is as new has nothing of who learned on it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace.lab.prometheus import Prometheus

if TYPE_CHECKING:
    from pathlib import Path


def test_what_somebody_set_and_wrote_does_not_reach_the_next(tmp_path: Path) -> None:
    prometheus = Prometheus(tmp_path, alertmanager="127.0.0.1:9093", port=9090)
    prometheus.load_rules("groups: []\n")
    config = (tmp_path / "prometheus.yml").read_text()
    prometheus.look_every(1)
    (prometheus.rules / "mine.yml").write_text("groups: []\n")
    (tmp_path / "data").mkdir()
    prometheus.forget()
    assert (tmp_path / "prometheus.yml").read_text() == config
    assert [file.name for file in prometheus.rules.iterdir()] == ["tailrace.yml"]
    assert not (tmp_path / "data").exists()
