"""After a failover that AWS carried out: what went wrong is found, each with its evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.aurora_facts import CLUSTER, ENDPOINT, FAR, MEMBERS, READER, SECOND, WHOLE, WRITER, facts
from support.failover_facts import NEW, OLD
from tailrace.ops.aws.rds import Event
from tailrace.ops.failover.aurora.verify import judge
from tailrace.ops.failover.facts import ENDPOINT as NAME
from tailrace.ops.failover.facts import Member
from tailrace.ops.failover.verify import Severity

if TYPE_CHECKING:
    from tailrace.ops.failover.aurora.facts import AuroraFacts
    from tailrace.ops.failover.verify import Finding

FINAL = f"{OLD}:1-100"
DONE = Event("Completed failover to DB instance: shop-2.", is_failure=False)
FAILED = Event("Promoting previous primary again: shop-1.", is_failure=True)
TURNED = (replace(WRITER, is_writer=False), replace(READER, is_writer=True))
NOW = replace(
    facts(source=replace(ENDPOINT, uuid=NEW, instance="shop-2", executed=f"{OLD}:1-100,{NEW}:1-5"), instances=TURNED),
    instances=(
        replace(MEMBERS[0], read_only=True),
        replace(MEMBERS[1], read_only=False),
    ),
)


def wrong(found: AuroraFacts, *ends: Event) -> list[Finding]:
    return [one for one in judge(found, "shop", ends, FINAL) if one.severity is not Severity.OK]


def test_a_failover_that_went_well_has_no_findings_but_good_ones() -> None:
    assert wrong(NOW, DONE) == []
    assert all(one.evidence for one in judge(NOW, "shop", (DONE,), FINAL))


@pytest.mark.parametrize(
    ("found", "ends", "check", "evidence"),
    [
        (replace(NOW, cluster=replace(NOW.cluster, status="failing-over")), DONE, "AWS says", "failing-over"),
        (
            replace(NOW, cluster=replace(NOW.cluster, instances=(replace(TURNED[0], status="rebooting"), TURNED[1]))),
            DONE,
            "every instance",
            "shop-1 is rebooting",
        ),
        (NOW, FAILED, "RDS tells", "previous primary again"),
        (replace(NOW, source=Member("source", "x:1", error="refused")), DONE, "the writer answers", "refused"),
        (replace(NOW, source=replace(NOW.source, read_only=True)), DONE, "cluster endpoint leads", "is read-only"),
        (replace(NOW, source=replace(NOW.source, instance="shop-1")), DONE, "cluster endpoint leads", "shop-1"),
        (replace(NOW, source=replace(NOW.source, executed=f"{OLD}:1-99")), DONE, "GTIDs go on", f"{OLD}:100"),
        (
            replace(NOW, instances=(replace(MEMBERS[0], read_only=False), *NOW.instances[1:])),
            DONE,
            "nobody else takes writes",
            "shop-1",
        ),
        (replace(NOW, endpoint=Member(NAME, "vip:1", uuid=OLD)), DONE, "endpoint of the connectors", OLD),
        (replace(NOW, whole=WHOLE), DONE, "the other cluster is the primary", CLUSTER.arn),
        (
            replace(NOW, candidate=replace(ENDPOINT, executed=f"{OLD}:1-102", read_only=True)),
            DONE,
            "the old primary has nothing",
            f"{OLD}:101-102",
        ),
        (replace(NOW, candidate=replace(ENDPOINT, read_only=False)), DONE, "endpoint of the old", "takes writes"),
        (
            replace(NOW, connectors=(replace(NOW.connectors[0], address="shop-1.x:3306"),)),
            DONE,
            "calls an address that follows the writer",
            "shop-1.x:3306",
        ),
    ],
)
def test_what_is_wrong_is_a_problem_with_its_evidence(
    found: AuroraFacts, ends: Event, check: str, evidence: str
) -> None:
    (one,) = wrong(found, ends)
    assert one.severity is Severity.PROBLEM
    assert check in one.check
    assert evidence in one.evidence
    assert one.hint


def test_a_global_switchover_that_went_well_is_fine_and_events_that_are_late_are_a_warning() -> None:
    whole = replace(WHOLE, members=((FAR, True), (CLUSTER.arn, False)))
    turned = replace(NOW, cluster=replace(SECOND, instances=TURNED), whole=whole)
    assert [one.severity for one in wrong(turned)] == [Severity.WARNING]


def test_a_member_that_waits_for_a_reboot_is_a_warning() -> None:
    instances = (TURNED[0], replace(TURNED[1], parameters="pending-reboot"))
    (one,) = wrong(replace(NOW, cluster=replace(NOW.cluster, instances=instances)), DONE)
    assert (one.severity, one.lasts) == (Severity.WARNING, True)
