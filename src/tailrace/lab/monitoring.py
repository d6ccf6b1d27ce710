"""Prometheus and Alertmanager: the machine's own where they are installed, or Debian's packages unpacked to the cache.

Debian's programs look for pages and templates in /usr/share, where only root can put them. What is unpacked to the
cache looks for them where it is started instead (`Bundle.relative`), so it needs no root.
"""

from __future__ import annotations

import functools
import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tailrace.errors import LabError
from tailrace.lab import debian

ASK_SECONDS = 5.0
START_SECONDS = 30.0
SHARED = Path("usr/share/prometheus")
DEBIAN = debian.Bundle(
    name="prometheus",
    packages=(
        "prometheus",
        "prometheus-alertmanager",
        # What Prometheus's own pages are made with.
        "fonts-glyphicons-halflings",
        "libjs-bootstrap4",
        "libjs-d3",
        "libjs-eonasdan-bootstrap-datetimepicker",
        "libjs-jquery",
        "libjs-jquery-hotkeys",
        "libjs-moment",
        "libjs-moment-timezone",
        "libjs-mustache",
        "libjs-popper.js",
        "libjs-rickshaw",
    ),
    programs=("usr/bin/prometheus", "usr/bin/promtool", "usr/bin/prometheus-alertmanager", "usr/bin/amtool"),
    relative=(
        ("usr/bin/prometheus", "/usr/share/prometheus/web"),
        ("usr/bin/prometheus-alertmanager", "/usr/share/prometheus/alertmanager"),
    ),
)


@dataclass(frozen=True)
class Program:
    """One to run, and the folder to run it in."""

    path: Path
    place: Path | None = None
    """None: any."""


@dataclass(frozen=True)
class Programs:
    """Of one provider."""

    provider: str
    """`path` or `debian`."""
    prometheus: Program
    promtool: Program
    alertmanager: Program


@functools.cache
def programs() -> Programs:
    """The machine's, or fetched to the cache. Raises LabError where neither can be had."""
    installed = _installed()
    if installed:
        return installed
    try:
        root = debian.unpacked(DEBIAN)
    except LabError as error:
        raise LabError(
            f"no Prometheus for the lab could be had: {error.message}",
            where=error.where,
            hint="install prometheus, promtool and alertmanager so that they are on PATH",
        ) from error
    return Programs(
        "debian",
        Program(root / "usr/bin/prometheus", root / SHARED / "web"),
        Program(root / "usr/bin/promtool"),
        Program(root / "usr/bin/prometheus-alertmanager", root / SHARED / "alertmanager"),
    )


def _installed() -> Programs | None:
    # Upstream's name, and Debian's.
    alertmanager = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    prometheus, promtool = shutil.which("prometheus"), shutil.which("promtool")
    if not (prometheus and promtool and alertmanager):
        return None
    return Programs("path", Program(Path(prometheus)), Program(Path(promtool)), Program(Path(alertmanager)))


def answers(url: str) -> bool:
    """Whether a GET of it is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=ASK_SECONDS) as answer:  # noqa: S310 - http
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, urllib.error.HTTPError):
        return False
