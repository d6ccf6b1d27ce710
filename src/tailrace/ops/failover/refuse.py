"""Why a failover must not be: pure, from facts. What would be lost or doubled is named by its GTIDs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailrace._kernel import GtidSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.ops.failover.facts import Connector, Facts, Member


@dataclass(frozen=True, slots=True)
class Reason:
    """One of them: what is wrong, the GTIDs it is about, and what to do."""

    words: str
    hint: str
    gtids: str = ""


def reasons(facts: Facts, *, dead: bool, has_fence: bool) -> list[Reason]:
    """All that forbid it; empty where nothing does."""
    candidate = facts.candidate
    if not candidate.is_reachable:
        return [Reason(f"the candidate cannot be asked: {candidate.error}", f"is {candidate.address} right, and up?")]
    found = [*_of_source(facts, dead=dead, has_fence=has_fence), *_of_candidate(facts, dead=dead)]
    found += [reason for connector in facts.connectors for reason in _of_connector(facts, connector, dead=dead)]
    if dead:
        found += [reason for replica in facts.replicas for reason in _of_other(candidate, replica)]
    return found


def _of_source(facts: Facts, *, dead: bool, has_fence: bool) -> Iterator[Reason]:
    source = facts.source
    if source.is_reachable and dead:
        yield Reason(
            "the source answers, so it is not dead",
            "leave out --dead: a switchover waits for its last transaction and loses nothing",
        )
    elif source.is_reachable:
        if source.read_only:
            yield Reason("the source is read-only already", "is it the primary? a run that was broken off is resumed")
    elif not dead:
        yield Reason(
            f"the source cannot be asked: {source.error}",
            "if it is dead, say --dead --fence-command 'COMMAND THAT KEEPS IT FROM COMING BACK'",
        )
    elif not has_fence:
        yield Reason(
            "nobody can be sure that the source takes no writes: it does not answer here, but may answer its clients",
            "give --fence-command: what powers it off, stops its service or cuts its network ('true' if you know)",
        )


def _of_candidate(facts: Facts, *, dead: bool) -> Iterator[Reason]:
    source, candidate = facts.source, facts.candidate
    if not candidate.has_gtids:
        yield Reason("the candidate has gtid_mode off", "without GTIDs no position means the same on both")
    if not (candidate.log_bin and candidate.log_replica_updates):
        hint = "turn on log_bin and log_replica_updates: its binlog is what is captured next"
        yield Reason("the candidate does not log what it applies", hint)
    if not candidate.performance_schema:
        yield Reason("the candidate has performance_schema off", "turn it on: its state cannot be read without")
    following = candidate.following
    if following is None:
        yield Reason("the candidate is no replica", "name one that follows the source as --candidate")
        return
    if source.is_reachable and following.source_uuid not in {"", source.uuid}:
        yield Reason(
            f"the candidate follows another server ({following.source_uuid})", "name a direct replica of the source"
        )
    if not following.applying:
        yield Reason(f"the candidate applies nothing: {following.error or 'it was stopped'}", "START REPLICA there")
    elif not dead and not following.receiving:
        missing = GtidSet(source.executed).subtract(candidate.holds) if source.is_reachable else GtidSet()
        yield Reason(
            f"the candidate receives nothing: {following.error or 'it was stopped'}",
            "START REPLICA there",
            str(missing),
        )
    if errant := errant_gtids(facts):
        yield Reason(
            "the candidate has transactions of its own, which no other server has",
            "see what they did (mysqlbinlog --include-gtids); rebuild the replica, or commit an empty"
            " transaction with each of these GTIDs on the source",
            errant,
        )


def errant_gtids(facts: Facts) -> str:
    """What the candidate has and should not, as far as can be told.

    With the source at hand: all that it lacks. Without: what bears the candidate's own server_uuid and nobody else has.
    """
    candidate = facts.candidate
    if facts.source.is_reachable:
        return str(GtidSet(candidate.executed).subtract(GtidSet(facts.source.executed)))
    own = ",".join(part for part in candidate.executed.split(",") if part.split(":")[0] == candidate.uuid)
    seen = GtidSet(candidate.following.received if candidate.following else "")
    for other in (*(replica.executed for replica in facts.replicas), *(each.gtids for each in facts.connectors)):
        seen = seen.union(GtidSet(other))
    is_witnessed = any(replica.is_reachable for replica in facts.replicas) or any(
        connector.gtids for connector in facts.connectors
    )
    return str(GtidSet(own).subtract(seen)) if is_witnessed else ""


def _of_connector(facts: Facts, connector: Connector, *, dead: bool) -> Iterator[Reason]:
    if not connector.gtids:
        if connector.place:
            yield Reason(
                f"connector {connector.label} stands at {connector.place} without GTIDs, which means nothing elsewhere",
                "turn on gtid_mode, let the connector go on until its offset has GTIDs, and come back",
            )
        return
    # What a live source executes, the candidate gets before it is promoted.
    held = GtidSet(facts.source.executed) if facts.source.is_reachable and not dead else facts.candidate.holds
    if missing := GtidSet(connector.captured(facts.source_uuid)).subtract(held):
        there = "the source" if facts.source.is_reachable and not dead else "the candidate"
        yield Reason(
            f"connector {connector.label} has captured transactions that {there} lacks",
            "bring the old primary back up and switch over, or choose a replica that has them; else these changes stay"
            " in the sink and in no table: then only a new snapshot makes both equal",
            str(missing),
        )
    if purged := GtidSet(facts.candidate.purged).subtract(GtidSet(connector.gtids)):
        yield Reason(
            f"the candidate has purged what connector {connector.label} has not read",
            "choose another replica, or take a new snapshot (raise binlog_expire_logs_seconds)",
            str(purged),
        )


def _of_other(candidate: Member, replica: Member) -> Iterator[Reason]:
    if replica.is_reachable and (missing := replica.holds.subtract(candidate.holds)):
        yield Reason(
            f"{replica.name} ({replica.address}) has transactions that the candidate lacks",
            f"promote {replica.address} instead: --candidate and --replica exchanged",
            str(missing),
        )
