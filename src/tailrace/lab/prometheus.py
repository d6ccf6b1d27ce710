"""One Prometheus in a folder of its own: what it scrapes is in `targets/`, its alerts are in `rules/`.

Both are read again when they change (rules by `reload`). `prometheus.yml` is written once, and may be edited then.
"""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tailrace.errors import LabError
from tailrace.lab import monitoring
from tailrace.lab.ports import HOST, free_port
from tailrace.lab.process import Process
from tailrace.lab.server import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

SCRAPE_SECONDS = 5.0
OWN_RULES = "tailrace.yml"
"""The file of rules that `load_rules` writes."""


@dataclass(frozen=True)
class Settings:
    """What `prometheus.json` keeps."""

    port: int


class Prometheus:
    """Used as a context manager it starts, and at the end is killed; the folder stays."""

    def __init__(
        self, folder: Path, *, alertmanager: str = "", scrape_seconds: float = SCRAPE_SECONDS, port: int | None = None
    ) -> None:
        """Opens the one of the folder, or makes one; all else counts when it is made.

        `alertmanager`: its `host:port`. It scrapes and looks at its rules every `scrape_seconds`.
        """
        self.folder = folder.resolve()
        self.process = Process("prometheus", self.folder, log=self.folder / "prometheus.log")
        saved = self.folder / "prometheus.json"
        if saved.exists():
            self.settings = read_settings(Settings, saved)
        else:
            for part in ("targets", "rules"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
            self.settings = Settings(port or free_port())
            self._config.write_text(_config(alertmanager, scrape_seconds), encoding="utf-8")
            saved.write_text(json.dumps(asdict(self.settings), indent=1) + "\n", encoding="utf-8")

    @property
    def _config(self) -> Path:
        return self.folder / "prometheus.yml"

    @property
    def address(self) -> str:
        """`127.0.0.1:port`."""
        return f"{HOST}:{self.settings.port}"

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`; its pages are below it, the API is at /api/v1."""
        return f"http://{self.address}"

    def scrape(self, job: str, *addresses: str, every: float | None = None) -> None:
        """From now on `http://ADDRESS/metrics` of each, as job `job`; instead of what it scraped as that job.

        `every`: seconds, and as long it waits for an answer; None: as all others.
        """
        labels = {"job": job}
        if every is not None:
            labels |= dict.fromkeys(("__scrape_interval__", "__scrape_timeout__"), f"{every * 1000:.0f}ms")
        target = [{"targets": list(addresses), "labels": labels}]
        draft = self.folder / f"{job}.json.new"
        draft.write_text(json.dumps(target, indent=1) + "\n", encoding="utf-8")
        draft.replace(self.folder / "targets" / f"{job}.json")

    @property
    def rules(self) -> Path:
        """Folder of its rule files: `tailrace.yml`, and whatever else there is."""
        return self.folder / "rules"

    def other_rules(self) -> list[Path]:
        """Rule files that `load_rules` has not written."""
        return sorted(file for file in self.rules.glob("*.yml") if file.name != OWN_RULES)

    def load_rules(self, text: str) -> None:
        """These instead of the rules it has. Raises LabError where it runs and refuses them."""
        (self.rules / OWN_RULES).write_text(text, encoding="utf-8")
        if self.process.pid is not None:
            self.reload()

    def look_every(self, seconds: float) -> None:
        """From now on it scrapes, and looks at its rules, so often. Raises LabError where it runs and refuses."""
        import yaml  # noqa: PLC0415 - start-up time

        config = yaml.safe_load(self._config.read_text(encoding="utf-8"))
        config["global"] = _intervals(seconds)
        self._config.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        if self.process.pid is not None:
            self.reload()

    def forget(self) -> None:
        """What it has seen is gone, other rules too, and it looks as often as at first. It must not run."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        for file in self.other_rules():
            file.unlink()
        self.look_every(SCRAPE_SECONDS)

    def reload(self) -> None:
        """Configuration and rules again. Raises LabError where it refuses them."""
        request = urllib.request.Request(f"{self.url}/-/reload", method="POST")  # noqa: S310 - http
        try:
            with urllib.request.urlopen(request, timeout=monitoring.ASK_SECONDS):  # noqa: S310 - http
                pass
        except urllib.error.HTTPError as error:
            raise LabError(f"Prometheus refuses: {error.read().decode().strip()}", where=str(self.folder)) from error
        except OSError as error:
            raise LabError(f"Prometheus does not answer: {error}", where=self.url) from error

    def start(self, *, timeout: float = monitoring.START_SECONDS) -> None:
        """Starts it and awaits that it answers; it dies with this process until `process.release`. No-op where it runs.

        Raises LabError where there is no Prometheus, or it does not start within `timeout` seconds.
        """
        program = monitoring.programs().prometheus
        self.process.start([str(program.path), *self._options()], self.is_reachable, timeout, place=program.place)

    def _options(self) -> Sequence[str]:
        return (
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            "--storage.tsdb.retention.time=7d",
            f"--web.listen-address={self.address}",
            "--web.enable-lifecycle",
        )

    def is_reachable(self) -> bool:
        """Whether it says that it is ready."""
        return monitoring.answers(f"{self.url}/-/ready")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()


def _config(alertmanager: str, scrape_seconds: float) -> str:
    import yaml  # noqa: PLC0415 - start-up time

    config = {
        "global": _intervals(scrape_seconds),
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []},
        "scrape_configs": [
            {"job_name": "lab", "file_sd_configs": [{"files": ["targets/*.json"], "refresh_interval": "1s"}]}
        ],
    }
    return yaml.safe_dump(config, sort_keys=False)


def _intervals(seconds: float) -> dict[str, str]:
    # No rule is looked at more often than what it looks at can change.
    return dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), f"{seconds * 1000:.0f}ms")
