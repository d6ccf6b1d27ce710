"""The interface over HTTP, without a server to capture from."""

from __future__ import annotations

import http.client
import json
import logging
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.config import Password
from tailrace.rest.operations import OPERATIONS, Operation
from tailrace.rest.secrets import MASK, masked, unmasked
from tailrace.worker.settings import Credential, Role

if TYPE_CHECKING:
    from unit.rest.conftest import Serve

CONFIG = {
    "connector.class": "io.debezium.connector.mysql.MySqlConnector",
    "topic.prefix": "shop",
    "database.hostname": "127.0.0.1",
    "database.user": "capture",
    "database.password": "hunter2hunter2",
    "producer.override.sasl.jaas.config": 'module required password="hunter2hunter2";',
    "value.converter.basic.auth.user.info": "me:hunter2hunter2",
}
USERS = {
    "basic": (Credential("eve", Role.READ_ONLY, Password("e")), Credential("olaf", Role.OPERATOR, Password("o"))),
    "bearer": (Credential("ci", Role.OPERATOR, Password("t")), Credential("view", Role.READ_ONLY, Password("v"))),
}
EVE, OLAF = "Basic ZXZlOmU=", "Basic b2xhZjpv"


def path_of(operation: Operation) -> str:
    return (
        operation.path.replace("{connector}", "a")
        .replace("{task}", "0")
        .replace("{plugin}", "MySqlConnector")
        .replace("{logger}", "root")
    )


def test_no_answer_holds_a_secret(serve: Serve) -> None:
    client = serve({"a": CONFIG})
    for operation in OPERATIONS:
        if operation.method == "GET":
            assert "hunter2" not in client.ask("GET", path_of(operation)).text, operation.path
    everything = client.ask("GET", "/connectors?expand=info&expand=status").text
    assert "hunter2" not in everything
    assert MASK in everything
    validation = client.ask(
        "PUT", "/connector-plugins/MySqlConnector/config/validate", CONFIG | {"oops.password": "hunter2"}
    )
    assert "hunter2" not in validation.text


def test_a_reference_is_shown_as_it_is() -> None:
    config = {"database.password": "${env:SECRET}", "a.token": "${file:/run/secrets:token}"}
    assert masked(config) == config
    assert masked({"database.password": "x${env:SECRET}"}) == {"database.password": MASK}


def test_what_was_shown_can_be_sent_back() -> None:
    stored = {"database.password": "hunter2", "topic.prefix": "shop"}
    assert unmasked(masked(stored) | {"topic.prefix": "other"}, stored) == stored | {"topic.prefix": "other"}


def test_a_mask_without_a_secret_behind_it_is_refused(serve: Serve) -> None:
    reply = serve().ask("POST", "/connectors", {"name": "a", "config": CONFIG | {"database.password": MASK}})
    assert reply.status == 400
    assert "database.password" in reply.body["message"]


@pytest.mark.parametrize(("who", "refused"), [(OLAF, False), (EVE, True)], ids=["operator", "reader"])
def test_only_who_may_configure_a_connector_validates_with_its_secrets(serve: Serve, who: str, refused: bool) -> None:
    client = serve({"a": CONFIG}, **USERS)
    shown = client.ask("GET", "/connectors/a/config", Authorization=who).body
    path = "/connector-plugins/MySqlConnector/config/validate"
    said = client.ask("PUT", path, {**shown, "name": "a"}, Authorization=who)
    assert ("stands for a secret" in said.text) == refused
    assert "hunter2" not in said.text


@pytest.mark.parametrize("name", ["a/b", "a%b", "a%2Fb", "ü ber", "a;b?c#d", "..", ".", "a+b", "'", "\\", "x" * 200])
def test_any_name_can_be_asked_for(serve: Serve, name: str) -> None:
    client = serve({name: CONFIG})
    path = f"/connectors/{quote(name, safe='')}"
    assert client.ask("GET", path).body["name"] == name
    assert client.ask("GET", f"{path}/status").body["name"] == name
    assert client.ask("DELETE", path).status == 204
    assert client.ask("GET", "/connectors").body == []


def test_a_probe_needs_no_password(serve: Serve) -> None:
    client = serve({"a": CONFIG}, **USERS)
    assert client.ask("GET", "/health").body["status"] == "healthy"
    assert [operation.path for operation in OPERATIONS if operation.public] == ["/health"]


CLOSED = [operation for operation in OPERATIONS if not operation.public]


