"""Whether a failover came to a good end: each truth with its evidence. Pure, but for the waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tailrace._kernel import GtidSet
from tailrace.ops.failover.facts import SOURCE, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tailrace.config import SourceConfig
    from tailrace.ops.connect import Connect
    from tailrace.ops.failover.facts import Connector, Facts

_EVERY = 0.5


class Severity(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One truth: what was asked, how it came out, what it is seen by, and what to do."""

    check: str
    severity: Severity
    evidence: str
    hint: str = ""
    lasts: bool = False
    """Waiting does not help."""


def judge_servers(facts: Facts, final: str | None) -> list[Finding]:
    """Of the servers alone. `final`: GTIDs that the new primary was to have, where a journal tells."""
    return [*_primary(facts, final), *_old(facts), *_others(facts), *_endpoint(facts)]


def _primary(facts: Facts, final: str | None) -> Iterator[Finding]:
    primary = facts.candidate
    if not primary.is_reachable:
        yield Finding("the new primary answers", Severity.PROBLEM, primary.error, f"look at {primary.address}")
        return
    yield finding(
        "the new primary takes writes",
        not primary.read_only,
        f"{primary.address}: read_only={int(primary.read_only)}",
        "SET GLOBAL read_only = OFF there, once the old primary is fenced",
    )
    followed = primary.following
    yield finding(
        "the new primary follows nobody",
        followed is None,
        "no replication is configured" if followed is None else f"it follows {followed.host}:{followed.port}",
        "STOP REPLICA; RESET REPLICA ALL",
    )
    if final is not None:
        missing = GtidSet(final).subtract(GtidSet(primary.executed))
        yield finding(
            "GTIDs go on at the new primary",
            not missing,
            f"missing: {missing}" if missing else f"all {GtidSet(final).count()} of before are in gtid_executed",
            "these transactions are lost to it: get them from the old primary's binlog",
            lasts=True,
        )


def _old(facts: Facts) -> Iterator[Finding]:
    old, new = facts.source, facts.candidate
    if not old.is_reachable:
        yield Finding(
            "the old primary takes no writes",
            Severity.WARNING,
            f"{old.address} does not answer: {old.error}",
            "see that it cannot come back as a primary; ask again when it is back, for what it has alone",
            lasts=True,
        )
        return
    yield finding(
        "the old primary takes no writes",
        old.super_read_only or old.uuid == new.uuid,
        f"{old.address}: super_read_only={int(old.super_read_only)}",
        "SET GLOBAL super_read_only = ON there, at once: two primaries take writes",
    )
    errant = GtidSet(old.executed).subtract(GtidSet(new.executed))
    # What a replica has just applied, the primary had when it was asked, for it was asked first.
    own = ",".join(part for part in str(errant).split(",") if part.split(":")[0] != new.uuid)
    yield finding(
        "the old primary has nothing that the new one lacks",
        not own,
        f"lost to the new primary, and errant there: {own}"
        if own
        else "its gtid_executed is part of the new primary's",
        "look at them (mysqlbinlog --include-gtids), write again what matters, then rebuild the old primary",
        lasts=True,
    )


def _others(facts: Facts) -> Iterator[Finding]:
    for server in (facts.source, *facts.replicas):
        if not server.is_reachable or (server.name == SOURCE and server.following is None):
            continue
        following = server.following
        follows = following is not None and following.source_uuid == facts.candidate.uuid
        works = following is not None and following.receiving and following.applying
        error = f": {following.error}" if following and following.error else ""
        yield finding(
            f"{server.name} follows the new primary",
            follows and works,
            f"{server.address} " + ("receives and applies" if follows and works else f"does not{error}"),
            "SHOW REPLICA STATUS there",
        )


def _endpoint(facts: Facts) -> Iterator[Finding]:
    end = facts.endpoint
    if end is not None:
        leads = end.is_reachable and end.uuid == facts.candidate.uuid
        yield finding(
            "the endpoint leads to the new primary",
            leads,
            f"{end.address} is server {end.uuid or '?'} {end.error}".strip(),
            "repair the proxy, name or address that clients use",
        )


