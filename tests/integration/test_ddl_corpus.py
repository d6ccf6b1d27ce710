"""The server's own test suite, replayed: after each statement our tables are those of information_schema."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailrace.errors import LabError

if TYPE_CHECKING:
    from types import ModuleType

    from conftest import ServerFactory

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_name("ddl_differences.txt")
"""`file: what differs` of every difference there is, each with its reason above it."""
FILES = 30
"""How many of the 3,516 files a run replays: the same each time, the rest by `tools/ddl_corpus.py measure`."""


def corpus_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ddl_corpus", ROOT / "tools/ddl_corpus.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def known() -> set[str]:
    lines = KNOWN.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


@pytest.mark.timeout(900)
def test_tables_stay_those_of_information_schema_through_the_servers_own_test_suite(
    mysql_server_factory: ServerFactory,
) -> None:
    tool = corpus_tool()
    try:
        files = tool.distinct(tool.load())
    except LabError as error:
        pytest.skip(f"the corpus cannot be had: {error}")
    server = mysql_server_factory("--skip-log-bin", "--gtid-mode=OFF", "--enforce-gtid-consistency=OFF")
    tally = tool.Tally()
    for file, sql in random.Random(FILES).sample(files, FILES):
        tool.replay(server.connect, file, sql, tally)
    assert tally.accepted > FILES
    new = [
        f"{file}: {what}\n    {statement}"
        for file, statement, what in tally.differences
        if f"{file}: {what}" not in known()
    ]
    assert not new, "\n".join(new)