@pytest.mark.parametrize("operation", CLOSED, ids=lambda operation: f"{operation.method} {operation.path}")
def test_who_is_unknown_may_do_nothing_and_a_reader_reads_alone(serve: Serve, operation: Operation) -> None:
    client = serve({"a": CONFIG}, **USERS)
    for stranger in ("", "Basic !!", "Basic ZXZlOm8=", "Bearer x", "Bearer", "Digest e"):
        reply = client.ask(operation.method, path_of(operation), Authorization=stranger)
        assert reply.status == 401
        assert "Basic" in reply.headers["www-authenticate"]
    for reader in (EVE, "Bearer v"):
        reply = client.ask(operation.method, path_of(operation), Authorization=reader)
        assert (reply.status == 403) == (operation.role is Role.OPERATOR), reply.text
    assert operation.role is Role.OPERATOR or operation.method == "GET" or "validate" in operation.path


def test_an_operator_may_do_all(serve: Serve) -> None:
    client = serve({"a": CONFIG}, **USERS)
    assert client.ask("PUT", "/connectors/a/pause", Authorization=OLAF).status == 202
    assert client.ask("DELETE", "/connectors/a", Authorization="Bearer t").status == 204


def test_a_huge_body_is_refused_before_it_is_read(serve: Serve) -> None:
    client = serve(body_bytes=1000)
    assert client.ask("POST", "/connectors", "x" * 1001, Content_Type="application/json").status == 413
    parts = iter([b"x" * 600, b"x" * 600])
    assert client.ask("POST", "/connectors", parts, Content_Type="application/json").status == 413
    assert client.ask("POST", "/connectors", "x" * 1000, Content_Type="application/json").status == 400


def test_who_asks_too_often_waits(serve: Serve) -> None:
    client = serve(rate=1)
    replies = [client.ask("GET", "/") for _ in range(10)]
    refused = [reply for reply in replies if reply.status == 429]
    assert refused
    assert all(int(reply.headers["retry-after"]) >= 1 for reply in refused)
    assert replies[0].status == 200


@pytest.mark.parametrize("headers", [{"Host": "evil.example:8083"}, {"Origin": "http://evil.example"}])
def test_a_page_of_a_foreign_site_cannot_ask_through_a_browser(serve: Serve, headers: dict[str, str]) -> None:
    client = serve({"a": CONFIG})
    assert client.ask("PUT", "/connectors/a/pause", **headers).status == 403
    assert client.ask("GET", "/").status == 200


def test_an_answer_that_takes_too_long_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from tailrace.worker.worker import Worker

    go = threading.Event()
    monkeypatch.setattr(Worker, "names", lambda _: go.wait(20) and [])
    reply = serve(timeout=0.2).ask("GET", "/connectors")
    go.set()
    assert (reply.status, reply.body["message"]) == (500, "Request timed out")


