"""What the browser may ask for: by which role, of which worker, and from whose page."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from support.console import USERS, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.rest import Client

READER = {"Authorization": "Bearer reading"}
OPS = {"Authorization": "Bearer token-of-ops"}
API = "/console/api"


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Where nobody must say who they are."""
    with served(tmp_path_factory.mktemp("free")) as client:
        yield client


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with served(tmp_path_factory.mktemp("guarded"), bearer=USERS) as client:
        yield client


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as ends:
        yield lambda name="w", **more: ends.enter_context(served(_made(tmp_path / name), **more))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_the_page_comes_with_its_policy_and_is_asked_for_once(free: Client) -> None:
    assert free.ask("GET", "/console").headers["location"] == "/console/"
    found = free.ask("GET", "/console/", Accept="text/html")
    assert found.status == 200
    assert found.headers["content-security-policy"].startswith("default-src 'self';")
    again = free.ask("GET", "/console/", If_None_Match=found.headers["etag"])
    assert (again.status, again.text) == (304, "")
    assert free.ask("GET", "/console/nothing.js").status == 404


def test_the_site_is_served_beside_it(tmp_path: Path) -> None:
    (tmp_path / "site/ru").mkdir(parents=True)
    (tmp_path / "site/ru/index.html").write_text("курс")
    with served(_made(tmp_path / "w"), site=tmp_path / "site") as client:
        assert client.ask("GET", "/site/ru/index.html").text == "курс"
        assert client.ask("GET", "/site/en/index.html").status == 404


def test_it_is_off_where_it_is_switched_off(tmp_path: Path) -> None:
    from tailrace.worker.settings import read_settings

    assert read_settings({"worker.folder": str(tmp_path)}).console
    assert not read_settings({"worker.folder": str(tmp_path), "console.enabled": "false"}).console


def test_pages_are_for_all_and_facts_for_users(guarded: Client) -> None:
    assert guarded.ask("GET", "/console/").status == 200
    refused = guarded.ask("GET", f"{API}/fleet")
    assert refused.status == 401
    assert guarded.ask("GET", f"{API}/fleet", **READER).status == 200
    assert guarded.ask("GET", f"{API}/session", **READER).body["role"] == "read-only"


def test_the_browser_opens_no_window_of_its_own_for_the_console(serve: Any) -> None:
    client = serve(basic=USERS)
    assert "Basic" in client.ask("GET", "/connectors").headers["www-authenticate"]
    assert "Basic" not in client.ask("GET", f"{API}/session", X_Tailrace_Console="1").headers["www-authenticate"]


