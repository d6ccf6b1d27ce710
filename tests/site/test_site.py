"""The site, built and looked at in a browser: links, search, diagrams, languages, themes, and what hinders people."""

from __future__ import annotations

import html
import importlib.util
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from support.console import browser
from tailrace.learn import desk as desks
from tailrace.learn import learner as learners
from tailrace.learn import play
from tailrace.learn.blocks import Mark, blocks
from tailrace.learn.desk import Desk
from tailrace.learn.exercise import Observation, Question, Seen
from tailrace.learn.exercises import find
from tailrace.learn.learner import Learner
from tailrace.learn.serve import listen, server, url
from tailrace.learn.text import lessons

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from playwright.sync_api import Browser, Page

    from tailrace.learn.exercise import Exercise

PROJECT = Path(__file__).parents[2]
SPHINX = PROJECT / ".venv/site/bin/sphinx-build"
NUMBER = 10
LESSON = f"lessons/{NUMBER}-lag.html"
MILLISECONDS = 60_000
SIZES = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})

# The first builds the site.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once. Skips where Sphinx is not set up (`make site`); fails where `CI` is set."""
    if not SPHINX.exists() and not os.environ.get("CI"):
        pytest.skip("no Sphinx: make site")
    out = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, PROJECT / "tools/site/build.py", "--out", out, "--sphinx", SPHINX]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    # Warnings and links that lead nowhere are errors of the build.
    assert done.returncode == 0, done.stderr
    return out


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """Ends with this file: a second one in the same process, of another file's tests, does not start beside it."""
    with browser() as made:
        yield made


@pytest.fixture
def page(chrome: Browser, address: str) -> Iterator[Page]:
    """A page of which every request must stay here, and whose scripts must not complain."""
    context = chrome.new_context(base_url=address, viewport=SIZES[0])
    asked: list[str] = []
    said: list[str] = []
    context.set_default_timeout(MILLISECONDS)
    made = context.new_page()
    made.on("request", lambda request: asked.append(request.url))
    made.on("pageerror", lambda error: said.append(str(error)))
    made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield made
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert said == []


def _links() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_links", PROJECT / "tools/site/links.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_link_to_nowhere_and_a_script_from_elsewhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h2 id="here"></h2><a href="#here"><a href="b.html#gone"><a href="c.html"><a href="https://example.org/x">'
        '<script src="https://example.org/y.js"></script>'
    )
    (tmp_path / "b.html").write_text("<p>no anchor</p>")
    assert _links().problems(tmp_path) == [
        "a.html: no anchor for b.html#gone",
        "a.html: no file for c.html",
        "a.html: loads https://example.org/y.js",
    ]
    assert _links().external(tmp_path) == ["https://example.org/x", "https://example.org/y.js"]


def test_a_page_runs_no_script_of_its_text(site: Path) -> None:
    # A worker serves them under a policy that would not let it.
    for file in site.rglob("*.html"):
        assert "<script>" not in file.read_text("utf-8"), file


@pytest.mark.parametrize(
    ("language", "word", "finds"),
    [
        ("ru", "отставания", "Отставание: что измеряет каждая цифра и когда она лжёт"),
        ("ru", "смещениях", "Словарь"),
        ("en", "heartbeats", "Glossary"),
    ],
)
def test_search_finds_another_form_of_the_word(page: Page, language: str, word: str, finds: str) -> None:
    page.goto(f"/{language}/index.html")
    page.locator(".sidebar-search").fill(word)
    page.locator(".sidebar-search").press("Enter")
    page.locator("#search-results li a", has_text=finds).first.wait_for()


def test_diagrams_are_drawn_again_in_the_colours_of_the_theme(page: Page) -> None:
    page.goto(f"/ru/{LESSON}")
    drawing = page.locator("pre.mermaid svg").first
    drawing.wait_for()
    assert "реплика" in (drawing.text_content() or "")
    before, ground = drawing.get_attribute("id"), _ground(page)
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.wait_for_function("before => document.querySelector('pre.mermaid svg')?.id !== before", arg=before)
    drawing.wait_for()
    assert _ground(page) != ground


def test_every_diagram_of_the_site_can_be_drawn(page: Page, site: Path) -> None:
    found = {
        (file.relative_to(site).as_posix(), html.unescape(text))
        for file in site.rglob("*.html")
        for text in re.findall(r'<pre class="mermaid"[^>]*>(.*?)</pre>', file.read_text("utf-8"), re.DOTALL)
    }
    page.goto(f"/ru/{LESSON}")
    page.locator("pre.mermaid svg").first.wait_for()
    wrong = """async (drawings) => {
        const wrong = [];
        for (const [file, text] of drawings) await mermaid.parse(text).catch((error) => wrong.push([file, `${error}`]));
        return wrong;
    }"""
    assert page.evaluate(wrong, sorted(found)) == []
    assert page.evaluate(wrong, [["a.html", "flowchart LR\n A --> "]]) != []


def _ground(page: Page) -> Any:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_that_was_chosen_stays(page: Page) -> None:
    page.goto("/en/glossary.html")
    page.locator(".theme-toggle-content button").click()
    chosen = page.evaluate("document.body.dataset.theme")
    assert chosen != "auto"
    page.goto("/en/index.html")
    assert page.evaluate("document.body.dataset.theme") == chosen


def test_the_switch_leads_to_the_same_page_and_is_remembered(page: Page) -> None:
    page.goto(f"/ru/{LESSON}")
    page.locator("a.switch-language").click()
    page.wait_for_url(f"**/en/{LESSON}")
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto("/")
    page.wait_for_url("**/en/index.html")