def test_an_error_of_ours_tells_nothing_of_the_inside(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tailrace.worker.worker import Worker

    def broken(_: Worker) -> list[str]:
        message = "hunter2"
        raise RuntimeError(message)

    monkeypatch.setattr(Worker, "names", broken)
    with caplog.at_level(logging.ERROR):
        reply = serve().ask("GET", "/connectors")
    assert reply.status == 500
    assert "hunter2" not in reply.text
    assert "RuntimeError" in caplog.text


def test_levels_of_loggers(serve: Serve) -> None:
    client = serve()
    child = logging.getLogger("tailrace.for_a_test.child")
    try:
        assert client.ask("PUT", "/admin/loggers/tailrace.for_a_test", {"level": "debug"}).body == [
            "tailrace.for_a_test",
            child.name,
        ]
        assert child.level == logging.DEBUG
        shown = client.ask("GET", "/admin/loggers/tailrace.for_a_test").body
        assert shown["level"] == "DEBUG"
        assert shown["last_modified"] > 1_500_000_000_000
        assert "tailrace.for_a_test" in client.ask("GET", "/admin/loggers").body
        assert client.ask("PUT", "/admin/loggers/tailrace.for_a_test", {"level": "DEBUG"}).body == []
    finally:
        for logger in (child, logging.getLogger("tailrace.for_a_test")):
            logger.setLevel(logging.NOTSET)


def test_every_property_has_its_definition_and_its_errors(serve: Serve) -> None:
    client = serve()
    path = "/connector-plugins/MySqlConnector/config"
    definitions = {entry["name"]: entry for entry in client.ask("GET", path).body}
    assert definitions["database.password"]["type"] == "PASSWORD"
    assert {"order_in_group", "default_value", "dependents", "width"} <= set(definitions["topic.prefix"])
    wrong = CONFIG | {"snapshot.mode": "initail", "table.include.lst": "a.b", "sink.type": "jsonl"}
    reply = client.ask("PUT", f"{path}/validate", wrong).body
    found = {entry["value"]["name"]: entry["value"] for entry in reply["configs"] if entry["value"]["errors"]}
    assert reply["error_count"] == sum(len(value["errors"]) for value in found.values())
    assert "did you mean initial" in found["snapshot.mode"]["errors"][0]
    assert "did you mean table.include.list" in found["table.include.lst"]["errors"][0]
    assert "sink.path" in {entry["value"]["name"] for entry in reply["configs"]}


OFFSETS = (
    {},
    {"file": "b.1"},
    {"file": "b.1", "pos": -1},
    {"file": "b.1", "pos": "4"},
    {"file": "b.1", "pos": True},
    {"file": "b.1", "pos": 1 << 70},
    {"file": 1, "pos": 4},
    {"file": "b.1", "pos": 4, "gtids": "no"},
    {"file": "b.1", "pos": 4, "oops": 1},
    {"file": "b.1", "pos": 4, "snapshot": "INITIAL"},
)


def test_offsets_that_no_start_could_use_are_refused(serve: Serve) -> None:
    client = serve({"a": {name: CONFIG[name] for name in CONFIG if name.startswith(("connector", "topic", "data"))}})

    def alter(offset: object) -> int:
        body = {"offsets": [{"partition": {"server": "shop"}, "offset": offset}]}
        return client.ask("PATCH", "/connectors/a/offsets", body).status

    good = {"file": "b.1", "pos": 4, "gtids": "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"}
    assert alter(good) == 200
    assert [offset for offset in OFFSETS if alter(offset) != 400] == []
    assert client.ask("GET", "/connectors/a/offsets").body["offsets"][0]["offset"] == good
    assert client.ask("DELETE", "/connectors/a/offsets").status == 200
    assert client.ask("GET", "/connectors/a/offsets").body == {"offsets": []}


@given(st.binary(max_size=200))
def test_paths_of_any_bytes_find_something_or_are_not_found(raw: bytes) -> None:
    from tailrace.rest.app import _of_path
    from tailrace.rest.operations import OPERATIONS

    for operation, names in _of_path(OPERATIONS, "/" + raw.decode("latin-1")):
        assert len(operation.path.split("/")) - 1 <= raw.count(b"/") + 1
        assert all(names.values())


def test_a_name_that_is_no_text_is_not_found_and_harms_nothing(serve: Serve) -> None:
    client = serve()
    parts = urlsplit(f"http://{client.address[0]}:{client.address[1]}")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", "/connectors/%FF%FE%00")
    reply = connection.getresponse()
    assert reply.status == 404
    json.loads(reply.read())
    connection.close()


WRONG_SIGNALS: tuple[tuple[object, str], ...] = (
    ([], "the body must be a signal"),
    ({}, "it has no type"),
    ({"type": "log", "when": 1}, "the body has when beside id, type and data"),
    ({"type": "log", "id": 7}, "id: must be text"),
    ({"type": "log", "data": "{}"}, "data: must be an object"),
    ({"type": "execute-snapshto"}, "there is no action 'execute-snapshto'; there are execute-snapshot"),
    ({"type": "execute-snapshot"}, "data-collections is missing"),
    ({"type": "execute-snapshot", "data": {"data-collections": ["("]}}, "is not a regular expression"),
    ({"type": "execute-snapshot", "data": {"data-collections": ["a.b"], "type": "quick"}}, "INCREMENTAL or BLOCKING"),
)


def test_a_malformed_signal_is_answered_with_what_a_signal_is(serve: Serve) -> None:
    client = serve({"a": CONFIG})
    path = "/tailrace/connectors/a/signals"
    for body, why in WRONG_SIGNALS:
        reply = client.ask("POST", path, body)
        assert reply.status == 400, body
        assert why in reply.body["message"]
    assert '"type": "execute-snapshot"' in client.ask("POST", path, {}).body["message"]
    assert client.ask("POST", path, {"type": "log", "data": {"message": "x" * 70_000}}).status == 413
    for number in ("-1", "x", "9" * 30):
        assert client.ask("GET", f"/tailrace/connectors/a/notifications?since={number}").status == 400


def test_a_signal_to_a_connector_that_does_not_run_is_refused_instead_of_lost(serve: Serve) -> None:
    client = serve({"a": CONFIG})
    reply = client.ask("POST", "/tailrace/connectors/a/signals", {"type": "log", "data": {"message": "hello"}})
    assert reply.status == 409
    assert "connector a is STOPPED" in reply.body["message"]
    assert client.ask("GET", "/tailrace/connectors/a/notifications?since=7").body == {"notifications": [], "next": 7}
    assert client.ask("POST", "/tailrace/connectors/b/signals", {"type": "log"}).status == 404
