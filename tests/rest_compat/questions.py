"""What both are asked, in this order; a question waits until the connector is in the state it wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Question:
    name: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    when: tuple[str, str, str | None] | None = None
    """Asked when this connector is in this state, and its task in that; `?`: in any."""
    until: str = ""
    """What the answer must have: a read is asked again until then, for Connect takes up some changes when it can."""


RUNNING, PAUSED, STOPPED = ("x", "RUNNING", "RUNNING"), ("x", "PAUSED", "?"), ("x", "STOPPED", None)
JSON = {"Content_Type": "application/json"}
X = "/connectors/x"


def questions(config: dict[str, Any]) -> list[Question]:  # noqa: C901, PLR0915 - it is one list
    found: list[Question] = []

    def q(
        label: str, method: str, path: str, body: Any = None, /, *, when: Any = None, until: str = "", **headers: str
    ) -> None:
        found.append(Question(label, method, path, body, headers, when, until))

    def create(label: str, /, **fields: Any) -> None:
        q(label, "POST", "/connectors", {"name": "x", "config": config} | fields)

    # What is not there
    q("root", "GET", "/")
    q("health", "GET", "/health")
    q("no such path", "GET", "/nothing")
    q("empty segment", "GET", "/connectors//")
    q("no connectors", "GET", "/connectors")
    q("slash at the end", "GET", "/connectors/")
    for part in ("", "/", "/status", "/config", "/tasks", "/tasks-config", "/tasks/0/status", "/tasks/x/status"):
        q(f"unknown{part}", "GET", f"/connectors/no{part}")
    for part in ("/topics", "/offsets", "/nothing"):
        q(f"unknown{part}", "GET", f"/connectors/no{part}")
    for method, part in (
        ("DELETE", ""), ("PUT", "/pause"), ("PUT", "/resume"), ("PUT", "/stop"), ("POST", "/restart"),
        ("POST", "/restart?includeTasks=true"), ("POST", "/tasks/0/restart"), ("PUT", "/topics/reset"),
        ("DELETE", "/offsets"),
    ):  # fmt: skip
        q(f"unknown: {method}{part}", method, f"/connectors/no{part}")
    entry = {"partition": {"server": "test"}, "offset": {"file": "binlog.000001", "pos": 4}}
    q("alter: unknown", "PATCH", "/connectors/no/offsets", {"offsets": [entry]})
    q("alter: unknown, none", "PATCH", "/connectors/no/offsets", {"offsets": []})
    q("alter: unknown, nothing", "PATCH", "/connectors/no/offsets", {})
    q("patch: unknown", "PATCH", "/connectors/no/config", {"a": "b"})
    q("unknown plugin", "GET", "/connector-plugins/No/config")
    q("unknown logger", "GET", "/admin/loggers/no.such")

    # Methods and headers
    for method, path in (("DELETE", "/connectors"), ("PUT", "/"), ("POST", "/connectors/no"), ("TRACE", "/connectors")):
        q(f"not allowed: {method} {path}", method, path)
    for method, path in (("GET", "/connectors/no/pause"), ("FOO", "/connectors"), ("GET", f"{X}/topics/reset")):
        q(f"not allowed: {method} {path}", method, path)
    q("options", "OPTIONS", "/connectors")
    q("head", "HEAD", "/connectors")
    q("head of unknown", "HEAD", "/connectors/no")
    some = '{"name":"x","config":{}}'
    q("create: text", "POST", "/connectors", some, Content_Type="text/plain")
    q("create: kind not said", "POST", "/connectors", some)
    q("create: no class", "POST", "/connectors", some, Content_Type="application/json; charset=utf-8")
    q("pause: text", "PUT", "/connectors/no/pause", "x", Content_Type="text/plain")
    q("wants HTML", "GET", "/connectors", Accept="text/html")
    q("takes all", "GET", "/connectors", Accept="text/html, */*;q=0.1")

    # Bodies
    for name, text in (
        ("not JSON", '{"name":'), ("a list", "[]"), ("a text", '"x"'), ("null", "null"), ("empty body", ""),
        ("no name, no config", "{}"), ("no config", '{"name":"x"}'),
    ):  # fmt: skip
        q(f"create: {name}", "POST", "/connectors", text, **JSON)
    q("create: no body", "POST", "/connectors")
    create("create: unknown class", config={"connector.class": "no.Such"})
    create("create: name contradicts", config={**config, "name": "y"})
    create("create: unknown initial state", initial_state="ASLEEP")
    create("create: a field too many", extra=1)
    create("create: a property that is an object", config={**config, "a": {"b": 1}})
    create("create: a property that is a list", config={**config, "a": [1]})
    create("create: a port that is no number", config={**config, "database.port": "one"})
    create("create: nobody listens", config={**config, "database.port": "1"})
    create("create: wrong password", config={**config, "database.password": "wrong"})
    create("create: no name", name=None)
    create("create: empty name", name=" ")
    create("create: control character in the name", name="a\nb")
    create("create: null property", config={**config, "topic.prefix": None})
    q("configure: name contradicts", "PUT", f"{X}/config", {**config, "name": "y"})
    q("configure: null property", "PUT", f"{X}/config", {**config, "database.port": None})
    q("configure: a list", "PUT", f"{X}/config", "[1]", **JSON)
    q("configure: no class", "PUT", f"{X}/config", {})

    # A life
    create("create")
    create("create: again")
    q("connectors", "GET", "/connectors", when=RUNNING)
    for name, path in (
        ("show", X), ("status", f"{X}/status"), ("config", f"{X}/config"), ("tasks", f"{X}/tasks"),
        ("task", f"{X}/tasks/0/status"), ("no such task", f"{X}/tasks/1/status"), ("topics at first", f"{X}/topics"),
        ("expanded", "/connectors?expand=status&expand=info"), ("expanded: status", "/connectors?expand=status"),
        ("expanded: unknown", "/connectors?expand=no"), ("expanded: empty", "/connectors?expand"),
    ):  # fmt: skip
        q(name, "GET", path)
    q("alter: not stopped", "PATCH", f"{X}/offsets", {"offsets": [entry]})
    q("reset offsets: not stopped", "DELETE", f"{X}/offsets")
    q("pause", "PUT", f"{X}/pause")
    q("pause: again", "PUT", f"{X}/pause", when=PAUSED)
    q("status of paused", "GET", f"{X}/status", when=PAUSED)
    q("resume", "PUT", f"{X}/resume", when=PAUSED)
    # Before what restarts something: Connect tells late that it does.
    q("restart what failed", "POST", f"{X}/restart?includeTasks=true&onlyFailed=true", when=RUNNING)
    q("restart a failed connector", "POST", f"{X}/restart?onlyFailed=true", when=RUNNING)
    q("restart all", "POST", f"{X}/restart?includeTasks=true", when=RUNNING)
    q("restart", "POST", f"{X}/restart", when=RUNNING)
    q("restart task", "POST", f"{X}/tasks/0/restart", when=RUNNING)
    q("restart no such task", "POST", f"{X}/tasks/1/restart", when=RUNNING)
    q("reset topics", "PUT", f"{X}/topics/reset", when=RUNNING)
    q("configure", "PUT", f"{X}/config", config, when=RUNNING)
    q("patch", "PATCH", f"{X}/config", {"heartbeat.interval.ms": "1000"}, when=RUNNING)
    q("patch: take away", "PATCH", f"{X}/config", {"heartbeat.interval.ms": None}, when=RUNNING)
    q("patch: another name", "PATCH", f"{X}/config", {"name": "y"}, when=RUNNING)
    q("patch: back again", "PATCH", f"{X}/config", {"name": "x"}, when=RUNNING)
    q("config: its own name", "GET", f"{X}/config", until='"name":"x"')
    q("patch: nothing", "PATCH", f"{X}/config", {}, when=RUNNING)
    q("configure: nobody listens", "PUT", f"{X}/config", {**config, "database.port": "1"})
    q("stop", "PUT", f"{X}/stop", when=RUNNING)
    q("stop: again", "PUT", f"{X}/stop", when=STOPPED)
    for name, path in (
        ("status of stopped", f"{X}/status"), ("stopped", X), ("tasks of stopped", f"{X}/tasks"),
        ("task of stopped", f"{X}/tasks/0/status"),
    ):  # fmt: skip
        q(name, "GET", path, when=STOPPED)
    q("restart task of a stopped connector", "POST", f"{X}/tasks/0/restart")
    q("restart of stopped", "POST", f"{X}/restart")

    # Offsets
    q("alter: none", "PATCH", f"{X}/offsets", {"offsets": []}, when=STOPPED)
    q("alter", "PATCH", f"{X}/offsets", {"offsets": [entry]}, when=STOPPED)
    q("offsets", "GET", f"{X}/offsets")
    q("alter: another partition", "PATCH", f"{X}/offsets", {"offsets": [{**entry, "partition": {"server": "other"}}]})
    q("alter: no partition", "PATCH", f"{X}/offsets", {"offsets": [{**entry, "partition": None}]})
    wrong = {"file": "binlog.000001", "pos": "x"}
    q("alter: a position that is text", "PATCH", f"{X}/offsets", {"offsets": [{**entry, "offset": wrong}]})
    q("alter: not an offset", "PATCH", f"{X}/offsets", {"offsets": [1]})
    q("alter: not a list", "PATCH", f"{X}/offsets", {"offsets": {}})
    q("alter: to null", "PATCH", f"{X}/offsets", {"offsets": [{**entry, "offset": None}]})
    q("reset offsets", "DELETE", f"{X}/offsets")
    q("offsets: none", "GET", f"{X}/offsets")
    q("delete", "DELETE", X)
    q("status of deleted", "GET", f"{X}/status", when=("x", "404", None))
    q("delete: again", "DELETE", X)

    # States at the start, and names
    create("create: paused", name="p", initial_state="paused")
    q("delete paused", "DELETE", "/connectors/p", when=("p", "PAUSED", "?"))
    create("create: stopped", name="s", initial_state="STOPPED")
    q("stopped from the start", "GET", "/connectors/s", when=("s", "STOPPED", None))
    q("delete stopped", "DELETE", "/connectors/s")
    for what, name, path in (
        ("semicolon", "a;b", "a%3Bb"), ("question mark", "a?b", "a%3Fb"), ("umlaut", "ü ber", "%C3%BC%20ber"),
        ("plus", "a+b", "a%2Bb"),
    ):  # fmt: skip
        create(f"{what} in a name: create", name=name, initial_state="STOPPED")
        q(f"{what} in a name: show", "GET", f"/connectors/{path}", when=(path, "STOPPED", None))
        q(f"{what} in a name: delete", "DELETE", f"/connectors/{path}")
    # Connect would make such a connector, and nobody could delete it.
    q("slash in a name", "GET", "/connectors/a%2Fb")
    q("percent in a name", "GET", "/connectors/a%25b")

    # Plugins and loggers
    v = "/connector-plugins/MySqlConnector/config/validate"
    named = {**config, "name": "v"}
    q("plugins", "GET", "/connector-plugins")
    q("properties", "GET", "/connector-plugins/MySqlConnector/config")
    q("properties of a converter", "GET", "/connector-plugins/JsonConverter/config")
    q("validate", "PUT", v, named)
    q("validate: a port that is no number", "PUT", v.replace("Connector/", "/"), {**named, "database.port": "one"})
    q("validate: nobody listens", "PUT", v, {**named, "database.port": "1"})
    q("validate: no class", "PUT", v, {})
    q("validate: another class", "PUT", v.replace("MySqlConnector", "Other"), named)
    q("validate: unknown class", "PUT", v.replace("MySqlConnector", "Other"), {"connector.class": "Other"})
    q("validate: not JSON", "PUT", v, "x", **JSON)
    q("not allowed: GET validate", "GET", v)
    logger = "/admin/loggers/tailrace.rest_compat"
    q("loggers", "GET", "/admin/loggers")
    q("level of root", "GET", "/admin/loggers/root")
    q("level", "PUT", logger, {"level": "DEBUG"})
    q("level: again", "PUT", f"{logger}?scope=worker", {"level": "debug"})
    q("level: unknown", "PUT", logger, {"level": "LOUD"})
    q("level: not said", "PUT", logger, {})
    q("level: null", "PUT", logger, {"level": None})
    q("level: of the cluster", "PUT", f"{logger}?scope=cluster", {"level": "INFO"})
    q("level: empty body", "PUT", logger, "", **JSON)
    q("level: after", "GET", logger, until='"INFO"')
    return found
