"""The user's commands: their exit code counts, and none outlives its time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tailrace.config import Password, SourceConfig
from tailrace.errors import FailoverError
from tailrace.lab.ports import free_port
from tailrace.ops.connect import Connect
from tailrace.ops.failover.hands import Hands
from tailrace.ops.failover.step import Aws, Fenced, Holds, Rest, Shell, WriterIs
from tailrace.ops.http import Access, Answer

AWAY = Hands({"source": SourceConfig("127.0.0.1", free_port(), "root", Password("secret"), 1)})


def test_a_command_that_fails_says_why() -> None:
    AWAY.act(Shell("true"), {}, 5)
    with pytest.raises(FailoverError, match=r"exits with 3: no power switch"):
        AWAY.act(Shell("echo no power switch >&2; exit 3"), {}, 5)


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started() -> None:
    with pytest.raises(FailoverError, match="longer"):
        AWAY.act(Shell("sleep 600 & sleep 600"), {}, 0.1)


def test_a_server_that_is_away_is_fenced_and_nothing_else_holds_of_it() -> None:
    assert AWAY.judge(Fenced("source", "fenced"), {}).holds
    verdict = AWAY.judge(Holds("source", "SELECT 1", "1", "one"), {})
    assert not verdict.holds
    assert "secret" not in verdict.found


def test_a_step_is_asked_of_its_own_worker_and_of_no_other() -> None:
    asked = []

    def ask(access: Access, method: str, path: str, body: object = None, *, seconds: float = 0.0) -> Answer:
        del body, seconds
        asked.append(f"{method} {access.url}{path}")
        return Answer(204, b"")

    workers = [Connect(Access(url), ask=ask) for url in ("http://one:8083", "http://two:8083")]
    hands = replace(AWAY, workers=workers)
    hands.act(Rest("PUT", "/connectors/shop/stop", worker="http://two:8083"), {}, 5)
    assert asked == ["PUT http://two:8083/connectors/shop/stop"]
    with pytest.raises(FailoverError, match="--url http://three:8083"):
        hands.act(Rest("PUT", "/connectors/shop/stop", worker="http://three:8083"), {}, 5)


def test_a_name_that_leads_elsewhere_once_in_a_while_is_not_steady(monkeypatch: pytest.MonkeyPatch) -> None:
    check = Holds("source", "q", "the writer", "leads to the writer", steady=0.5)
    answers = iter(["the writer", "a reader", *["the writer"] * 20])
    monkeypatch.setattr(Hands, "_value", lambda *_: next(answers))
    verdict = AWAY.judge(check, {})
    assert (verdict.holds, verdict.found) == (False, "a reader")
    assert AWAY.judge(check, {}).holds
    assert len(list(answers)) < 19, "it was asked once only"


def test_a_plan_of_aws_needs_a_cluster() -> None:
    with pytest.raises(FailoverError, match="none was named"):
        AWAY.act(Aws("rds", "failover_db_cluster", "{}"), {}, 5)
    assert not AWAY.judge(WriterIs("shop", "shop-2", "it is"), {}).holds
