"""What a person should mind before AWS is asked for a failover: no reason to refuse, but one to know. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace._kernel import GtidSet
from tailrace.ops.failover.connectors import warnings_of, with_offset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.ops.failover.aurora.facts import AuroraFacts
    from tailrace.ops.failover.aurora.refuse import AuroraWish
    from tailrace.ops.failover.facts import Connector


def warnings(facts: AuroraFacts, wish: AuroraWish) -> Iterator[str]:
    """All of it, in sentences."""
    cluster, source = facts.cluster, facts.source
    if facts.whole:
        yield from _global_warnings(facts, wish)
    if not source.is_reachable:
        yield f"{source.address} cannot be asked ({source.error}): what the writer has executed is not noted"
    elif facts.retention_hours is None:
        yield (
            "'binlog retention hours' is not set, or may not be read: files go as soon as AWS likes, perhaps while"
            " connectors are stopped"
        )
    if cluster.backtrack_hours:
        yield (
            f"{cluster.name} has a Backtrack window of {cluster.backtrack_hours:g} h: a backtrack writes nothing to the"
            " binlog, so a connector never learns of it"
        )
    for instance in cluster.instances:
        if instance.parameters not in {"in-sync", ""}:
            yield (
                f"{instance.name} has not taken its parameter group yet ({instance.parameters}): the failover restarts"
                " it, and other values count then"
            )
    known = {source.address, cluster.address, *([facts.endpoint.address] if facts.endpoint else [])}
    for connector in facts.connectors:
        if not facts.whole and not facts.endpoint and calls_one_instance(facts, connector):
            yield (
                f"connector {connector.label} calls one instance or the readers ({connector.address}): it is given the"
                f" cluster endpoint, {cluster.address}"
            )
            known |= {connector.address}
    yield from warnings_of(facts.connectors, known)
    yield "open sessions of clients end; those that trust a cached name may find the old writer, which is read-only now"


def _global_warnings(facts: AuroraFacts, wish: AuroraWish) -> Iterator[str]:
    target = facts.target
    if target is None:
        return
    yield (
        f"{target.name} has a parameter group of its own ({target.parameter_group}), which counts from then on: compare"
        f" it with {facts.cluster.parameter_group or 'the one of the primary'} before"
    )
    if wish.allow_data_loss:
        yield "what the primary has committed and the secondary has not got is lost; nobody can say how much"
        if facts.source.is_reachable:
            yield "the primary answers: without --allow-data-loss a switchover would lose nothing"
        yield from _ahead(facts)
        if facts.enhanced_binlog:
            yield "with the enhanced binlog a connector can only go on if it had captured all: else take a new snapshot"
    elif not facts.enhanced_binlog:
        yield "file names and positions go on at the new primary here, but trust GTIDs alone"
    else:
        yield (
            "enhanced binlog: files at the new primary begin at mysql-bin-changelog.000001, so file and position of any"
            " offset mean nothing there; connectors must go by GTIDs"
        )


def _ahead(facts: AuroraFacts) -> Iterator[str]:
    """As far as can be told before: a secondary need not say all that its storage has."""
    if (standby := facts.standby) is None:
        return
    for connector in with_offset(facts.connectors):
        if missing := GtidSet(connector.captured(facts.source.uuid)).subtract(GtidSet(standby.executed)):
            yield (
                f"connector {connector.label} has captured what {standby.name} does not show yet: {missing}; it is"
                " held, not resumed, where the new primary lacks it"
            )


def calls_one_instance(facts: AuroraFacts, connector: Connector) -> bool:
    """Whether its address is one of an instance, or the readers': then it does not follow the writer."""
    instances = {instance.address for instance in facts.cluster.instances}
    return connector.address in {*instances, facts.cluster.reader_address} - {
        facts.source.address,
        facts.cluster.address,
    }
