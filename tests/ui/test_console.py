"""The console in a real browser, over a real worker, its connectors and their MySQL servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from support.console import BIG, USERS, browser, scene, served
from support.proxy import Proxy
from tailrace.lab.process import await_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from support.console import Scene

VIEWS = {
    "fleet": "#/",
    "overview": "#/connectors/shop",
    "lag": "#/connectors/shop/lag",
    "snapshot": "#/connectors/shop/snapshot",
    "events": "#/connectors/shop/events",
    "doctor": "#/connectors/shop/doctor",
    "config": "#/connectors/shop/config",
    "new": "#/new",
    "topology": "#/topology",
    "alerts": "#/alerts",
    "failover": "#/failover",
}
SECONDS = 20_000

pytestmark = pytest.mark.timeout(120)
expect.set_options(timeout=SECONDS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("console")) as found:
        yield found


@pytest.fixture(scope="module")
def chromium(made: Scene) -> Iterator[Browser]:  # noqa: ARG001 - the browser's event loop is begun last, and ended first
    with browser() as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """English, light, 1280 wide. What a page complains of fails the test."""
    yield from _opened(chromium)


def _opened(chromium: Browser, **more: Any) -> Iterator[Page]:
    context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"} | more))
    found = context.new_page()
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    # Answers that refuse are told by the browser too, and shown by the page.
    found.on("console", lambda said: complaints.append(said.text) if _complains(said) else None)
    yield found
    context.close()
    assert complaints == []


def _complains(said: Any) -> bool:
    return said.type in ("error", "warning") and "Failed to load resource" not in said.text


def go(page: Page, made: Scene, view: str) -> None:
    """To a view, and until its figures are there."""
    page.goto(made.url + VIEWS[view])
    expect(page.locator("footer")).to_be_visible()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def done(page: Page, what: str, state: str = "done") -> None:
    """What was asked for has come to pass, and is told."""
    line = page.locator(".activity li", has_text=re.compile(rf"{what}\b")).first
    expect(line.locator(".badge")).to_have_text(state)


def test_the_first_page_shows_all_connectors_and_their_figures(page: Page, made: Scene) -> None:
    go(page, made, "fleet")
    rows = page.locator("table.fleet tbody tr")
    expect(rows).to_have_count(2)
    shop = rows.filter(has=page.get_by_role("link", name="shop", exact=True))
    expect(shop.locator(".badge").first).to_have_text("streaming")
    expect(shop.locator("td.number").first).to_have_text(re.compile(r"\d+(\.\d+)? (ms|s)"))
    expect(shop).to_contain_text(f"{made.primary.host}:{made.primary.port}")
    expect(page.locator(".tiles")).to_contain_text("At work2")
    page.get_by_label("Filter").fill("copy")
    expect(rows).to_have_count(1)


def test_a_connector_shows_its_course_and_its_tables(page: Page, made: Scene) -> None:
    made.primary.execute("UPDATE shop.orders SET total = total + 1")
    go(page, made, "overview")
    expect(page.locator("line-chart canvas")).to_have_count(3)
    expect(page.locator("line-chart .figures").first).to_have_text(re.compile(r"Lag: \d.* highest"))
    orders = page.get_by_role("row").filter(has_text="shop.orders")
    expect(orders.locator("td").nth(2)).not_to_have_text("0")
    expect(page.locator("main")).to_contain_text("MySQL 9")


def test_pause_resume_and_restart_by_keyboard_alone(page: Page, made: Scene) -> None:
    go(page, made, "fleet")
    # Who lags by a second or more stands before the other.
    expect(page.locator("table.fleet tbody a").first).to_have_text("copy")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="copy")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("copy")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    done(page, "Pause copy")
    assert made.client.state("copy") == ("PAUSED", "PAUSED")
    expect(page.locator("main .note").first).to_contain_text("paused on purpose")
    # Who cannot see it hears it.
    expect(page.get_by_role("status").first).to_have_text(re.compile("Pause copy: done"))

    # It cannot be restarted now, and says why.
    restart = page.get_by_role("button", name="Restart", exact=True)
    expect(restart).to_have_attribute("title", "It does not run: resume it")
    resume = page.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_focused()
    page.keyboard.press("Enter")
    done(page, "Resume copy")
    made.client.await_state("copy", "RUNNING", "RUNNING")

    page.keyboard.press("Tab")
    expect(restart).to_be_focused()
    expect(restart).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("Enter")
    # A question: No has the focus.
    expect(page.get_by_role("dialog")).to_contain_text("Restart copy")
    expect(page.get_by_role("button", name="No")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    done(page, "Restart copy")


def test_places_are_reached_by_keys_and_help_tells_them(page: Page, made: Scene) -> None:
    go(page, made, "fleet")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Keyboard")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    for key, title in (("t", "Topology"), ("a", "Alerts"), ("o", "Failover"), ("f", "Connectors")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_label("Filter")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Filter")).to_be_focused()
    # What is written is written.
    page.keyboard.type("g?t")
    expect(page.get_by_label("Filter")).to_have_value("g?t")
    page.reload()
    expect(page.locator("footer")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.fixture
def slow(made: Scene) -> Iterator[Proxy]:
    """Before a connector of this name: its snapshots take as long as the way to its server."""
    with Proxy(made.primary.port) as proxy:
        more = {"snapshot__mode": "no_data", "incremental__snapshot__chunk__size": 200, "database__port": proxy.port}
        made.create("slow", made.primary, 803, **more)
        made.client.await_state("slow", "RUNNING", "RUNNING")
        assert await_condition(lambda: made.captured("slow"), 30, every=0.1)
        yield proxy
        made.client.ask("DELETE", "/connectors/slow")


def test_a_snapshot_is_started_paused_resumed_and_followed_to_its_end(page: Page, made: Scene, slow: Proxy) -> None:
    page.goto(f"{made.url}#/connectors/slow/snapshot")
    page.get_by_role("button", name="Start a snapshot").click()
    expect(page.locator("form .problem")).to_have_text("Which tables? Choose some, or write a pattern.")
    # It must not be over before it is paused, however late that comes.
    slow.delay(0.1)
    page.get_by_label("Or a regular expression").fill("shop\\.big")
    page.get_by_role("button", name="Start a snapshot").click()
    expect(page.locator("progress")).to_be_visible()
    page.get_by_role("button", name="Pause the snapshot").click()
    done(page, "Pause the snapshot of slow")
    phase = page.locator("section .badge").first
    expect(phase).to_have_text("paused")
    rows = page.locator(".facts dd").first
    expect(rows).to_have_text(re.compile(r"^[\d,]+ of [\d,]+$"))
    slow.delay(0)
    page.get_by_role("button", name="Resume the snapshot").click()
    done(page, "Resume the snapshot of slow")
    done(page, "Snapshot of slow")
    expect(phase).to_have_text("completed")
    expect(rows).to_contain_text(f"{BIG:,} of")
    history = page.get_by_role("table").last
    for word in ("started", "paused", "resumed", "completed", "outcome: read"):
        expect(history).to_contain_text(word)
    page.get_by_label("Language").select_option("ru")
    for words in ("инкрементальный снимок", "таблица: shop.big", f"строк: {BIG}", "итог: прочитана"):
        expect(history).to_contain_text(words)
    assert not re.search(r"Snapshot|SUCCEEDED|scanned", history.inner_text())


def test_an_event_shows_what_was_before_and_after_and_masks_stay(page: Page, made: Scene) -> None:
    made.primary.execute("UPDATE shop.orders SET status = 'shipped' WHERE id = 1")
    made.primary.execute("UPDATE shop.customers SET email = 'new@example.org' WHERE id = 1")
    go(page, made, "events")
    page.get_by_label("Table").fill("shop.orders")
    page.keyboard.press("Tab")
    event = page.locator(".events > li").first
    expect(event).to_contain_text("status: new → shipped")
    event.locator("summary").first.press("Enter")
    changed = event.locator("tr.changed", has_text="status")
    expect(changed.locator(".before")).to_have_text("new")
    expect(changed.locator(".after")).to_have_text("shipped")
    expect(event.locator("tr", has_text="total")).not_to_have_class("changed")
    event.get_by_text("The whole record").click()
    expect(event.locator("pre")).to_contain_text('"op": "u"')

    page.get_by_label("Table").fill("shop.customers")
    page.keyboard.press("Tab")
    expect(page.locator(".events > li").first).to_contain_text("shop.customers")
    page.locator(".events > li summary").first.click()
    expect(page.locator(".events > li").first).to_contain_text("********")
    assert "example.org" not in page.content()


def test_a_setting_that_is_broken_is_found_with_its_repair(page: Page, made: Scene) -> None:
    go(page, made, "doctor")
    expect(page.locator(".finding", has_text="binlog.image")).to_have_count(0)
    made.primary.execute("SET GLOBAL binlog_row_image = 'MINIMAL'")
    try:
        page.get_by_role("button", name="Check now").click()
        found = page.locator(".finding.warning", has_text="binlog.image")
        expect(found).to_contain_text("binlog_row_image = MINIMAL")
        expect(found.locator("pre")).to_contain_text("SET PERSIST binlog_row_image = 'FULL';")
    finally:
        made.primary.execute("SET GLOBAL binlog_row_image = 'FULL'")


def test_the_topology_shows_servers_connectors_and_who_has_what(page: Page, made: Scene) -> None:
    go(page, made, "topology")
    primary, replica = (f"{each.host}:{each.port}" for each in (made.primary, made.replica))
    cards = page.locator(".tree .card")
    expect(cards.filter(has_text="replica")).to_contain_text(f"follows {primary}")
    expect(page.locator(".tree > li > .card")).to_contain_text(primary)
    for name in ("shop", "copy"):
        expect(page.locator(".tree").get_by_role("link", name=name, exact=True)).to_be_visible()
    # A bar for each server and connector, of the transactions that the primary wrote.
    picture = page.locator(".gtids").first
    expect(picture).to_contain_text(f"written by {primary}")
    assert [row.inner_text() for row in picture.locator(".who").all()] == [primary, replica, "copy", "shop"]
    expect(picture.locator("svg").first).to_have_attribute("aria-label", re.compile(f"{primary}: has 1\u2013"))


def test_a_replica_that_lags_is_drawn(page: Page, made: Scene) -> None:
    made.replica.execute("STOP REPLICA SQL_THREAD")
    try:
        made.primary.execute("UPDATE shop.orders SET total = total + 1")
        go(page, made, "topology")
        replica = page.locator(".card", has_text=f"{made.replica.host}:{made.replica.port}").filter(has_text="replica")
        expect(replica).to_contain_text("down")
        expect(replica).to_contain_text(re.compile(r"lacks \d+ GTIDs"))
        expect(page.locator("rect.late").first).to_be_attached()
    finally:
        made.replica.execute("START REPLICA")


def test_without_prometheus_alerts_are_judged_by_the_workers_figures(page: Page, made: Scene) -> None:
    made.client.ask("PUT", "/connectors/copy/stop")
    try:
        go(page, made, "alerts")
        expect(page.locator("main .note")).to_contain_text("console.prometheus.url")
        held = page.locator(".finding", has_text="CdcConnectorStopped")
        expect(held).to_contain_text("copy")
        held.get_by_text("What it means, and what to do").click()
        expect(held).to_contain_text("tailrace connector")
    finally:
        made.client.ask("PUT", "/connectors/copy/resume")
        made.client.await_state("copy", "RUNNING", "RUNNING")


def test_a_failover_is_planned_and_shown_and_not_done(page: Page, made: Scene) -> None:
    go(page, made, "failover")
    page.get_by_text("Endpoint, accounts").click()
    page.get_by_label("Administrator").fill(made.primary.admin.user)
    page.get_by_label("Password").fill(made.primary.admin.password)
    page.get_by_role("button", name="Make a plan").click()
    expect(page.locator("#plan")).to_have_text(re.compile(r"Switchover: \d+ steps"))
    expect(page.locator(".steps > li").first).to_contain_text("stop-shop")
    expect(page.locator(".steps .no-return")).to_contain_text("The point of no return")
    expect(page.get_by_role("group", name="Carry it out")).to_contain_text("tailrace failover run")
    assert made.client.state("shop") == ("RUNNING", "RUNNING")
    # To a server that lacks what was captured: refused.
    page.get_by_label("Source of today").fill(f"{made.replica.host}:{made.replica.port}")
    page.get_by_label("Candidate").fill(f"{made.primary.host}:{made.primary.port}")
    page.get_by_role("button", name="Make a plan").click()
    expect(page.locator("#plan")).to_have_text("Refused")


def test_a_configuration_is_written_checked_and_saved(page: Page, made: Scene) -> None:
    go(page, made, "config")
    text = page.get_by_label("As JSON")
    expect(text).to_have_value(re.compile('"database.password": "\\*{8}"'))
    page.get_by_label("Property").fill("table.include.lst")
    page.get_by_label("Value").fill("shop.orders")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("main .problem")).to_contain_text("did you mean table.include.list?")
    page.get_by_role("button", name="Undo").click()
    page.get_by_label("heartbeat.interval.ms").or_(page.get_by_label("Property")).first.fill("heartbeat.interval.ms")
    page.get_by_label("Value").fill("4000")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Save").click()
    done(page, "Change the configuration of shop")
    assert made.client.ask("GET", "/connectors/shop/config").body["heartbeat.interval.ms"] == "4000"


def test_nothing_is_asked_of_another_site(page: Page, made: Scene) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for view in VIEWS:
        go(page, made, view)
    assert len(asked) > len(VIEWS)
    assert [url for url in asked if not url.startswith((made.client.url, "data:"))] == []


def test_a_hidden_page_asks_nothing(page: Page, made: Scene) -> None:
    page.clock.install()
    go(page, made, "fleet")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    # What was under way may come in.
    page.clock.run_for(10_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(120_000)
    assert asked == []
    with page.expect_request("**/console/api/fleet"):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")


def test_who_may_only_read_has_no_buttons(chromium: Browser, tmp_path: Any) -> None:
    with served(tmp_path, basic=USERS) as client:
        for page in _opened(chromium):
            page.goto(f"{client.url}/console/")
            expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
            page.get_by_label("User").fill("reader")
            page.get_by_label("Password or token").fill("wrong")
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("alert")).to_contain_text("does not know")
            page.get_by_label("Password or token").fill("reading")
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator("footer")).to_contain_text("reader, may read only")
            expect(page.get_by_role("link", name="a", exact=True)).to_be_visible()
            for view in ("#/", "#/connectors/a", "#/connectors/a/snapshot", "#/connectors/a/config", "#/failover"):
                page.goto(f"{client.url}/console/{view}")
                expect(page.locator("main h1")).to_be_visible()
                expect(page.locator("main [aria-busy=true]")).to_have_count(0)
                names = [button.inner_text() for button in page.locator("main button").all()]
                assert names == [], view
            page.goto(f"{client.url}/console/#/connectors/a/events")
            expect(page.locator("main .note").last).to_contain_text("only operators")
            refused = page.evaluate(
                "fetch('/connectors/a/resume', { method: 'PUT', headers: {"
                " Authorization: sessionStorage.getItem('tailrace.authorization') } }).then((answer) => answer.status)"
            )
            assert refused == 403
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_worker_that_is_away_is_told_and_taken_up_again(chromium: Browser, tmp_path: Any) -> None:
    for page in _opened(chromium):
        with served(tmp_path) as client:
            page.goto(f"{client.url}/console/")
            expect(page.get_by_role("link", name="a", exact=True)).to_be_visible()
        expect(page.locator(".away")).to_contain_text("does not answer")
        # What was known stays, and is said to be old.
        expect(page.get_by_role("link", name="a", exact=True)).to_be_visible()
        expect(page.locator("main")).to_contain_text("Not fresh")


def test_language_and_colours_are_chosen_and_kept(page: Page, made: Scene) -> None:
    go(page, made, "fleet")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_label("Colours").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.get_by_label("Language").select_option("ru")
    expect(page.get_by_role("heading", level=1)).to_have_text("Коннекторы")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Коннекторы")
    assert page.evaluate("document.documentElement.lang") == "ru"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_words_of_the_worker_that_are_known_are_in_the_language_of_the_page(chromium: Browser, made: Scene) -> None:
    made.client.ask("PUT", "/connectors/copy/pause")
    made.client.await_state("copy", "PAUSED", "PAUSED")
    for page in _opened(chromium, locale="ru-RU"):
        go(page, made, "alerts")
        expect(page.locator(".finding", has_text="CdcConnectorStopped").locator("p").first).to_have_text("на паузе")
        page.goto(f"{made.url}#/connectors/copy")
        page.get_by_role("button", name="Возобновить", exact=True).click()
        told = page.locator(".activity li").first
        expect(told).to_contain_text("готово")
        expect(told).to_contain_text("работает, задача: работает")
        assert "RUNNING" not in told.inner_text()


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en-GB"), ("dark", "ru-RU")])
def test_no_view_keeps_anybody_out(chromium: Browser, made: Scene, scheme: str, locale: str) -> None:
    for page in _opened(chromium, color_scheme=scheme, locale=locale):
        for view in VIEWS:
            go(page, made, view)
            if view == "events":
                page.locator(".events summary").first.click()
            if view == "failover":
                page.locator("main button.first").click()
                expect(page.locator("#plan")).to_be_visible()
            closed = "main details:not(.events details)"
            page.evaluate(f"for (const each of document.querySelectorAll('{closed}')) each.open = true")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{view}: {found.generate_report()}"


def test_on_a_telephone_no_page_moves_sideways(chromium: Browser, made: Scene) -> None:
    telephone = {"width": 390, "height": 800}
    for page in _opened(chromium, viewport=telephone, locale="ru-RU", has_touch=True):
        for view in VIEWS:
            go(page, made, view)
            if view == "failover":
                page.locator("main button.first").click()
                expect(page.locator("#plan")).to_be_visible()
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= telephone["width"], view
