"""Facts → the steps of a failover that AWS carries out. Pure: shown before anything is done.

A connector is stopped before and resumed after, so that it neither waits at a dead connection nor follows a name that
still leads to the old writer; and only where the new writer has all that it has captured.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tailrace.ops.aws.rds import Cluster
from tailrace.ops.failover.aurora.refuse import AuroraWish, reasons, successor
from tailrace.ops.failover.aurora.warn import calls_one_instance, warnings
from tailrace.ops.failover.connectors import (
    EXECUTED,
    can_go_on,
    compare,
    has,
    note,
    resume,
    stop,
    with_offset,
    workers_of,
)
from tailrace.ops.failover.facts import CANDIDATE, ENDPOINT, SOURCE, Member
from tailrace.ops.failover.plan import Refused
from tailrace.ops.failover.step import Aws, Drained, Holds, Plan, Remember, Shell, Step, WriterIs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.ops.failover.aurora.facts import AuroraFacts

_WRITES = "IF(@@GLOBAL.read_only OR @@GLOBAL.innodb_read_only, 'a reader', 'the writer')"


def make_plan(facts: AuroraFacts, wish: AuroraWish) -> Plan | Refused:
    """The plan for these facts, or why there is none."""
    if found := reasons(facts, wish):
        return Refused(tuple(found))
    kind = "Aurora failover"
    if facts.whole:
        kind = "global failover" if wish.allow_data_loss else "global switchover"
    steps = _global_steps(facts, wish) if facts.whole else _cluster_steps(facts, wish)
    return Plan(
        kind=kind,
        servers=tuple((member.name, member.address) for member in _servers(facts)),
        steps=tuple(steps),
        warnings=tuple(warnings(facts, wish)),
        workers=workers_of(facts.connectors),
        cluster=facts.whole.name if facts.whole else facts.cluster.arn,
    )


def _servers(facts: AuroraFacts) -> list[Member]:
    """Those that the steps speak of. Of a cluster whose region is gone nothing is asked."""
    source = [facts.source] if facts.source.is_reachable or not facts.whole else []
    return [*source, *(each for each in (facts.candidate, facts.endpoint) if each)]


# Within a cluster


def _cluster_steps(facts: AuroraFacts, wish: AuroraWish) -> Iterator[Step]:
    cluster, target = facts.cluster, successor(facts, wish)
    assert target is not None, "it would have been refused"
    yield from _stop(facts, wish)
    yield from _note(facts)
    asked = {"DBClusterIdentifier": cluster.name, "TargetDBInstanceIdentifier": target.name}

    def writer_is(instance: str, words: str, *, underway: bool = False) -> WriterIs:
        return WriterIs(cluster.name, instance, words, underway=underway, region=cluster.region)

    yield Step(
        "promote",
        f"AWS makes {target.name} the writer of {cluster.name}",
        before=(writer_is(cluster.writer, f"{cluster.writer} is the writer, and all is quiet"),),
        act=(Aws("rds", "failover_db_cluster", json.dumps(asked), cluster.region),),
        after=(writer_is(target.name, "AWS is at it, or has done it", underway=True),),
        seconds=wish.seconds,
        no_return=True,
    )
    yield Step(
        "writer",
        f"wait until AWS says that {target.name} is the writer",
        after=(writer_is(target.name, f"{target.name} is the writer, and the cluster is available"),),
        seconds=wish.seconds,
    )
    instance = target.name if facts.source.instance else ""
    yield _answers(SOURCE, facts.source, wish, instance=instance, final=facts.source.is_reachable)
    yield from _endpoint(facts, wish, final=facts.source.is_reachable)
    yield from _resume(facts, wish, cluster, SOURCE)


def _stop(facts: AuroraFacts, wish: AuroraWish) -> Iterator[Step]:
    yield from stop(facts.connectors, wish.seconds)
    if facts.source.is_reachable and not wish.allow_data_loss:
        yield from compare(facts.connectors, facts.source.uuid, SOURCE, who="the writer")
        return
    for connector in with_offset(facts.connectors):
        yield Step(
            f"offset-{connector.label}",
            f"note what connector {connector.label} has captured",
            act=note(connector, facts.source.uuid),
            seconds=5,
        )


def _note(facts: AuroraFacts) -> Iterator[Step]:
    """Apart from the promotion: a run that is killed there goes on with what it has noted."""
    source = facts.source
    if source.is_reachable:
        yield Step(
            "note",
            f"note what the writer has executed (up to {source.file}:{source.position} of its own binlog)",
            act=(Remember("final", SOURCE, f"SELECT {EXECUTED}"),),
            after=(has(SOURCE, "final", "its GTIDs are noted"),),
            seconds=10,
        )


def _answers(server: str, member: Member, wish: AuroraWish, *, instance: str = "", final: bool = True) -> Step:
    """A name may lead to the old writer for half a minute, or to both in turn: so each new session is asked."""
    parts, wanted = [_WRITES], "the writer"
    if instance:
        parts, wanted = [*parts, "' '", "@@GLOBAL.aurora_server_id"], f"{wanted} {instance}"
    if final:
        missing = f"GTID_SUBTRACT({{final}}, {EXECUTED})"
        parts.append(f"IF({missing} = '', '', CONCAT(' without ', {missing}))")
    words = "who answers there takes writes" + (" and has all that was noted" if final else "")
    return Step(
        f"answers-{server}" if server != ENDPOINT else "endpoint",
        f"{member.address} leads to the new writer, in every new session for {wish.settle:g} s",
        act=(Shell(wish.endpoint_command),) if server == ENDPOINT and wish.endpoint_command else (),
        after=(Holds(server, f"SELECT CONCAT({', '.join(parts)})", wanted, words, steady=wish.settle),),
        seconds=wish.seconds,
    )


def _endpoint(facts: AuroraFacts, wish: AuroraWish, *, final: bool) -> Iterator[Step]:
    if facts.endpoint:
        yield _answers(ENDPOINT, facts.endpoint, wish, final=final)


def _resume(facts: AuroraFacts, wish: AuroraWish, cluster: Cluster, server: str) -> Iterator[Step]:
    """Where connectors call by a name that stays, they keep it; else they are given the cluster's. One that has seen
    what the new writer lacks is held.
    """
    stays = Member(ENDPOINT, (facts.endpoint or facts.source).address)
    for connector in facts.connectors:
        keeps = facts.endpoint or (stays if not facts.whole and not calls_one_instance(facts, connector) else None)
        to = Member("", cluster.address)
        if facts.candidate:
            to = facts.candidate
        before = can_go_on(connector, server, who="the new writer") if connector.place else ()
        yield resume(connector, keeps, to, wish.seconds, before)


# To another region


def _global_steps(facts: AuroraFacts, wish: AuroraWish) -> Iterator[Step]:
    whole, target = facts.whole, facts.target
    assert whole is not None, "it is asked for by who knows it"
    assert target is not None, "it would have been refused"
    assert facts.candidate is not None, "the command line has it"
    if wish.fence_command:
        yield Step("quiet", "clients write no more", act=(Shell(wish.fence_command),), seconds=wish.seconds)
    if facts.enhanced_binlog and not wish.allow_data_loss:
        yield from _drain(facts, wish)
    yield from _stop(facts, wish)
    # What the secondary has not is lost, and cannot be asked for.
    final = not wish.allow_data_loss
    if final:
        yield from _note(facts)
    asked: dict[str, str | bool] = {"GlobalClusterIdentifier": whole.name, "TargetDbClusterIdentifier": target.arn}
    if wish.allow_data_loss:
        # A failover is asked for in the region that takes over, a switchover in the one that hands over.
        order = Aws("rds", "failover_global_cluster", json.dumps(asked | {"AllowDataLoss": True}), target.region)
    else:
        order = Aws("rds", "switchover_global_cluster", json.dumps(asked), facts.cluster.region)

    def writer_is(cluster: str, words: str, *, underway: bool = False) -> WriterIs:
        return WriterIs(whole.name, cluster, words, is_global=True, underway=underway, region=target.region)

    yield Step(
        "promote",
        f"AWS makes {target.name} ({target.region}) the primary of {whole.name}"
        + (", with what it has by now" if wish.allow_data_loss else ", once it has all"),
        before=(writer_is(facts.cluster.arn, f"{facts.cluster.name} is the primary, and all is quiet"),),
        act=(order,),
        after=(writer_is(target.arn, "AWS is at it, or has done it", underway=True),),
        seconds=wish.seconds,
        no_return=True,
    )
    yield Step(
        "writer",
        f"wait until AWS says that {target.name} is the primary",
        after=(writer_is(target.arn, f"{target.name} is the primary, and the global database is available"),),
        seconds=wish.seconds,
    )
    yield _answers(CANDIDATE, facts.candidate, wish, final=final)
    yield from _endpoint(facts, wish, final=final)
    yield from _resume(facts, wish, target, CANDIDATE)


def _drain(facts: AuroraFacts, wish: AuroraWish) -> Iterator[Step]:
    """The new primary's binlog begins anew: connectors must have read all before."""
    for connector in with_offset(facts.connectors):
        yield Step(
            f"drain-{connector.label}",
            f"wait until connector {connector.label} has captured all that the writer has executed",
            after=(Drained(connector.name, SOURCE, f"{connector.label} has captured all there is", connector.worker),),
            seconds=wish.seconds,
        )
