"""The console's files: what is vendored is what was pinned, nothing comes from elsewhere, nothing else is served."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from tailrace.ui.pages import HEADERS, ROOT, TYPES, page

PROJECT = Path(__file__).parents[3]


def test_vendored_files_are_those_that_were_pinned_and_keep_their_licences() -> None:
    spec = importlib.util.spec_from_file_location("vendor", PROJECT / "tools/vendor.py")
    assert spec is not None
    assert spec.loader is not None
    vendor = importlib.util.module_from_spec(spec)
    sys.modules["vendor"] = vendor
    spec.loader.exec_module(vendor)
    assert [difference for library in vendor.LIBRARIES for difference in vendor.differences(library)] == []
    pinned = {vendor.VENDOR / each.name / path for each in vendor.LIBRARIES for path in each.files}
    assert {file for file in vendor.VENDOR.rglob("*") if file.is_file()} == pinned
    assert all("LICENSE" in each.files for each in vendor.LIBRARIES)


def test_no_page_names_another_site() -> None:
    own = [file for file in ROOT.rglob("*") if file.is_file() and "vendor" not in file.parts]
    named = {
        (file.name, url) for file in own for url in re.findall(r"(?:https?:)?//[\w.-]+\.\w+", file.read_text("utf-8"))
    }
    # The name of SVG's language is no address that is asked.
    assert {each for each in named if "www.w3.org" not in each[1]} == set()


def test_pages_load_nothing_from_elsewhere_and_run_no_text() -> None:
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in HEADERS["content-security-policy"]
    found = page("/console/")
    assert found is not None
    assert found.headers == HEADERS
    # What such a policy forbids would be noticed late.
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son[a-z]+=", found.content.decode())


def test_each_file_is_served_as_what_it_is() -> None:
    for file in ROOT.rglob("*"):
        if file.is_file() and file.suffix:
            found = page(f"/console/{file.relative_to(ROOT).as_posix()}")
            assert found is not None, file
            assert found.media_type == TYPES[file.suffix]


@pytest.mark.parametrize(
    "path",
    [
        "/console/../console.py",
        "/console/%2e%2e/console.py",
        "/console//etc/passwd",
        "/console/js/../../console.py",
        "/console/js",
        "/console/js/",
        "/console/nothing.js",
        "/console/api/session",
        "/consoles/",
        "/",
    ],
)
def test_nothing_else_is_a_page(path: str) -> None:
    assert page(path) is None
