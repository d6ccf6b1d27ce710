"""The one table of texts: whole in both languages, and no more than the pages ask for."""

from __future__ import annotations

import json
import re

from tailrace.ui.pages import ROOT

TABLE = json.loads((ROOT / "strings.json").read_text(encoding="utf-8"))
SOURCES = {file.name: file.read_text(encoding="utf-8") for file in ROOT.glob("js/**/*.js")}
CODE = "\n".join(SOURCES.values())
GROUPS = set(re.findall(r'(?:word|badge)\("([a-z]+)"', CODE))
"""Words of the worker's: `word("state", …)` asks for `state.…`."""
SAME = {"GTID", "DDL", "SQL", "tombstone", "heartbeat"}
"""Words that are the same in Russian."""


def asked() -> tuple[set[str], set[str]]:
    """Keys that the pages name whole; and the beginnings of those that they put together."""
    # `"of" ? "a" : "b"` in a call names two.
    whole = set(re.findall(r'\bt\(\s*"([^"]+)"', CODE)) | set(re.findall(r"\bt\(\s*`([^`$]+)`", CODE))
    begun = set(re.findall(r"\bt\(\s*`([^`$]+)\$\{", CODE)) | {f"{group}." for group in GROUPS}
    return whole, begun


def test_each_text_is_there_in_both_languages() -> None:
    assert {key: sorted(texts) for key, texts in TABLE.items() if sorted(texts) != ["en", "ru"]} == {}
    assert [key for key, texts in TABLE.items() if not all(text.strip() for text in texts.values())] == []


def test_russian_is_russian() -> None:
    left = [
        key
        for key, texts in TABLE.items()
        if not re.search(r"[\u0400-\u04ff]", re.sub(r"\{\w+\}", "", texts["ru"]), re.IGNORECASE)
        and re.sub(r"\{\w+\}|[^A-Za-z]", "", texts["ru"])
        and texts["ru"] not in SAME
    ]
    assert left == ["fleet.gap"]


def test_both_languages_have_the_same_places_for_figures() -> None:
    places = {
        key: [sorted(re.findall(r"\{(\w+)\}", texts[each])) for each in ("en", "ru")] for key, texts in TABLE.items()
    }
    assert {key: each for key, each in places.items() if each[0] != each[1]} == {}


def test_no_key_is_missing() -> None:
    whole, begun = asked()
    assert sorted(whole - TABLE.keys()) == []
    assert sorted(each for each in begun if not any(key.startswith(each) for key in TABLE)) == []


def test_no_key_is_idle() -> None:
    whole, begun = asked()
    assert sorted(key for key in TABLE if key not in whole and not key.startswith(tuple(begun))) == []


def test_words_of_the_worker_have_texts() -> None:
    from tailrace.model.notification import INCREMENTAL, INITIAL, SIGNAL
    from tailrace.model.progress import SnapshotPhase, State
    from tailrace.ops.doctor.finding import How, Severity
    from tailrace.ops.lag.hop import Mood
    from tailrace.worker.settings import Role
    from tailrace.worker.state import State as TaskState

    words = {"phase": SnapshotPhase, "severity": Severity, "how": How, "mood": Mood, "role": Role}
    wanted = {f"{group}.{word.value}" for group, enum in words.items() for word in enum}
    wanted |= {f"state.{word.value}" for enum in (State, TaskState) for word in enum}
    wanted |= {f"aggregate.{aggregate}" for aggregate in (INITIAL, INCREMENTAL, SIGNAL)}
    assert sorted(wanted - TABLE.keys()) == []