def judge_connector(facts: Facts, connector: Connector) -> list[Finding]:
    """Of one connector, at one moment."""
    name, primary = connector.label, facts.candidate
    known = {member.uuid for member in facts.members if member.uuid}
    readers = [
        reader
        for reader in primary.readers
        if reader.uuid not in known and (reader.user == connector.user or connector.user.startswith("${"))
    ]
    offset = GtidSet(connector.gtids)
    foreign = offset.subtract(GtidSet(primary.executed))
    purged = GtidSet(primary.purged).subtract(offset) if connector.gtids else GtidSet()
    return [
        finding(
            f"{name} and its task run",
            connector.is_running,
            f"{connector.state}{': ' + connector.why if connector.why else ''}",
            f"tailrace connector restart {connector.arguments} --failed-only",
        ),
        finding(
            f"{name} is connected to the new primary",
            bool(readers),
            f"{len(readers)} session(s) of user {connector.user} read its binlog",
            "a task can be RUNNING and deaf: does the connector's address lead to the new primary? restart it",
        ),
        finding(
            f"GTIDs of {name} go on at the new primary",
            not foreign and not purged and bool(connector.gtids),
            f"captured and not there: {foreign}"
            if foreign
            else f"purged and not captured: {purged}"
            if purged
            else f"its {offset.count()} GTIDs are all there, and what follows is in the binlog",
            "take a new snapshot: what the sink has is not what the table has",
            lasts=bool(foreign or purged),
        ),
    ]


def finding(check: str, holds: bool, evidence: str, hint: str, *, lasts: bool = False) -> Finding:
    """Fine where it holds, a problem with what to do where not."""
    return Finding(check, Severity.OK, evidence) if holds else Finding(check, Severity.PROBLEM, evidence, hint, lasts)


def verify(
    servers: dict[str, SourceConfig],
    workers: Sequence[Connect],
    connectors: Sequence[str],
    values: Mapping[str, str],
    *,
    seconds: float,
) -> list[Finding]:
    """All of it; waits up to `seconds` for what takes its time. `values`: what a run's journal remembers."""

    def look() -> tuple[Facts, list[Finding]]:
        facts = gather(servers, workers, connectors)
        return facts, judge_servers(facts, values.get("final"))

    return watch(look, seconds=seconds)


def watch(look: Callable[[], tuple[Facts, list[Finding]]], *, seconds: float) -> list[Finding]:
    """What `look` finds, and of its connectors, until nothing is wrong that waiting may mend, or for `seconds`."""
    deadline = time.monotonic() + seconds
    facts, found = look()
    goal, began = facts.candidate.executed, {each.label: each.gtids for each in facts.connectors}
    while True:
        for connector in facts.connectors:
            found += judge_connector(facts, connector)
            found.append(judge_flow(connector, began[connector.label], goal, facts.candidate.uuid))
        wrong = [one for one in found if one.severity is not Severity.OK]
        if all(one.lasts for one in wrong) or time.monotonic() >= deadline:
            return found
        time.sleep(_EVERY)
        facts, found = look()


def judge_flow(connector: Connector, began: str, goal: str, primary_uuid: str) -> Finding:
    """Whether events come through: by the offset, which moves only when the sink has them."""
    check = f"events of {connector.label} flow, and its lag is made up"
    now = GtidSet(connector.captured(primary_uuid))
    left = GtidSet(goal).subtract(now).count()
    moved = now.subtract(GtidSet(began)).count()
    if not left:
        return Finding(
            check, Severity.OK, f"its offset has all that the primary had executed; {moved} more since asked"
        )
    hint = "is anything written to its tables? an offset moves by events, and is stored each offset.flush.interval.ms"
    return Finding(check, Severity.WARNING, f"{left} transactions behind; {moved} came while it was watched", hint)
