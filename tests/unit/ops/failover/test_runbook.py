"""The runbook is bash that means what the plan says, whatever the names in it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.failover_facts import AWAY, REPLICA, SHOP, facts
from tailrace.ops.failover.facts import ENDPOINT, Member
from tailrace.ops.failover.plan import Wish, make_plan
from tailrace.ops.failover.runbook import write_runbook
from tailrace.ops.failover.step import Plan

if TYPE_CHECKING:
    from tailrace.ops.failover.facts import Facts

SHELLCHECK = str(Path(sys.executable).parent / "shellcheck")
EVIL = 'it\'s `id` $(id) "q" \\'


def written(found: Facts, wish: Wish) -> tuple[Plan, str]:
    plan = make_plan(found, wish)
    assert isinstance(plan, Plan)
    return plan, write_runbook(plan)


@pytest.mark.parametrize(
    ("found", "wish"),
    [
        (facts(), Wish(replication_user=EVIL)),
        (
            replace(facts(connector=replace(SHOP, name=EVIL)), endpoint=Member(ENDPOINT, "vip:1")),
            Wish(fence_command=EVIL),
        ),
        (facts(AWAY, replicas=(replace(REPLICA, name="replica-1"),)), Wish(dead=True, fence_command="true")),
        (replace(facts(), connectors=(SHOP, replace(SHOP, worker=f"http://two/{EVIL}", at=f"two/{EVIL}"))), Wish()),
    ],
)
def test_it_is_bash_that_shellcheck_accepts_and_has_every_step(found: Facts, wish: Wish, tmp_path: Path) -> None:
    plan, script = written(found, wish)
    file = tmp_path / "runbook.sh"
    file.write_text(script, encoding="utf-8")
    checked = subprocess.run([SHELLCHECK, "--severity=warning", str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "set -euo pipefail" in script
    for step in plan.steps:
        assert step.title.split("'")[0] in script
        for check in (*step.before, *step.after):
            assert check.words.split("'")[0] in script


def test_sql_reaches_the_client_as_the_plan_has_it_and_no_password_is_on_a_command_line(tmp_path: Path) -> None:
    """Up to the first step's request: `mysql` and `curl` are stand-ins that note what they are given."""
    plan, script = written(facts(), Wish(replication_user="it's me"))
    for name in ("mysql", "curl"):
        tool = tmp_path / name
        tool.write_text(f'#!/bin/bash\nprintf "%s\\n" "{name} $*" "$(cat)" >> "{tmp_path}/log"\n')
        tool.chmod(0o755)
    head = script[: script.index("say 'stop-shop")]
    follow = script[script.index("say 'follow-source") :].splitlines()[1]
    assert follow.startswith("ask source")
    file = tmp_path / "part.sh"
    file.write_text(f"{head}\n{follow}\n")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "LOGIN": "/my.cnf", "REPLICATION_PASSWORD": "a'b\\c$d"}
    done = subprocess.run(["bash", str(file)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    arguments, sql, *_ = (tmp_path / "log").read_text().splitlines()
    assert "a'b" not in arguments
    assert "--defaults-extra-file=/my.cnf" in arguments
    assert "SOURCE_USER = 'it''s me', SOURCE_PASSWORD = 'a''b\\\\c$d'" in sql
    assert plan.steps[-1].name == "follow-source"


def test_it_says_what_is_not_given_before_it_does_anything(tmp_path: Path) -> None:
    _, script = written(facts(), Wish(replication_user="r"))
    file = tmp_path / "runbook.sh"
    file.write_text(script)
    done = subprocess.run(
        ["bash", str(file)], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "SOURCE_LOGIN is not set" in done.stderr


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ('"gtids":"a:1-5:7","event":0,"row":0', "a:1-5:7"),
        ('"gtids":"a:1-5:7,b:3","event":4,"row":1', "a:1-5:7,b:3,a:8"),
        ('"gtids" : "b:1,\\na:9" , "event" : 2', "b:1,a:9,a:10"),
        ('"gtids":"b:1-2","event":2', "b:1-2"),
        ('"pos":4', ""),
    ],
)
def test_an_offset_inside_a_transaction_counts_that_one_too(offset: str, expected: str, tmp_path: Path) -> None:
    _, script = written(facts(), Wish())
    curl = tmp_path / "curl"
    curl.write_text(f'#!/bin/bash\ncat <<\'EOF\'\n{{"offsets":[{{"offset":{{{offset}}}}}]}}\nEOF\n')
    curl.chmod(0o755)
    file = tmp_path / "part.sh"
    file.write_text(script[: script.index("\n# shellcheck disable")] + "\ncaptured http://w/connectors/x a\n")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["bash", str(file)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected
