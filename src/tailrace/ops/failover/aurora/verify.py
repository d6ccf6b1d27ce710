"""Whether a failover that AWS carried out came to a good end: each truth with its evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tailrace._kernel import GtidSet
from tailrace.ops.aws.rds import AVAILABLE, name_of, read_ends
from tailrace.ops.failover.aurora.facts import AuroraFacts, gather_after
from tailrace.ops.failover.aurora.warn import calls_one_instance
from tailrace.ops.failover.facts import Facts, Member
from tailrace.ops.failover.tables import compare
from tailrace.ops.failover.verify import Finding, Severity, finding, watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tailrace.config import SourceConfig
    from tailrace.ops.aws.client import Aws
    from tailrace.ops.aws.rds import Event
    from tailrace.ops.connect import Connect

_MINUTES = 60
"""How far back events are asked for."""


def verify(
    aws: Aws,
    name: str,
    servers: dict[str, SourceConfig],
    values: Mapping[str, str],
    *,
    global_name: str = "",
    target: str = "",
    workers: Sequence[Connect] = (),
    connectors: Sequence[str] = (),
    seconds: float,
) -> list[Finding]:
    """All of it; waits up to `seconds` for what takes its time. `values`: what a run's journal remembers.

    Raises AwsError, WorkerError, AccessDenied.
    """

    def look() -> tuple[Facts, list[Finding]]:
        facts = gather_after(
            aws,
            name,
            servers,
            global_name=global_name,
            target=target,
            workers=workers,
            connectors=connectors,
        )
        ends = read_ends(aws, facts.cluster, _MINUTES)
        # Who reads the binlog is judged as with servers of one's own.
        alike = Facts(facts.source, facts.source, facts.instances, facts.connectors, facts.endpoint)
        return alike, list(judge(facts, name, ends, values.get("final")))

    return watch(look, seconds=seconds)


def compare_tables(facts: AuroraFacts, writer: SourceConfig, tables: Sequence[str], seconds: float) -> list[Finding]:
    """Each with the instances that can be reached and do not write. Raises SourceError."""
    others = {
        one.name: replace(writer, host=one.address.rpartition(":")[0], port=int(one.address.rpartition(":")[2]))
        for one in facts.instances
        if one.is_reachable and one.read_only
    }
    return [found for table in tables for found in compare(writer, others, table, seconds)]


def judge(facts: AuroraFacts, was: str, ends: Sequence[Event], final: str | None) -> Iterator[Finding]:
    """Of AWS and the servers. `was`: the cluster that was the primary; `ends`: of failovers, as RDS tells; `final`:
    GTIDs that the new writer was to have, where a journal tells.
    """
    yield from _aws(facts, was)
    yield _ended(ends)
    yield from _writer(facts, final)
    yield from _others(facts)
    if facts.endpoint:
        end = facts.endpoint
        state = "a reader" if end.read_only else f"server {end.uuid}"
        yield finding(
            "the endpoint of the connectors leads to the writer",
            end.is_reachable and not end.read_only and end.uuid == facts.source.uuid,
            f"{end.address} is {end.error or state}",
            "repair the name or proxy that connectors use",
        )
    elif not facts.whole:
        yield from _addresses(facts)


def _addresses(facts: AuroraFacts) -> Iterator[Finding]:
    host, _, port = facts.cluster.address.rpartition(":")
    for connector in facts.connectors:
        yield finding(
            f"{connector.label} calls an address that follows the writer",
            not calls_one_instance(facts, connector),
            f"it calls {connector.address}"
            + (", one instance or the readers" if calls_one_instance(facts, connector) else ""),
            f"tailrace connector config {connector.arguments}"
            f" --set database.hostname={host} --set database.port={port}",
        )


def _aws(facts: AuroraFacts, was: str) -> Iterator[Finding]:
    cluster, whole = facts.cluster, facts.whole
    if whole:
        yield finding(
            "AWS says that the other cluster is the primary",
            whole.status == AVAILABLE and was not in {whole.primary, name_of(whole.primary)},
            f"{whole.name} is {whole.status}, its primary is {whole.primary}",
            "aws rds describe-global-clusters, describe-events: has it failed?",
        )
    yield finding(
        "AWS says that the cluster is available and has a writer",
        cluster.status == AVAILABLE and bool(cluster.writer),
        f"{cluster.name} is {cluster.status}, the writer is {cluster.writer or 'nobody'}",
        "aws rds describe-db-clusters, describe-events: is it still at it?",
    )
    away = [f"{one.name} is {one.status}" for one in cluster.instances if one.status not in {AVAILABLE, ""}]
    yield finding(
        "every instance is available",
        not away,
        ", ".join(away) or ", ".join(one.name for one in cluster.instances),
        "the old writer restarts as a reader; it takes a minute",
    )
    pending = [f"{one.name} ({one.parameters})" for one in cluster.instances if one.parameters not in {"in-sync", ""}]
    if pending:
        yield Finding(
            "the cluster parameter group is in effect",
            Severity.WARNING,
            f"not yet at {', '.join(pending)}",
            "reboot the instance when it suits: aws rds reboot-db-instance",
            lasts=True,
        )


def _ended(ends: Sequence[Event]) -> Finding:
    check = "RDS tells of the failover, and of no failure"
    if not ends:
        hint = "events come with a delay, and are kept for 14 days: aws rds describe-events"
        return Finding(check, Severity.WARNING, f"no such event in the last {_MINUTES} minutes", hint, lasts=True)
    hint = "the old writer goes on: see what AWS names as the reason, and begin again"
    return finding(check, not ends[-1].is_failure, ends[-1].message, hint, lasts=True)


def _writer(facts: AuroraFacts, final: str | None) -> Iterator[Finding]:
    writer = facts.source
    if not writer.is_reachable:
        yield Finding("the writer answers", Severity.PROBLEM, writer.error, f"look at {writer.address}")
        return
    is_it = not writer.read_only and writer.instance in {"", facts.cluster.writer}
    yield finding(
        "the cluster endpoint leads to the writer",
        is_it,
        f"{writer.address} {_role(writer)}"
        + (f", {writer.instance}" if writer.instance else f", server_uuid {writer.uuid}"),
        "a stale name? it lives for 5 s, caches of clients longer; connect anew",
    )
    if final is not None:
        missing = GtidSet(final).subtract(GtidSet(writer.executed))
        yield finding(
            "GTIDs go on at the new writer",
            not missing,
            f"missing: {missing}"
            if missing
            else f"all {GtidSet(final).count()} of before are in gtid_executed; its binlog is at"
            f" {writer.file}:{writer.position}",
            "these transactions are lost: restore the old cluster's storage to a point in time, and look there",
            lasts=True,
        )


def _others(facts: AuroraFacts) -> Iterator[Finding]:
    wrong = [
        f"{one.name} ({one.address})"
        for one in facts.instances
        if one.is_reachable and not one.read_only and one.name != facts.cluster.writer
    ]
    asked = [one.name for one in facts.instances if one.is_reachable]
    if asked:
        yield finding(
            "nobody else takes writes",
            not wrong,
            f"{', '.join(wrong)} takes writes" if wrong else f"of {', '.join(asked)} all others are read-only",
            "clients there write to what nobody reads: end them, ask AWS what that instance is",
        )
    if (old := facts.candidate) is not None:
        yield finding(
            "the endpoint of the old primary takes no writes",
            not old.is_reachable or old.read_only,
            f"{old.address} " + ("does not answer" if not old.is_reachable else _role(old)),
            "two regions take writes: keep clients from the old one, at once",
        )
        if old.is_reachable and (alone := GtidSet(old.executed).subtract(GtidSet(facts.source.executed))):
            yield Finding(
                "the old primary has nothing that the new one lacks",
                Severity.PROBLEM,
                f"lost to the new primary: {alone}",
                "look at them there before AWS makes it anew (a snapshot: rds:unplanned-global-failover-…)",
                lasts=True,
            )


def _role(member: Member) -> str:
    return "is read-only" if member.read_only else "takes writes"
