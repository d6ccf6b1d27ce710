"""The runner behind the course's pages: it does what its pages ask, and nothing that another page asks."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from support.cli import tailrace
from tailrace.errors import LabError
from tailrace.learn import desk as desks
from tailrace.learn import learner as learners
from tailrace.learn import play
from tailrace.learn.desk import Busy, Desk
from tailrace.learn.exercise import Observation, Seen
from tailrace.learn.exercises import find
from tailrace.learn.learner import Learner
from tailrace.learn.serve import listen, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tailrace.learn.exercise import Exercise

NAME = "one-gtid-two-places"


def _right(name: str) -> Observation:
    return Observation(name, lambda _stage, _values, answers: Seen(answers.get(name[6:]) == "right", "seen"))


def _find(monkeypatch: pytest.MonkeyPatch, finds: Callable[[str], Exercise]) -> None:
    for module in (desks, learners):
        monkeypatch.setattr(module, "find", finds)


@pytest.fixture
def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Learner:
    """Whose exercises need no servers: an answer passes by being `right`."""
    fake = replace(find(NAME), observations=(_right("place-primary"), _right("place-replica")))
    _find(monkeypatch, lambda name: fake if name == NAME else find(name))
    monkeypatch.setattr(play, "_prepare", lambda *_: {"gtid": "a:1", "table": "t", "_hidden": "secret"})
    return Learner(tmp_path, "en")


def _done(desk: Desk, action: str, **given: Any) -> dict[str, Any]:
    desk.begin(action, "en", **given)
    desk.wait()
    return desk.state("en")


def test_an_exercise_is_begun_failed_hinted_passed_and_told(learner: Learner) -> None:
    desk = Desk(learner)
    assert desk.state("en")["current"] is None
    begun = _done(desk, "start", name=NAME)["current"]
    assert "a:1" in begun["task"]
    assert "secret" not in json.dumps(begun)
    wrong = _done(desk, "check", answers={"primary": "right", "replica": "wrong"})["current"]
    assert [each["holds"] for each in wrong["seen"]] == [True, False]
    assert (wrong["passed"], wrong["explanation"]) == (False, "")
    assert len(_done(desk, "hint")["current"]["hints"]) == 1
    state = _done(desk, "check", answers={"replica": "right"})
    assert state["current"]["passed"]
    assert state["current"]["explanation"]
    assert state["exercises"][NAME] == {"lesson": 2, "state": "passed", "score": 85}
    # The terminal sees the same.
    told = tailrace("learn", "list", "--dir", learner.folder, "--json").json
    assert [each["score"] for each in told if each["name"] == NAME] == [85]


def test_what_cannot_be_done_is_told_and_the_next_action_goes_on(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(learner)

    def no_lab(*_: object) -> None:
        raise LabError("no MySQL could be had", hint="look at the network")

    with monkeypatch.context() as broken:
        broken.setattr(play, "_prepare", no_lab)
        assert _done(desk, "start", name=NAME)["error"] == {
            "message": "no MySQL could be had",
            "hint": "look at the network",
        }
    assert _done(desk, "start", name=NAME)["error"] is None


def test_a_drill_goes_on_by_its_page_and_tells_no_cause(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    named = Observation("cause", lambda _stage, _values, answers: Seen(answers.get("cause") == "right", "seen"))
    drill = replace(find("final-drill"), observations=(named,))
    _find(monkeypatch, lambda _: drill)
    monkeypatch.setattr(play, "_prepare", lambda *_: {"number": "1", "call": "stuck", "_cause": "xa-prepared"})
    monkeypatch.setattr(play, "_judge_answers", lambda *_: None)
    desk = Desk(learner)
    begun = _done(desk, "start", name="final-drill")["current"]
    assert "developers" in begun["task"]
    assert "xa-prepared" not in json.dumps({**begun, "questions": ()})
    assert _done(desk, "next")["error"]["message"].startswith("this incident is not over")
    solved = _done(desk, "check", answers={"cause": "right"})["current"]
    assert (solved["passed"], solved["over"], "xa-prepared" in solved["explanation"]) == (False, True, True)
    following = _done(desk, "next")["current"]
    assert (following["over"], following["answers"], following["explanation"]) == (False, {}, "")
    assert [following["drill"][name] for name in ("number", "ahead")] == [2, 1]
    assert [each["solved"] for each in following["drill"]["incidents"]] == [True]


def test_two_actions_at_once_do_not_share_the_lab(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, may_end = Desk(learner), threading.Event()

    def slow(*_: object) -> dict[str, str]:
        may_end.wait(30)
        return {"gtid": "a:1", "table": "t"}

    monkeypatch.setattr(play, "_prepare", slow)
    desk.begin("start", "en", name=NAME)
    assert desk.state("en")["doing"]["exercise"] == NAME
    with pytest.raises(Busy, match="still going on"):
        desk.begin("start", "en", name=NAME)
    may_end.set()
    desk.wait()
    assert desk.state("en")["doing"] is None


@dataclass
class Runner:
    """Served, as a browser may ask it."""

    port: int

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        given = {"Host": f"127.0.0.1:{self.port}", **{name.replace("_", "-"): text for name, text in headers.items()}}
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, given)
        answer = connection.getresponse()
        told = answer.status, answer.read().decode()
        connection.close()
        return told

    def post(self, action: str, body: object, **headers: str) -> tuple[int, str]:
        own = {"Origin": f"http://127.0.0.1:{self.port}", "Content_Type": "application/json", **headers}
        return self.ask("POST", f"/learn/api/{action}", body, **own)


@pytest.fixture
def runner(learner: Learner) -> Iterator[Runner]:
    site = learner.folder / "site"
    site.mkdir()
    (site / "index.html").write_text("<html><head><title>Course</title></head></html>")
    desk = Desk(learner)
    with listen(0) as listener:
        served = server(listener, desk, site)
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield Runner(listener.getsockname()[1])
        desk.wait()
        served.should_exit = True
        thread.join(10)


def test_a_page_of_its_own_may_begin_and_hears_the_end(runner: Runner) -> None:
    status, told = runner.post("start", {"name": NAME, "lang": "ru"})
    assert status == 200
    state = json.loads(told)
    while state["doing"]:
        _, told = runner.ask("GET", f"/learn/api/state?lang=ru&after={state['version']}")
        state = json.loads(told)
    assert state["current"]["name"] == NAME


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        # A name of somebody else's that leads to this machine.
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        # What a form of another page can send without being asked first.
        ({"Content_Type": "text/plain"}, 415),
    ],
)
def test_another_page_may_not_begin_anything(
    runner: Runner, learner: Learner, headers: dict[str, str], status: int
) -> None:
    assert runner.post("start", {"name": NAME}, **headers)[0] == status
    assert learner.progress.current is None


def test_another_name_may_not_see_the_progress(runner: Runner) -> None:
    assert runner.ask("GET", "/learn/api/state", Host="evil.example")[0] == 403


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("start", {"name": "no-such"}, 400),
        ("check", {}, 400),
        ("solution", {}, 400),
        ("start", [], 400),
        ("start", {"answers": 1}, 400),
        ("start", {"name": "x" * 70_000}, 400),
    ],
)
def test_nonsense_is_refused_with_words(runner: Runner, action: str, body: object, status: int) -> None:
    answered, told = runner.post(action, body)
    assert (answered, bool(json.loads(told)["message"])) == (status, True)


def test_its_pages_know_that_it_is_there(runner: Runner) -> None:
    assert '<meta name="tailrace-runner"' in runner.ask("GET", "/site/")[1]
    assert runner.ask("GET", "/site/../progress.json")[0] == 404


def test_the_commands_say_what_is_missing(tmp_path: Path) -> None:
    served = tailrace("learn", "serve", "--dir", tmp_path, "--site", tmp_path / "none", "--json")
    assert (served.code, "make site" in served.err + served.out) == (2, True)
    opened = tailrace("learn", "open", "10", "--dir", tmp_path, "--json")
    assert (opened.code, "tailrace learn serve" in opened.err + opened.out) == (2, True)
    assert tailrace("learn", "open", "99", "--dir", tmp_path).code == 2


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("")
    with listen(0) as listener:
        port = listener.getsockname()[1]
        said = tailrace("learn", "serve", "--dir", tmp_path, "--site", tmp_path, "--port", port)
    assert (said.code, "--port 0" in said.err) == (2, True)


def test_a_lesson_is_opened_where_it_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "learn").mkdir()
    (tmp_path / "learn/serve.url").write_text("http://127.0.0.1:1/site/")
    asked: list[str] = []
    monkeypatch.setattr("webbrowser.open", asked.append)
    said = tailrace("learn", "open", "10", "--dir", tmp_path, "--lang", "ru")
    assert asked == ["http://127.0.0.1:1/site/ru/lessons/10-lag.html"] == said.out.split()