def test_a_page_without_russian_says_so_and_is_read_as_english(page: Page) -> None:
    page.goto("/ru/reference/metrics.html")
    assert "английский" in page.locator(".foreign").inner_text()
    assert page.locator("article div[lang=en]").count() == 1
    assert page.locator(".sidebar-tree a.current").inner_text().endswith("· EN")


def test_a_block_is_copied_as_it_is_typed(page: Page, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page.goto(f"/ru/{LESSON}")
    (text,) = (lesson.text for lesson in lessons("ru") if lesson.number == NUMBER)
    typed = next(block.text for block in blocks(text) if block.mark is Mark.SHELL and block.text.count("\n") > 1)
    block = page.locator("div.highlight", has_text=typed.splitlines()[0]).first
    block.hover()
    block.locator("button.copy").click()
    page.locator("button.copy", has_text="Скопировано").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == typed.rstrip("\n")
    assert page.locator(".said button.copy").count() == 0


INCIDENT = "it-was-fine-an-hour-ago"


@pytest.fixture
def runner(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A runner whose exercises need no servers: who names the pause passes."""
    look = Observation("cause", lambda _stage, _values, answers: Seen(answers.get("cause") == "paused", "looked"))

    def fake(name: str) -> Exercise:
        return replace(find(name), observations=(look,), questions=(Question("cause", ("paused", "deaf")),))

    for module in (desks, learners):
        monkeypatch.setattr(module, "find", fake)
    monkeypatch.setattr(play, "_prepare", lambda *given: {"number": str(given[3]), "call": "silence"})
    desk = Desk(Learner(tmp_path, "ru"))
    with listen(0) as listener:
        served = server(listener, desk, site)
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield url(listener).removesuffix("/site/")
        desk.wait()
        served.should_exit = True
        thread.join(20)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_check_button_fails_what_is_wrong_and_passes_what_is_right(
    chrome: Browser, runner: str, language: str
) -> None:
    context = chrome.new_context(viewport=SIZES[1])
    context.set_default_timeout(MILLISECONDS)
    made = context.new_page()
    said: list[str] = []
    # The policy that the pages are served under lets all of it run.
    made.on("pageerror", lambda error: said.append(str(error)))
    made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    made.goto(f"{runner}/site/{language}/{LESSON}")
    exercise = made.locator(f"#exercise-{INCIDENT}")
    exercise.locator(f"#start-{INCIDENT}").click()
    exercise.locator("#answer-cause").select_option("deaf")
    exercise.locator("#check").click()
    exercise.locator(".fails.verdict").wait_for()
    exercise.locator("#hint").click()
    exercise.locator("ol li").wait_for()
    exercise.locator("#answer-cause").select_option("paused")
    assert Axe().run(made).violations_count == 0
    exercise.locator("#check").click()
    exercise.locator(".holds.verdict").wait_for()
    assert "85" in exercise.locator(".verdict").inner_text()
    assert "85" in (made.locator("a.current .progress").text_content() or "")
    made.locator("pre.mermaid svg").first.wait_for()
    assert made.locator(".no-runner").count() == 0
    assert said == []
    context.close()


def test_a_drill_is_gone_through_in_the_browser(chrome: Browser, runner: str) -> None:
    context = chrome.new_context(viewport=SIZES[1])
    context.set_default_timeout(MILLISECONDS)
    made = context.new_page()
    made.goto(f"{runner}/site/en/lessons/16-final-drill.html")
    drill = made.locator("#exercise-final-drill")
    drill.locator("#start-final-drill").click()
    drill.locator("#answer-cause").select_option("deaf")
    drill.locator("#check").click()
    drill.locator(".fails.verdict").wait_for()
    for number in (1, 2, 3):
        assert f"Incident {number} of 3" in drill.locator(".label").first.inner_text()
        assert "Analysts call" in drill.locator(".task").first.inner_text()
        drill.locator("#answer-cause").select_option("paused")
        drill.locator("#check").click()
        drill.locator("li.holds", has_text=f"incident {number}: solved").wait_for()
        assert Axe().run(made).violations_count == 0
        if number < 3:
            drill.locator("#next").click()
            drill.locator("#check").wait_for()
    # 95, 100 and 100.
    assert "98" in drill.locator(".verdict").inner_text()
    assert drill.locator("#next").count() == 0
    context.close()


def test_without_a_runner_the_page_says_how_to_start_it(page: Page) -> None:
    page.goto(f"/en/{LESSON}")
    assert "tailrace learn serve" in page.locator(".no-runner").inner_text()
    assert page.locator(".exercise button").count() == 0


@pytest.mark.parametrize("path", ["index.html", LESSON, "reference/rest.html", "glossary.html"])
@pytest.mark.parametrize(("language", "theme"), [("ru", "dark"), ("en", "light")])
def test_nothing_hinders_people_and_nothing_is_wider_than_a_telephone(
    page: Page, language: str, theme: Literal["dark", "light"], path: str
) -> None:
    page.emulate_media(color_scheme=theme)
    page.goto(f"/{language}/{path}")
    if page.locator("pre.mermaid").count():
        page.locator("pre.mermaid svg").first.wait_for()
    # The last is the one that is looked at closely.
    for size in SIZES if language == "ru" else reversed(SIZES):
        page.set_viewport_size(size)
        page.wait_for_function("width => innerWidth === width", arg=size["width"])
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_runbooks_print_without_what_surrounds_them(page: Page) -> None:
    page.goto("/en/runbooks.html")
    page.locator("button.print").wait_for()
    page.emulate_media(media="print")
    assert not page.locator(".sidebar-drawer").is_visible()
    assert not page.locator("button.print").is_visible()
    assert page.locator("article h1").is_visible()
