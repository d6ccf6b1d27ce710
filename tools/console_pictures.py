"""Pictures of the console over a lab with every kind of trouble, to be looked at; and those of the documentation.

    python tools/console_pictures.py FOLDER            # each view, 1280 and 390 wide, light and dark, both languages
    python tools/console_pictures.py --docs            # docs/images/console-*.png

Servers, connectors and browser are those of tests/ui; nothing is left running.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "tests"))

from support.console import Scene, browser, scene  # noqa: E402 - the tests are no package
from tailrace.lab.process import await_condition  # noqa: E402 - after the path
from tailrace.lab.workload import Workload  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

VIEWS = {
    "fleet": "#/",
    "overview": "#/connectors/shop",
    "lag": "#/connectors/copy/lag",
    "snapshot": "#/connectors/warehouse/snapshot",
    "events": "#/connectors/shop/events",
    "doctor": "#/connectors/shop/doctor",
    "config": "#/connectors/shop/config",
    "new": "#/new",
    "topology": "#/topology",
    "alerts": "#/alerts",
    "failover": "#/failover",
    "failed": "#/connectors/billing",
}


class Look(NamedTuple):
    """Of one browser."""

    width: int
    theme: str
    language: str
    whole: bool = True
    """The page, and not only what one sees without moving."""


LOOKS = [
    Look(width, theme, language) for width in (1280, 390) for theme in ("light", "dark") for language in ("en", "ru")
]
DOCS = {
    "fleet": Look(1280, "light", "en", whole=False),
    "topology": Look(1280, "dark", "en"),
    "events": Look(1280, "light", "ru", whole=False),
}
SNAPSHOT = {"type": "execute-snapshot", "data": {"data-collections": ["shop\\.big"], "type": "INCREMENTAL"}}
LATE_SECONDS = 65
COURSE_SECONDS = 85.0
"""For which the charts have something to show."""


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Pictures of the console.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--view", action="append", choices=list(VIEWS), help="only these")
    given = parser.parse_args()
    if not given.docs and given.folder is None:
        parser.error("where to? FOLDER, or --docs")
    with tempfile.TemporaryDirectory() as scratch, scene(Path(scratch)) as made:
        ending = threading.Event()
        writing = threading.Thread(target=_write, args=(made, ending))
        writing.start()
        try:
            _trouble(made)
            time.sleep(COURSE_SECONDS)
            made.client.ask("POST", "/tailrace/connectors/warehouse/signals", SNAPSHOT)
            if given.docs:
                for view, look in DOCS.items():
                    _take(made, [view], look, lambda view: PROJECT / f"docs/images/console-{view}.png")
            else:
                for look in LOOKS:
                    end = f"{look.width}-{look.theme}-{look.language}"
                    _take(
                        made, given.view or list(VIEWS), look, lambda view, end=end: given.folder / f"{view}-{end}.png"
                    )
        finally:
            ending.set()
            writing.join()


def _write(made: Scene, ending: threading.Event) -> None:
    workload = Workload(made.primary.admin_dsn, 60, database="orders", ddl_every=0)
    workload.run(ending)


def _trouble(made: Scene) -> None:
    """One that fails, one that rests, one that is late, one that takes a snapshot."""
    everything = {"database__include__list": "shop,orders", "snapshot__mode": "no_data"}
    for name in ("shop", "copy"):
        made.client.ask("PATCH", f"/connectors/{name}/config", {"database.include.list": "shop,orders"})
    made.create("billing", made.primary, 803, **everything)
    made.create("archive", made.primary, 804, **everything)
    made.create("warehouse", made.primary, 805, incremental__snapshot__chunk__size=1, **everything)
    for name in ("billing", "archive", "warehouse"):
        made.client.await_state(name, "RUNNING", "RUNNING")
        assert await_condition(lambda name=name: made.captured(name), 30, every=0.1)
    made.client.ask("PUT", "/connectors/archive/pause")
    made.client.ask("PUT", "/connectors/billing/stop")
    made.client.await_state("billing", "STOPPED", None)
    made.primary.execute("FLUSH BINARY LOGS")
    made.primary.execute("PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY")
    made.client.ask("PUT", "/connectors/billing/resume")
    made.client.await_state("billing", "RUNNING", "FAILED")
    for statement in (
        "STOP REPLICA SQL_THREAD",
        f"CHANGE REPLICATION SOURCE TO SOURCE_DELAY = {LATE_SECONDS}",
        "START REPLICA SQL_THREAD",
    ):
        made.replica.execute(statement)


def _take(made: Scene, views: list[str], look: Look, file: Callable[[str], Path]) -> None:
    with browser() as chromium:
        context = chromium.new_context(
            viewport={"width": look.width, "height": 800},
            color_scheme=look.theme,
            locale="ru-RU" if look.language == "ru" else "en-GB",
        )
        page = context.new_page()
        for view in views:
            page.goto(made.url + VIEWS[view])
            page.locator("footer").wait_for()
            page.locator("main [aria-busy=true]").wait_for(state="detached")
            # What is asked for again is there by then.
            page.wait_for_timeout(2500 if view == "fleet" else 500)
            _open(page, view)
            file(view).parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=file(view), full_page=look.whole)
            print(file(view))
        context.close()


def _open(page: Page, view: str) -> None:
    """What is closed, and worth seeing."""
    if view == "events":
        page.locator(".events summary", has=page.locator(".op-u")).first.click()
        page.locator(".diff").wait_for()
    if view == "failover":
        page.locator("main button.first").click()
        page.locator("#plan").wait_for()


if __name__ == "__main__":
    main()
