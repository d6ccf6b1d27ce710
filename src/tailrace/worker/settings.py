"""What a worker is told: where it listens, who may ask, where it keeps its files; all else is for its connectors."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tailrace.config import FIELDS as CONNECTOR_FIELDS
from tailrace.config import Family, Field, Password, Values
from tailrace.config.expand import expand
from tailrace.config.field import BOOLEAN, INT, LONG, PASSWORD, STRING, at_least, between, matching
from tailrace.config.parse import FAMILIES as CONNECTOR_FAMILIES
from tailrace.config.peers import known
from tailrace.errors import ConfigError


class Role(StrEnum):
    """What a user of the REST interface may do."""

    READ_ONLY = "read-only"
    OPERATOR = "operator"


LISTENER = Field(
    "listeners",
    STRING,
    "http://127.0.0.1:8083",
    "Where the REST interface listens: http://host:port, or https://host:port.",
    importance="high",
)
ADVERTISED = Field(
    "rest.advertised.host.name",
    STRING,
    None,
    "Name by which other machines reach the REST interface, where `listeners` is every address (0.0.0.0); it is the "
    "worker's name in its group.",
)
FOLDER = Field(
    "worker.folder",
    STRING,
    "tailrace-worker",
    "Folder of the worker's files: configurations, and a storage for each connector without storage.path.",
    importance="high",
)
UNPROTECTED = Field(
    "rest.unprotected",
    BOOLEAN,
    default=False,
    doc="Listen on other addresses than those of this machine although nobody needs to say who they are.",
)
CERTIFICATE = Field("rest.tls.certificate", STRING, None, "PEM file of the server's certificate and its chain.")
KEY = Field("rest.tls.key", STRING, None, "PEM file of the server's private key.")
BODY_BYTES = Field(
    "rest.request.max.bytes", INT, 1 << 20, "Largest body of a request; a larger one is answered by 413.", at_least(1)
)
RATE = Field(
    "rest.requests.per.second",
    INT,
    200,
    "Requests a second of one address, twice as many at once; more are answered by 429. 0: no limit.",
    at_least(0),
)
TIMEOUT = Field("rest.request.timeout.ms", LONG, 90_000, "How long an answer may take, in ms.", between(100, 3_600_000))
GROUP = Field(
    "group.id",
    STRING,
    None,
    "Group of workers that share connectors through Kafka (bootstrap.servers): configurations, states and offsets lie "
    "in topics, and worker.folder is not used.",
    matching(r"[A-Za-z0-9._-]{1,200}", "may have only letters, digits, '.', '_' and '-'"),
    importance="high",
)
METRICS = Field(
    "metrics.listener",
    STRING,
    "http://127.0.0.1:9404",
    "Where metrics are served, on /metrics; empty: nowhere.",
)

CONSOLE = Field(
    "console.enabled",
    BOOLEAN,
    default=True,
    doc="Serve the console, pages for a browser, on /console of the REST interface.",
)
PROMETHEUS = Field(
    "console.prometheus.url",
    STRING,
    None,
    "The Prometheus whose alerts the console shows: http://host:9090. Without it the console judges the worker's own "
    "figures of the moment.",
)
SITE = Field(
    "console.site.folder",
    STRING,
    None,
    "Folder of the site of docs and course (`make site`), served on /site beside the console. Without it: that of the "
    "clone that the worker runs from, where there is one.",
)

FIELDS: tuple[Field[Any], ...] = (
    LISTENER,
    ADVERTISED,
    FOLDER,
    GROUP,
    METRICS,
    UNPROTECTED,
    CERTIFICATE,
    KEY,
    BODY_BYTES,
    RATE,
    TIMEOUT,
    CONSOLE,
    PROMETHEUS,
    SITE,
)
_FORM = "; the value is the role, a colon and the secret: operator:${env:SECRET}"
BASIC = Family(
    "rest.basic.<user>",
    re.compile(r"rest\.basic\.(.+)"),
    PASSWORD,
    f"A user who gives a name and a password{_FORM}. Roles: read-only, operator.",
)
BEARER = Family(
    "rest.bearer.<name>",
    re.compile(r"rest\.bearer\.(.+)"),
    PASSWORD,
    f"A user who gives a token{_FORM}.",
)
FAMILIES: tuple[Family[Any], ...] = (BASIC, BEARER)


@dataclass(frozen=True, slots=True)
class Credential:
    """Who may do what."""

    name: str
    role: Role
    secret: Password


@dataclass(frozen=True, slots=True)
class Listener:
    """An address to listen on."""

    host: str
    port: int
    tls: bool = False

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @classmethod
    def read(cls, text: str, default_port: int) -> Listener:
        """Of `http://host:port` or `host:port`. Raises ValueError."""
        parts = urlsplit(text if "://" in text else f"http://{text}")
        if parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query or not parts.netloc:
            message = "must be http://host:port or https://host:port"
            raise ValueError(message)
        return cls(
            parts.hostname or "127.0.0.1", default_port if parts.port is None else parts.port, parts.scheme == "https"
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.tls else ''}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class RestSettings:
    """The REST interface. Times in seconds."""

    listener: Listener = Listener("127.0.0.1", 8083)
    advertised: str | None = None
    """Host by which others reach it; None: the listener's."""
    certificate: Path | None = None
    key: Path | None = None
    basic: tuple[Credential, ...] = ()
    bearer: tuple[Credential, ...] = ()
    body_bytes: int = 1 << 20
    rate: int = 200
    """Requests a second of one address; 0: no limit."""
    timeout: float = 90.0

    @property
    def protected(self) -> bool:
        """Whether one must say who one is."""
        return bool(self.basic or self.bearer)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a worker is told."""

    folder: Path
    rest: RestSettings = field(default_factory=RestSettings)
    metrics: Listener | None = None
    group: str | None = None
    console: bool = True
    prometheus: str | None = None
    """Its URL."""
    site: Path | None = None
    """Folder of the site; None: that of the clone."""
    defaults: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Properties of every connector that does not say otherwise; may hold secrets."""


