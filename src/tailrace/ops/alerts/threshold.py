"""The figures in the rules that a person may want otherwise: what each means, and what it is if nothing is said."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tailrace.errors import ConfigError

_UNITS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


class Kind(StrEnum):
    """How a threshold is written."""

    DURATION = "duration"
    """`500ms`, `30s`, `5m`, `6h`, `2d`."""
    SHARE = "share"
    """`80%`, or `0.8`."""
    COUNT = "count"
    TEXT = "text"
    """A regular expression of Prometheus."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One figure."""

    name: str
    default: str
    kind: Kind
    doc: str


def _for(name: str, default: str) -> Threshold:
    return Threshold(f"{name}.for", default, Kind.DURATION, "How long it must hold before the alert fires.")


def _window(name: str, default: str) -> Threshold:
    return Threshold(f"{name}.window", default, Kind.DURATION, "How far back is looked.")


def _figure(name: str, default: str, kind: Kind, doc: str) -> Threshold:
    return Threshold(name, default, kind, doc)


THRESHOLDS: Final = (
    _figure(
        "jobs",
        "(?i).*(tailrace|debezium|connect|cdc).*",
        Kind.TEXT,
        "Names of the scrape jobs of workers, Tailrace's and Kafka Connect's.",
    ),
    _for("target", "2m"),
    _for("absent", "10m"),
    _window("stopped", "1h"),
    _for("stopped", "5m"),
    _for("task", "1m"),
    _for("disconnected", "2m"),
    _figure("reconnects", "3", Kind.COUNT, "More lost connections than this within the window."),
    _window("reconnects", "15m"),
    _figure("no-events", "5m", Kind.DURATION, "Nothing came from the source for longer than this."),
    _for("no-events", "1m"),
    _figure("lag", "60s", Kind.DURATION, "A lag above this is high."),
    _for("lag", "5m"),
    _figure("lag-critical", "5m", Kind.DURATION, "A lag above this is critical."),
    _for("lag-critical", "5m"),
    _for("lag-unknown", "15m"),
    _figure("queue", "80%", Kind.SHARE, "Fuller than this."),
    _for("queue", "5m"),
    _figure("offset", "2m", Kind.DURATION, "Delivered for longer than this and not stored."),
    _for("offset", "1m"),
    _for("gtid", "5m"),
    _figure("headroom", "6h", Kind.DURATION, "Least time until the source purges what is still needed."),
    _figure(
        "retention",
        "24h",
        Kind.DURATION,
        "How long sources keep their binlog; for Debezium alone, which does not tell.",
    ),
    _for("headroom", "5m"),
    _for("purged", "1m"),
    _window("errors", "15m"),
    _window("snapshot", "15m"),
    _for("snapshot", "15m"),
    _for("aborted", "1m"),
    _figure("aurora", "5m", Kind.DURATION, "A lag of an Aurora cluster as a binlog replica above this is high."),
    _for("aurora", "5m"),
    _figure("aurora-critical", "10m", Kind.DURATION, "A lag of an Aurora cluster as a replica above this is critical."),
    _for("aurora-critical", "10m"),
)

Thresholds = Mapping[str, str]
"""By name, as they are put into rules: seconds, shares and counts as figures; texts as they are."""


def read_thresholds(given: Iterable[str] = ()) -> Thresholds:
    """The defaults, but for what is `given` as `name=value`. Raises ConfigError where a name or a value is none."""
    known = {threshold.name: threshold for threshold in THRESHOLDS}
    found = {name: _read(threshold, threshold.default) for name, threshold in known.items()}
    for setting in given:
        name, equals, value = setting.partition("=")
        threshold = known.get(name.strip())
        if threshold is None or not equals:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near and equals else f"write NAME=VALUE; names: {', '.join(known)}"
            raise ConfigError(f"no threshold: {setting}", hint=hint)
        found[threshold.name] = _read(threshold, value.strip())
    return found


def duration(seconds: float) -> str:
    """As Prometheus writes it, in one unit: `5m`, `90s`, `500ms`."""
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds * 1000:.0f}ms" if seconds else "0s"


def _read(threshold: Threshold, text: str) -> str:
    try:
        match threshold.kind:
            case Kind.DURATION:
                return f"{_seconds(text):g}"
            case Kind.SHARE:
                return f"{_share(text):g}"
            case Kind.COUNT:
                return f"{int(text)}"
            case Kind.TEXT:
                re.compile(text)
                return text
    except (ValueError, re.error) as error:
        expected = {
            Kind.DURATION: "a duration such as 500ms, 30s, 5m, 6h or 2d",
            Kind.SHARE: "a share such as 80%",
            Kind.COUNT: "a whole number",
            Kind.TEXT: "a regular expression",
        }[threshold.kind]
        raise ConfigError(f"threshold {threshold.name}: {text!r} is not {expected}", hint=threshold.doc) from error


def _share(text: str) -> float:
    share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= share <= 1:
        raise ValueError(text)
    return share


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|[dhms])", text)
    if not found:
        raise ValueError(text)
    return float(found[1]) * _UNITS[found[2]]
