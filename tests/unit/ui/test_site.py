"""The site's files as a worker serves them: those that are there, none from beside its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailrace.ui.site import site_page
from tailrace.worker.settings import read_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "ru/lessons").mkdir(parents=True)
    (site / "index.html").write_text("entry")
    (site / "ru/lessons/10-lag.html").write_text("урок")
    (site / "ru/objects.inv").write_text("nobody asks for it")
    (tmp_path / "secret.html").write_text("secret")
    return site


def test_pages_are_found_by_their_path(folder: Path) -> None:
    entry, lesson = site_page("/site/", folder), site_page("/site/ru/lessons/10-lag.html", folder)
    assert entry is not None
    assert entry.content == b"entry"
    assert lesson is not None
    assert lesson.content.decode() == "урок"
    assert "script-src" not in lesson.headers["content-security-policy"]


def test_the_bare_path_leads_to_the_entry(folder: Path) -> None:
    found = site_page("/site", folder)
    assert found is not None
    assert (found.status, found.headers["location"]) == (307, "/site/")


@pytest.mark.parametrize(
    "path",
    [
        "/site/../secret.html",
        "/site/%2e%2e/secret.html",
        "/site/..%2fsecret.html",
        "/site//etc/passwd",
        "/site/ru",
        "/site/ru/objects.inv",
        "/site/none.html",
        "/connectors",
    ],
)
def test_nothing_else_is_served(folder: Path, path: str) -> None:
    assert site_page(path, folder) is None


def test_a_name_that_no_file_can_have_is_no_error(folder: Path) -> None:
    assert site_page("/site/%00.html", folder) is None


def test_its_folder_is_a_property_of_the_worker(folder: Path) -> None:
    assert read_settings({"console.site.folder": str(folder)}).site == folder
    assert read_settings({}).site is None
