"""Facts and checks in, outcomes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts, NotRead
from tailrace.ops.doctor.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one check that applied."""

    check: Check
    findings: tuple[Finding, ...] = ()
    unread: str = ""
    """Why it could not look."""

    @property
    def is_fine(self) -> bool:
        """It looked, and found nothing."""
        return not self.findings and not self.unread


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of all checks."""

    outcomes: tuple[Outcome, ...]
    skipped: tuple[Check, ...]
    """What they need was not asked for."""

    @property
    def has_problem(self) -> bool:
        """A finding above info, or a check that could not look: nothing passes unseen."""
        return any(
            outcome.unread or any(finding.severity is not Severity.INFO for finding in outcome.findings)
            for outcome in self.outcomes
        )


def judge(facts: Facts, checks: Iterable[Check]) -> Judgement:
    """Runs those that apply."""
    outcomes, skipped = [], []
    for check in checks:
        if facts.profile not in check.profiles:
            continue
        if not _has(facts, check.needs):
            skipped.append(check)
            continue
        try:
            outcomes.append(Outcome(check, tuple(check.look(facts))))
        except NotRead as because:
            outcomes.append(Outcome(check, unread=str(because)))
    return Judgement(tuple(outcomes), tuple(skipped))


def _has(facts: Facts, need: Need) -> bool:
    match need:
        case Need.CONNECTOR:
            return facts.connector is not None
        case Need.REPLICA:
            return bool(facts.replicas)
        case Need.CLUSTER:
            return bool(facts.clusters)
        case Need.KAFKA:
            return facts.connector is not None and facts.kafka is not None
        case _:
            return True
