"""What the client of the REST interface does when a worker is down, slow, rebalancing, or no worker at all."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from support.cli import tailrace
from tailrace.config import Password
from tailrace.errors import ConfigError, WorkerError, WorkerUnreachable
from tailrace.lab.certificate import write_certificate
from tailrace.lab.ports import free_port
from tailrace.ops.connect import Connect, Status, Task, reason
from tailrace.ops.http import Access
from tailrace.ops.secrets import masked, masks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Scripted(ThreadingHTTPServer):
    """Gives the answers it was told, one after the other and then the last again; remembers the requests."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.seen: list[tuple[str, str, str | None, Any]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        server = self.server
        assert isinstance(server, Scripted)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = json.loads(body) if body else None
        server.seen.append((self.command, self.path, self.headers.get("Authorization"), said))
        status, document = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 -- the names that the library looks for

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as made:
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield made
        made.shutdown()


def refusal(status: int, message: str) -> tuple[int, Any]:
    return status, {"error_code": status, "message": message}


def states(connector: str, *tasks: str, trace: str = "") -> tuple[int, Any]:
    told = [{"id": number, "state": state, "worker_id": "w", "trace": trace} for number, state in enumerate(tasks)]
    return 200, {"name": "shop", "connector": {"state": connector, "worker_id": "w"}, "tasks": told, "type": "source"}


def test_a_worker_that_is_down_is_not_reached() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = tailrace("connector", "list", "--url", url, "--json")
    assert said.code == 3
    assert json.loads(said.err) == {
        "error": "WorkerUnreachable",
        "message": "nothing listens there",
        "where": url,
        "hint": "start the worker, or name another with --url or TAILRACE_URL",
    }


def test_what_is_no_worker_is_not_taken_for_one(server: Scripted) -> None:
    server.answers = [(200, b"<html>welcome</html>")]
    with pytest.raises(WorkerUnreachable, match="no worker"):
        Connect(Access(server.url)).names()
    with pytest.raises(WorkerUnreachable, match="does not answer as https"):
        Connect(Access(server.url.replace("http", "https"))).names()


def test_a_rebalance_is_waited_for_and_a_name_that_is_taken_is_not(server: Scripted) -> None:
    rebalance = refusal(409, "Cannot complete request momentarily due to stale configuration")
    server.answers = [rebalance, rebalance, (200, ["shop"])]
    assert Connect(Access(server.url)).names() == ["shop"]
    assert len(server.seen) == 3
    server.answers = [refusal(409, "Connector shop already exists")]
    with pytest.raises(WorkerError, match="already exists"):
        Connect(Access(server.url)).create("shop", {})
    assert len(server.seen) == 4
    server.answers = [rebalance]
    with pytest.raises(WorkerError, match="stale configuration"):
        Connect(Access(server.url), patience=0).names()


def test_a_worker_before_3_8_is_given_the_whole_configuration(server: Scripted) -> None:
    server.answers = [refusal(405, "HTTP 405 Method Not Allowed"), (200, {"a": "1", "b": "2"}), (200, {})]
    Connect(Access(server.url)).patch("shop", {"b": None, "c": "3"})
    assert [(method, said) for method, _, _, said in server.seen] == [
        ("PATCH", {"b": None, "c": "3"}),
        ("GET", None),
        ("PUT", {"a": "1", "c": "3"}),
    ]


def test_names_of_connectors_are_quoted_in_paths(server: Scripted) -> None:
    server.answers = [(200, {})]
    Connect(Access(server.url + "/behind/proxy/")).config("a/b ö?")
    assert server.seen[0][1] == "/behind/proxy/connectors/a%2Fb%20%C3%B6%3F/config"


