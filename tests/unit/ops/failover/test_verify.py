"""What went wrong is found, each with its evidence; what is well is not complained of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.failover_facts import AWAY, FOLLOWING, NEW, OLD, PRIMARY, REPLICA, SHOP
from tailrace.ops.failover.facts import ENDPOINT, Connector, Facts, Member, Reader
from tailrace.ops.failover.verify import Finding, Severity, judge_connector, judge_flow, judge_servers

BOTH = f"{OLD}:1-100,{NEW}:1-5"
PROMOTED = replace(
    REPLICA,
    read_only=False,
    super_read_only=False,
    following=None,
    executed=BOTH,
    readers=(Reader("capture", ""), Reader("repl", OLD)),
)
REJOINED = replace(
    PRIMARY, executed=BOTH, read_only=True, super_read_only=True, following=replace(FOLLOWING, source_uuid=NEW)
)
GOING_ON = replace(SHOP, gtids=f"{OLD}:1-100,{NEW}:1-4")


def judged(source: Member = REJOINED, candidate: Member = PROMOTED, connector: Connector = GOING_ON) -> list[Finding]:
    found = Facts(source, candidate, (), (connector,), Member(ENDPOINT, "vip:3306", uuid=candidate.uuid))
    return [*judge_servers(found, f"{OLD}:1-100"), *judge_connector(found, connector)]


def test_a_failover_that_went_well_has_no_findings_but_good_ones() -> None:
    found = judged()
    assert [one for one in found if one.severity is not Severity.OK] == []
    assert all(one.evidence for one in found)


@pytest.mark.parametrize(
    ("parts", "check", "evidence"),
    [
        ({"candidate": replace(PROMOTED, error="refused")}, "the new primary answers", "refused"),
        ({"candidate": replace(PROMOTED, read_only=True)}, "the new primary takes writes", "read_only=1"),
        ({"candidate": replace(PROMOTED, following=FOLLOWING)}, "the new primary follows nobody", "old:3306"),
        ({"candidate": replace(PROMOTED, executed=f"{OLD}:1-99")}, "GTIDs go on at the new primary", f"{OLD}:100"),
        ({"source": replace(REJOINED, super_read_only=False)}, "the old primary takes no writes", "super_read_only=0"),
        (
            {"source": replace(REJOINED, executed=f"{OLD}:1-103,{NEW}:1-6")},
            "the old primary has nothing that the new one lacks",
            f"{OLD}:101-103",
        ),
        (
            {"source": replace(REJOINED, following=replace(FOLLOWING, source_uuid=NEW, receiving=False, error="1236"))},
            "source follows the new primary",
            "1236",
        ),
        (
            {"candidate": replace(PROMOTED, readers=(Reader("repl", OLD),))},
            "shop is connected to the new primary",
            "0 ",
        ),
        ({"connector": replace(GOING_ON, is_running=False, why="denied")}, "shop and its task run", "denied"),
        (
            {"connector": replace(GOING_ON, gtids=f"{OLD}:1-107")},
            "GTIDs of shop go on at the new primary",
            f"{OLD}:101-107",
        ),
        (
            {"candidate": replace(PROMOTED, purged=f"{OLD}:1-100,{NEW}:1-5")},
            "GTIDs of shop go on at the new primary",
            f"{NEW}:5",
        ),
    ],
)
def test_what_is_wrong_is_a_problem_with_its_evidence(parts: dict[str, Member], check: str, evidence: str) -> None:
    found = [one for one in judged(**parts) if one.severity is Severity.PROBLEM]  # type: ignore[arg-type]
    assert check in [one.check for one in found]
    wrong = next(one for one in found if one.check == check)
    assert evidence in wrong.evidence
    assert wrong.hint


def test_a_dead_primary_that_is_still_away_is_a_warning_to_look_again() -> None:
    wrong = [one for one in judged(source=AWAY) if one.severity is not Severity.OK]
    assert [(one.severity, one.lasts) for one in wrong] == [(Severity.WARNING, True)]


def test_an_endpoint_that_leads_to_the_old_primary_is_found() -> None:
    found = judge_servers(Facts(REJOINED, PROMOTED, endpoint=Member(ENDPOINT, "vip:3306", uuid=OLD)), None)
    assert [one.check for one in found if one.severity is Severity.PROBLEM] == ["the endpoint leads to the new primary"]


def test_a_replica_that_has_applied_more_than_the_primary_said_a_moment_ago_has_nothing_of_its_own() -> None:
    assert judged(source=replace(REJOINED, executed=f"{OLD}:1-100,{NEW}:1-9"))[4].severity is Severity.OK


def test_flow_is_told_by_the_offset() -> None:
    assert judge_flow(GOING_ON, SHOP.gtids, f"{OLD}:1-100,{NEW}:1-4", NEW).severity is Severity.OK
    behind = judge_flow(GOING_ON, SHOP.gtids, f"{OLD}:1-100,{NEW}:1-9", NEW)
    assert behind.severity is Severity.WARNING
    inside = replace(GOING_ON, in_transaction=True)
    assert judge_flow(inside, SHOP.gtids, f"{OLD}:1-100,{NEW}:1-5", NEW).severity is Severity.OK
    assert "5 transactions behind; 7 came" in behind.evidence
