"""Facts → plan: what must be refused is, with its GTIDs; and the order of what is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from support.failover_facts import AWAY, FOLLOWING, NEW, OLD, PRIMARY, REPLICA, SHOP, THIRD, facts
from tailrace.ops.failover.facts import ENDPOINT, Facts, Member
from tailrace.ops.failover.plan import Refused, Wish, make_plan
from tailrace.ops.failover.step import ConnectorIs, Plan, RememberOffset, Rest, Sql

if TYPE_CHECKING:
    from tailrace.ops.failover.step import Step

PLANNED = Wish()
DEAD = Wish(dead=True, fence_command="true")


def refused(found: Facts, wish: Wish = PLANNED) -> list[tuple[str, str]]:
    made = make_plan(found, wish)
    assert isinstance(made, Refused), "there is a plan"
    assert all(reason.hint for reason in made.reasons)
    return [(reason.words, reason.gtids) for reason in made.reasons]


def planned(found: Facts, wish: Wish = PLANNED) -> Plan:
    made = make_plan(found, wish)
    assert isinstance(made, Plan), made
    return made


def names(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def step(plan: Plan, name: str) -> Step:
    return next(one for one in plan.steps if one.name == name)


def test_a_switchover_fences_before_it_reads_the_last_gtid_and_promotes_after_all_is_compared() -> None:
    plan = planned(facts(), Wish(replication_user="repl"))
    assert names(plan) == [
        "stop-shop",
        "catch-up",
        "fence",
        "drain",
        "compare-shop",
        "detach",
        "promote",
        "resume-shop",
        "follow-source",
    ]
    assert [one.name for one in plan.steps if one.no_return] == ["promote"]
    # All that changes something before the point of no return can be taken back.
    before = plan.steps[: names(plan).index("promote")]
    changing = [one for one in before if any(isinstance(action, Sql) or "Rest" in str(action) for action in one.act)]
    assert all(one.undo for one in changing)


def test_connectors_of_one_name_on_two_workers_are_two_in_one_plan() -> None:
    at = ("http://one:8083", "one:8083"), ("http://two:8083/connect", "two:8083/connect")
    both = tuple(replace(SHOP, worker=url, at=place) for url, place in at)
    plan = planned(replace(facts(), connectors=both))
    assert plan.workers == tuple(url for url, _ in at)
    assert len(set(names(plan))) == len(plan.steps)
    for url, place in at:
        assert place in step(plan, f"stop-shop@{place}").title
        for name in ("stop", "resume"):
            asked = step(plan, f"{name}-shop@{place}")
            assert {action.worker for action in (*asked.act, *asked.undo) if isinstance(action, Rest)} == {url}
            assert [check.worker for check in asked.after if isinstance(check, ConnectorIs)] == [url]
    # Each is compared by what it has itself captured.
    remembered = [one.name for each in plan.steps for one in each.act if isinstance(one, RememberOffset)]
    assert len(remembered) == len(set(remembered)) == 4
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_dead_primary_is_compared_before_the_fence_that_cannot_be_undone() -> None:
    plan = planned(facts(AWAY), DEAD)
    order = names(plan)
    assert order.index("stop-shop") < order.index("compare-shop") < order.index("fence") < order.index("promote")
    assert "catch-up" not in order
    assert any("lost to the new primary" in warning for warning in plan.warnings)


@pytest.mark.parametrize(
    ("found", "wish", "words", "gtids"),
    [
        (facts(AWAY), PLANNED, "cannot be asked", ""),
        (facts(AWAY), Wish(dead=True), "nobody can be sure", ""),
        (facts(), DEAD, "not dead", ""),
        (facts(replace(PRIMARY, read_only=True)), PLANNED, "read-only already", ""),
        (facts(error="refused"), PLANNED, "candidate cannot be asked", ""),
        (facts(following=None), PLANNED, "no replica", ""),
        (facts(following=replace(FOLLOWING, source_uuid=THIRD)), PLANNED, "follows another", ""),
        (facts(following=replace(FOLLOWING, applying=False, error="1062")), PLANNED, "applies nothing: 1062", ""),
        (facts(following=replace(FOLLOWING, receiving=False)), PLANNED, "receives nothing", f"{OLD}:100"),
        (facts(has_gtids=False), PLANNED, "gtid_mode", ""),
        (facts(log_replica_updates=False), PLANNED, "does not log", ""),
        (facts(performance_schema=False), PLANNED, "performance_schema", ""),
        (facts(executed=f"{OLD}:1-98,{NEW}:1-2"), PLANNED, "of its own", f"{NEW}:1-2"),
        (facts(executed=f"{OLD}:1-98,{NEW}:1-2"), DEAD, "not dead", ""),
        (facts(AWAY, executed=f"{OLD}:1-98,{NEW}:1-2"), DEAD, "of its own", f"{NEW}:1-2"),
        (facts(connector=replace(SHOP, gtids="")), PLANNED, "without GTIDs", ""),
        (facts(connector=replace(SHOP, gtids=f"{OLD}:1-101")), PLANNED, "the source lacks", f"{OLD}:101"),
        (facts(AWAY, connector=replace(SHOP, gtids=f"{OLD}:1-100")), DEAD, "the candidate lacks", f"{OLD}:100"),
        (
            facts(AWAY, connector=replace(SHOP, gtids=f"{OLD}:1-99", in_transaction=True)),
            DEAD,
            "the candidate lacks",
            f"{OLD}:100",
        ),
        (facts(purged=f"{OLD}:1-98"), PLANNED, "has purged", f"{OLD}:98"),
        (
            facts(AWAY, replicas=(replace(REPLICA, name="replica-1", executed=f"{OLD}:1-100"),)),
            DEAD,
            "replica-1 (new:3306) has transactions",
            f"{OLD}:100",
        ),
    ],
)
def test_what_would_lose_transactions_is_refused_and_names_them(
    found: Facts, wish: Wish, words: str, gtids: str
) -> None:
    assert [told for said, told in refused(found, wish) if words in said] == [gtids]


def test_what_debezium_will_ask_for_again_may_not_be_purged_though_it_has_captured_it() -> None:
    compared = step(planned(facts()), "compare-shop")
    captured, offset = compared.act
    assert (getattr(captured, "source_uuid", ""), getattr(offset, "source_uuid", "")) == (OLD, "")
    purged = next(check for check in compared.after if "gtid_purged" in getattr(check, "query", ""))
    assert "{offset_shop}" in getattr(purged, "query", "")


def test_what_the_candidate_has_received_and_not_yet_applied_is_no_loss() -> None:
    planned(facts(AWAY, connector=replace(SHOP, gtids=f"{OLD}:1-99")), DEAD)


def test_transactions_of_a_former_primary_are_not_errant_when_others_have_them_too() -> None:
    both = f"{OLD}:1-98,{NEW}:1-5"
    other = replace(REPLICA, name="replica-1", uuid=THIRD, executed=both)
    planned(facts(AWAY, replicas=(other,), executed=both), DEAD)


def test_a_connector_with_an_endpoint_keeps_its_configuration() -> None:
    endpoint = Member(ENDPOINT, "vip:3306", uuid=OLD)
    plan = planned(replace(facts(), endpoint=endpoint), Wish(endpoint_command="move-vip"))
    assert names(plan).index("promote") < names(plan).index("endpoint") < names(plan).index("resume-shop")
    assert "PATCH" not in str(plan.to_json())
    assert json.loads(_patch(planned(facts()))) == {"database.hostname": "new", "database.port": "3306"}


def _patch(plan: Plan) -> str:
    body: Any = next(action for action in step(plan, "resume-shop").act if getattr(action, "method", "") == "PATCH")
    return str(body.body)


def test_a_plan_comes_back_from_its_journal_as_it_was() -> None:
    plan = planned(facts(AWAY, replicas=(replace(REPLICA, name="replica-1"),)), DEAD)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_connector_that_would_begin_anew_is_told_of() -> None:
    plan = planned(facts(connector=replace(SHOP, gtids="", place="", address="elsewhere:1")))
    assert "compare-shop" not in names(plan)
    assert any("begins anew" in warning for warning in plan.warnings)
    assert any("elsewhere:1" in warning for warning in plan.warnings)