def test_credentials_are_sent_and_never_told(server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers = [refusal(401, "User cannot access the resource.")]
    file = tmp_path / "credentials"
    file.write_text("anna:se:cret\n", encoding="utf-8")
    said = tailrace("connector", "list", "--url", server.url, "--credentials", file)
    assert said.code == 1
    assert "--credentials FILE" in said.err
    assert "se:cret" not in said.err
    assert server.seen[0][2] == "Basic YW5uYTpzZTpjcmV0"
    monkeypatch.setenv("TAILRACE_CREDENTIALS", "token123")
    tailrace("connector", "list", "--url", server.url)
    assert server.seen[1][2] == "Bearer token123"
    assert "token123" not in repr(Access(server.url, Password("token123")))
    with pytest.raises(ConfigError, match="histories"):
        Access("http://anna:secret@127.0.0.1:8083")


def test_tls_asks_for_the_authority_and_takes_it(server: Scripted, tmp_path: Path) -> None:
    import ssl

    write_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.answers = [(200, ["shop"])]
    url = server.url.replace("http", "https")
    with pytest.raises(WorkerUnreachable, match="not trusted") as untrusted:
        Connect(Access(url)).names()
    assert "--ca" in str(untrusted.value)
    assert Connect(Access(url, ca=tmp_path / "ca.pem")).names() == ["shop"]
    with pytest.raises(ConfigError, match="CA file"):
        Connect(Access(url, ca=tmp_path / "missing.pem")).names()


def test_a_failure_ends_waiting_at_once_where_the_connector_was_well_before(server: Scripted) -> None:
    trace = "org.apache.Outer: x\n\tat y\nCaused by: java.Inner: access denied\n\tat z"
    server.answers = [states("RUNNING"), states("RUNNING", "FAILED", trace=trace)]
    with pytest.raises(WorkerError, match=r"shop has failed: java\.Inner: access denied"):
        Connect(Access(server.url)).await_status("shop", lambda status: bool(status and status.is_running), seconds=30)


def test_a_failure_from_before_a_restart_does_not_end_waiting(server: Scripted) -> None:
    server.answers = [states("RUNNING", "FAILED"), states("RUNNING", "FAILED"), states("RUNNING", "RUNNING")]
    status = Connect(Access(server.url)).await_status("shop", lambda now: bool(now and now.is_running), seconds=30)
    assert status == Status("shop", "RUNNING", "w", "", (Task(0, "RUNNING", "w"),))


def test_waiting_has_an_end(server: Scripted) -> None:
    server.answers = [states("UNASSIGNED")]
    with pytest.raises(WorkerError, match=r"shop is UNASSIGNED after 0\.1 s"):
        Connect(Access(server.url)).await_status("shop", lambda now: bool(now and now.is_running), seconds=0.1)


def test_a_reason_is_given_even_where_there_is_no_trace() -> None:
    assert reason(Status("shop", "FAILED", "w", "", ())) == "no reason is given"
    assert reason(Status("shop", "FAILED", "w", "java.Oops: why\n\tat x", ())) == "java.Oops: why"


def test_the_words_of_a_failure_are_not_cut_off_behind_an_object_of_debezium() -> None:
    place = (
        "Offset{schema=Schema{x:STRUCT}, "
        + "".join(f"key{n}=Part{{n='{n}'}}, " for n in range(90))
        + "left={}, more=[]}"
    )
    trace = f"io.debezium.DebeziumException: reading at {place}, but this is no longer there: {{}}\n\tat x"
    said = reason(Status("shop", "RUNNING", "w", "", (Task(0, "FAILED", "w", trace),)))
    assert said == "io.debezium.DebeziumException: reading at Offset…, but this is no longer there: {}"


def test_every_secret_is_masked_and_references_to_secrets_are_shown() -> None:
    config: dict[str, str | None] = {
        "database.password": "s1",
        "producer.override.sasl.jaas.config": "Login required password='s2';",
        "value.converter.basic.auth.user.info": "anna:s3",
        "some.token": "s4",
        "other.password": "${file:/run/secrets:password}",
        "database.user": "anna",
    }
    shown = masked(config)
    assert not {"s1", "s2", "s3", "s4"} & set("".join(map(str, shown.values())).replace("'", " ").split())
    assert shown["other.password"] == "${file:/run/secrets:password}"
    assert shown["database.user"] == "anna"
    assert masks(shown) == [
        "database.password",
        "producer.override.sasl.jaas.config",
        "value.converter.basic.auth.user.info",
        "some.token",
    ]
