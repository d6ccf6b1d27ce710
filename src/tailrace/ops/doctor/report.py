"""A judgement as people read it, and as one document."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from tailrace.ops.doctor.check import Check, Need
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, How, Repair, Severity
from tailrace.ops.doctor.judge import Judgement

UNREAD = "could not look"
LABEL = 9


class Line(NamedTuple):
    """One line, and what it is of: a severity, `fine`, `quiet` or nothing."""

    text: str
    tone: str = ""


def text(facts: Facts, judgement: Judgement, width: int = 80) -> Iterator[Line]:
    """The worst first. Statements are never folded, so that they can be copied."""
    yield from map(Line, _who(facts))
    for severity in Severity:
        for outcome in judgement.outcomes:
            for finding in (each for each in outcome.findings if each.severity is severity):
                yield Line("")
                yield from _finding(outcome.check, finding, width)
    for outcome in (each for each in judgement.outcomes if each.unread):
        yield Line("")
        yield Line(f"{UNREAD}: {outcome.check.id}", Severity.WARNING)
        yield from _labelled("holds?", outcome.check.title, width)
        yield from _labelled("because", outcome.unread, width)
    yield Line("")
    yield from _fine(judgement, width)
    yield Line(_summary(judgement), "quiet")
    for line in _left_out(judgement):
        yield Line(line, "quiet")


def document(facts: Facts, judgement: Judgement) -> dict[str, Any]:
    """All of it, for a program."""
    return {
        "server": facts.source.where,
        "account": facts.source.account_name,
        "version": facts.source.variable("version"),
        "profile": facts.profile.value,
        "connector": facts.connector.name if facts.connector else None,
        "replicas": [replica.where for replica in facts.replicas],
        "problem": judgement.has_problem,
        "findings": [
            _document(outcome.check, finding) for outcome in judgement.outcomes for finding in outcome.findings
        ],
        "unread": [{"check": each.check.id, "because": each.unread} for each in judgement.outcomes if each.unread],
        "fine": [each.check.id for each in judgement.outcomes if each.is_fine],
        "skipped": [{"check": check.id, "needs": check.needs.value} for check in judgement.skipped],
    }


def _document(check: Check, finding: Finding) -> dict[str, Any]:
    repair = finding.repair
    return {
        "check": check.id,
        "severity": finding.severity.value,
        "message": finding.message,
        "evidence": finding.evidence,
        "where": finding.where or None,
        "repair": repair
        and {
            "how": repair.how.value,
            "statements": list(repair.statements),
            "restart": repair.restart,
            "note": repair.note or None,
            "at": repair.at or None,
        },
    }


def _who(facts: Facts) -> Iterator[str]:
    source = facts.source
    version = source.variable("version")
    yield f"MySQL {version} at {source.where}, {facts.profile.value}, asked as {source.account_name}"
    if facts.connector is not None:
        kind = "Debezium" if facts.connector.is_debezium else "Tailrace"
        yield f"{kind} connector {facts.connector.name}"
    for replica in facts.replicas:
        yield f"replica at {replica.where}"


def _finding(check: Check, finding: Finding, width: int) -> Iterator[Line]:
    place = f" at {finding.where}" if finding.where else ""
    head = f"{finding.severity.value.upper()} {check.id}{place}"
    fits = len(head) + 2 + len(finding.evidence) <= width
    yield Line(f"{head}  {finding.evidence}" if fits else head, finding.severity)
    yield from _wrapped(finding.message, "  ", width)
    if not fits:
        yield from _labelled("found", finding.evidence, width)
    if finding.repair is not None:
        yield from _repair(finding.repair, width)


def _repair(repair: Repair, width: int) -> Iterator[Line]:
    end = ";" if repair.how is How.SQL else ""
    for position, statement in enumerate(repair.statements):
        label = "" if position else "repair"
        yield Line(f"  {label:<{LABEL}}{statement}{end}")
    notes = [f"at {repair.at}"] if repair.at else []
    notes += ["counts when the server is restarted"] if repair.restart else []
    notes += [repair.note] if repair.note else []
    if notes:
        yield from _labelled("", f"({'; '.join(notes)})", width)


def _labelled(label: str, words: str, width: int) -> Iterator[Line]:
    yield from _wrapped(words, f"  {label:<{LABEL}}", width)


def _wrapped(words: str, first: str, width: int) -> Iterator[Line]:
    found = textwrap.wrap(
        words, width, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False
    )
    yield from (Line(line) for line in found)


def _fine(judgement: Judgement, width: int) -> Iterator[Line]:
    groups: dict[str, list[str]] = {}
    for outcome in judgement.outcomes:
        if outcome.is_fine:
            groups.setdefault(outcome.check.group, []).append(outcome.check.id.partition(".")[2])
    if groups:
        yield Line("fine", "fine")
    for group, names in groups.items():
        yield from _wrapped(", ".join(names), f"  {group:<{LABEL + 2}}", width)


def _summary(judgement: Judgement) -> str:
    counts = Counter(finding.severity for outcome in judgement.outcomes for finding in outcome.findings)
    fine = sum(outcome.is_fine for outcome in judgement.outcomes)
    unread = sum(bool(outcome.unread) for outcome in judgement.outcomes)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}
    parts = [f"{fine} fine"]
    parts += [f"{counts[each]} {word}{'s' * (counts[each] > 1)}" for each, word in words.items() if counts[each]]
    parts += [f"{unread} could not look"] if unread else []
    return f"{len(judgement.outcomes)} checks: {', '.join(parts)}"


def _left_out(judgement: Judgement) -> Iterator[str]:
    counts = Counter(check.needs for check in judgement.skipped)
    # Those of Kafka come with a connector that uses it; nobody need be told before there is one.
    asked = [f"{counts[need]} more with {need.value}" for need in (Need.CONNECTOR, Need.REPLICA) if counts[need]]
    if asked:
        yield ", ".join(asked)
    elif counts[Need.KAFKA]:
        yield f"{counts[Need.KAFKA]} of Kafka left out: the connector uses none"