def test_a_reader_sees_no_rows_and_makes_no_plan(guarded: Client) -> None:
    assert guarded.ask("GET", f"{API}/connectors/a/events", **READER).status == 403
    plan = {"source": "127.0.0.1:1", "candidate": "127.0.0.1:2", "connectors": ["a"]}
    assert guarded.ask("POST", f"{API}/failover/plan", plan, **READER).status == 403
    assert guarded.ask("PUT", "/connectors/a/resume", **READER).status == 403
    # They are let in, and told what is wrong.
    assert guarded.ask("GET", f"{API}/connectors/a/events", **OPS).status == 400
    told = guarded.ask("POST", f"{API}/failover/plan", plan, **OPS)
    assert told.status == 200
    assert told.body["refused"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_page_of_another_site_changes_nothing(serve: Any, headers: dict[str, str]) -> None:
    client = serve(bearer=USERS)
    refused = client.ask(
        "POST", "/connectors/a/restart", **OPS, **{name.replace("-", "_"): text for name, text in headers.items()}
    )
    assert (refused.status, refused.body["message"]) == (403, "a page of another site may change nothing here")


def test_the_consoles_own_requests_are_let_in(guarded: Client) -> None:
    own = {"Sec_Fetch_Site": "same-origin", "Origin": guarded.url}
    assert guarded.ask("PUT", "/connectors/a/pause", **OPS, **own).status == 202
    # By a proxy that ends TLS: its Host is another, and the browser still says whose page it is.
    assert (
        guarded.ask("PUT", "/connectors/a/pause", **OPS, Sec_Fetch_Site="same-origin", Origin="https://console").status
        == 202
    )
    assert guarded.ask("PUT", "/connectors/a/pause", **OPS).status == 202


def test_no_answer_has_a_secret(free: Client) -> None:
    for path in ("", "/lag", "/snapshot", "/doctor", "/history", "/events"):
        assert "pAsSwOrD" not in free.ask("GET", f"{API}/connectors/a{path}").text
    for path in ("fleet", "topology", "alerts", "session"):
        assert "pAsSwOrD" not in free.ask("GET", f"{API}/{path}").text
    plan = {
        "source": "127.0.0.1:1",
        "candidate": "127.0.0.1:2",
        "connectors": ["a"],
        "user": "root",
        "password": "pAsSwOrD2",
    }
    assert "pAsSwOrD" not in free.ask("POST", f"{API}/failover/plan", plan).text


def test_a_source_that_is_away_is_told_and_the_rest_is_there(free: Client) -> None:
    lag = free.ask("GET", f"{API}/connectors/a/lag")
    assert lag.status == 200
    assert any("127.0.0.1" in each or "source" in each for each in lag.body["missing"])
    topology = free.ask("GET", f"{API}/topology").body
    assert [each["address"] for each in topology["servers"]] == ["127.0.0.1:1"]
    assert topology["servers"][0]["error"]
    alerts = free.ask("GET", f"{API}/alerts").body
    assert alerts["prometheus"] is None
    assert {(each["alert"], each["connector"]) for each in alerts["own"]} == {("CdcConnectorStopped", "a")}


def test_a_prometheus_that_is_away_is_told() -> None:
    from tailrace.ui import look

    found = look.alerts("http://127.0.0.1:1")
    assert found["prometheus"]["problem"]
    assert len(found["alerts"]) > 14


@pytest.mark.parametrize(
    "query", ["count=0", "count=201", "count=x", "op=q", "table=%28"], ids=["none", "many", "word", "op", "pattern"]
)
def test_wrong_wishes_for_events_are_refused(free: Client, query: str) -> None:
    assert free.ask("GET", f"{API}/connectors/a/events?{query}").status == 400


@pytest.mark.parametrize(
    "body", [[], {"connectors": []}, {"connectors": ["a"], "source": "x", "candidate": "y:1"}, {"connectors": [1]}]
)
def test_a_wrong_wish_for_a_plan_is_refused(free: Client, body: Any) -> None:
    assert free.ask("POST", f"{API}/failover/plan", body).status == 400


def test_an_unknown_connector_is_not_found(free: Client) -> None:
    for path in ("", "/lag", "/snapshot", "/doctor", "/events", "/history"):
        assert free.ask("GET", f"{API}/connectors/nobody{path}").status == 404


def test_another_worker_of_the_group_tells_of_its_connector(serve: Any) -> None:
    owner = serve("owner", bearer=USERS)
    place = owner.url.removeprefix("http://")
    other = serve("other", bearer=USERS, elsewhere=place)
    fleet = other.ask("GET", f"{API}/fleet", **READER).body
    assert [(each["name"], each["worker"]) for each in fleet["connectors"]] == [("a", place)]
    assert fleet["problems"] == []
    # The caller's own name is used there: no row is shown to a reader by a detour.
    nothing = {"at": [], "lag": [], "events": [], "bytes": [], "queue": []}
    assert other.ask("GET", f"{API}/connectors/a/history", **READER).body == nothing
    assert other.ask("GET", f"{API}/connectors/a", **READER).body["worker"] == place
    assert other.ask("GET", f"{API}/connectors/a/events", **READER).status == 403


def test_a_worker_of_the_group_that_is_away_is_named(serve: Any) -> None:
    client = serve(elsewhere="127.0.0.1:1")
    found = client.ask("GET", f"{API}/fleet").body
    assert [each["name"] for each in found["connectors"]] == ["a"]
    assert [each["worker"] for each in found["problems"]] == ["127.0.0.1:1"]
