"""How `tailrace failover` shows facts, plans, steps and findings."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from tailrace.cli import show as shown
from tailrace.ops.aws.rds import name_of
from tailrace.ops.failover.plan import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailrace.ops.failover.aurora.facts import AuroraFacts
    from tailrace.ops.failover.execute import Told
    from tailrace.ops.failover.facts import Connector, Facts, Member
    from tailrace.ops.failover.step import Plan
    from tailrace.ops.failover.verify import Finding

COLOURS = {"done": "green", "failed": "bold red", "undone": "yellow", "skipped": "dim"}
SEVERITIES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def show_facts(facts: Facts) -> None:
    """Side by side: the same GTIDs, at another file and position on each server."""
    servers = [*facts.members, *([facts.endpoint] if facts.endpoint else [])]
    _show_members(servers)
    _show_connectors(facts.connectors)


def show_aurora(facts: AuroraFacts) -> None:
    """The cluster as AWS describes it, and its instances side by side, as each shows itself."""
    for cluster in (facts.cluster, *([facts.target] if facts.target else [])):
        click.echo(f"cluster {cluster.name} ({cluster.region}): {cluster.status}, {cluster.engine} {cluster.version}")
        click.echo(f"  endpoint {cluster.address}, readers {cluster.reader_address}")
        for one in cluster.instances:
            role = "writer" if one.is_writer and cluster is facts.cluster else "reader"
            click.echo(f"  {one.name}: {role}, {one.status}, tier {one.tier}, parameters {one.parameters}")
        settings = ", ".join(f"{name}={value}" for name, value in cluster.parameters) or "nothing of what matters here"
        click.echo(f"  parameter group {cluster.parameter_group} sets {settings}")
    if facts.whole:
        primary = name_of(facts.whole.primary)
        click.echo(f"global database {facts.whole.name}: {facts.whole.status}, its primary is {primary}")
    enhanced = "on" if facts.enhanced_binlog else "off"
    click.echo(f"enhanced binlog {enhanced}, binlog retention hours {facts.retention_hours or 'not set'}\n")
    servers = [replace(facts.source, name="endpoint"), *facts.instances]
    _show_members([*servers, *(replace(one, name="endpoint") for one in (facts.candidate, facts.endpoint) if one)])
    _show_connectors(facts.connectors)


def _show_members(servers: Sequence[Member]) -> None:
    heads = ["", *(f"{member.name} {member.address}" for member in servers)]
    rows = [
        ["state", *(_state(member) for member in servers)],
        ["server_uuid", *(member.uuid for member in servers)],
        ["file:position", *(f"{member.file}:{member.position}" if member.file else "" for member in servers)],
        ["gtid_executed", *(member.executed for member in servers)],
        ["gtid_purged", *(member.purged for member in servers)],
    ]
    shown.table(shown.columns(heads, rows))


def _show_connectors(connectors: Sequence[Connector]) -> None:
    for connector in connectors:
        click.echo(f"\nconnector {connector.label}: {connector.state}, at {connector.address}")
        click.echo(f"  offset {connector.place or 'none yet'}  {connector.gtids}")
    click.echo()


def _state(member: Member) -> str:
    if not member.is_reachable:
        return "not reached"
    writes = "super_read_only" if member.super_read_only else "read_only" if member.read_only else "takes writes"
    if member.following is None:
        return writes
    works = member.following.receiving and member.following.applying
    return f"{writes}, follows {member.following.host}:{member.following.port}{'' if works else ' (stopped)'}"


def show_plan(found: Plan | Refused) -> None:
    """The steps with their checks, or why there are none."""
    if isinstance(found, Refused):
        for reason in found.reasons:
            click.secho(f"refused: {reason.words}", fg="red")
            if reason.gtids:
                click.echo(f"  GTIDs: {reason.gtids}")
            click.echo(f"  try:   {reason.hint}")
        return
    click.echo(f"{found.kind}, {len(found.steps)} steps:")
    for number, step in enumerate(found.steps, start=1):
        click.echo(f"{number:3} {step.name:<24} {step.title}")
        for check in (*step.before, *step.after):
            click.echo(f"{'':28} ✓ {check.words}")
        if step.no_return:
            click.secho(f"{'':28} the point of no return", bold=True)
    for warning in found.warnings:
        click.secho(f"mind: {warning}", fg="yellow")
    click.echo()


def show_told(news: Told) -> None:
    """What became of a step, and the evidence."""
    state = click.style(f"{news.state:<8}", **_style(COLOURS[news.state]))
    click.echo(f"{state} {news.step.name:<24} {f'{news.seconds:.1f} s' if news.seconds else '':<7} {news.step.title}")
    for line in news.evidence:
        click.echo(f"{'':9}· {line}")


def _style(words: str) -> dict[str, Any]:
    colour = words.rpartition(" ")[2]
    return {"bold": "bold" in words, **({"dim": True} if colour == "dim" else {"fg": colour})}


def finding_row(finding: Finding) -> tuple[Any, ...]:
    """A row of the table of findings."""
    return Text(finding.severity.value, SEVERITIES[finding.severity.value]), finding.check, finding.evidence


def plan_document(found: Plan | Refused) -> dict[str, Any]:
    """For programs."""
    if isinstance(found, Refused):
        return {"refused": [asdict(reason) for reason in found.reasons]}
    return {"plan": found.to_json()}


def told_document(news: Told) -> dict[str, Any]:
    """For programs."""
    return {
        "step": news.step.name,
        "state": news.state,
        "seconds": round(news.seconds, 3),
        "evidence": list(news.evidence),
    }