def read_settings(properties: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises ConfigError with every problem; no secret is part of it."""
    problems: list[str] = []
    own = {field.name: field for field in FIELDS}
    parsed: dict[Field[Any], object] = {}
    families: dict[str, tuple[tuple[tuple[str, ...], object], ...]] = {}
    defaults: dict[str, str] = {}
    for name, text in properties.items():
        family = next((family for family in FAMILIES if family.pattern.fullmatch(name)), None)
        try:
            if name in own and (value := expand(text, environment, _read_file).strip()):
                parsed[own[name]] = own[name].read(value)
            elif family is not None and (match := family.pattern.fullmatch(name)) is not None:
                secret = family.type.parse(expand(text.strip(), environment, _read_file))
                families[family.name] = (*families.get(family.name, ()), (match.groups(), secret))
            elif name not in own:
                defaults[name] = _default(name, text)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    values = Values(parsed, families)
    settings = _settings(values, properties, defaults, problems)
    if problems or settings is None:
        raise ConfigError("\n".join(f"worker: {problem}" for problem in problems))
    return settings


def _default(name: str, text: str) -> str:
    """A property for the connectors; what is no property of any is a slip of the pen."""
    names = {field.name for field in (*FIELDS, *CONNECTOR_FIELDS)}
    if (
        name in names
        or known(name)
        or name.startswith("sink.")
        or any(family.pattern.fullmatch(name) for family in CONNECTOR_FAMILIES)
    ):
        return text
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    message = "unknown property" + (f"; did you mean {near[0]}?" if near else "")
    raise ValueError(message)


def _settings(
    values: Values, properties: Mapping[str, str], defaults: Mapping[str, str], problems: list[str]
) -> Settings | None:
    listener = _listener(values[LISTENER], LISTENER.name, 8083, problems)
    # An empty property says: nowhere.
    nowhere = not properties.get(METRICS.name, "x").strip()
    metrics = None if nowhere else _listener(values[METRICS], METRICS.name, 9404, problems)
    certificate, key = values.get(CERTIFICATE), values.get(KEY)
    basic, bearer = _credentials(values, BASIC, problems), _credentials(values, BEARER, problems)
    if listener is None:
        return None
    rest = RestSettings(
        listener=listener,
        advertised=values.get(ADVERTISED),
        certificate=Path(certificate).expanduser() if certificate else None,
        key=Path(key).expanduser() if key else None,
        basic=basic,
        bearer=bearer,
        body_bytes=values[BODY_BYTES],
        rate=values[RATE],
        timeout=values[TIMEOUT] / 1000,
    )
    problems += _contradictions(rest, unprotected=values[UNPROTECTED])
    return Settings(
        folder=Path(values[FOLDER]).expanduser(),
        rest=rest,
        metrics=metrics,
        group=values.get(GROUP),
        console=values[CONSOLE],
        prometheus=values.get(PROMETHEUS),
        site=Path(folder) if (folder := values.get(SITE)) else None,
        defaults=defaults,
    )


def _contradictions(rest: RestSettings, *, unprotected: bool) -> list[str]:
    found = []
    if rest.listener.tls and (rest.certificate is None or rest.key is None):
        found.append(f"{LISTENER.name}: https needs {CERTIFICATE.name} and {KEY.name}")
    if not rest.listener.loopback and not rest.protected and not unprotected:
        found.append(
            f"{LISTENER.name}: whoever reaches {rest.listener.host} could do anything here: give users "
            f"({BASIC.name}, {BEARER.name}), or say {UNPROTECTED.name}=true"
        )
    return found


def _listener(text: str, name: str, port: int, problems: list[str]) -> Listener | None:
    try:
        return Listener.read(text, port)
    except ValueError as error:
        problems.append(f"{name}: {error}")
        return None


def _credentials(values: Values, family: Family[Password], problems: list[str]) -> tuple[Credential, ...]:
    found = []
    for (name,), value in values.family(family):
        role, _, secret = value.reveal().partition(":")
        if role not in tuple(Role) or not secret:
            property_name = f"{family.name.partition('<')[0]}{name}"
            problems.append(f"{property_name}: must be role:secret; the role is read-only or operator")
        else:
            found.append(Credential(name, Role(role), Password(secret)))
    return tuple(found)


def _read_file(path: Path) -> str:
    return path.read_text(encoding="utf-8")
