"""Facts → the steps of a failover of self-managed MySQL. Pure: shown before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailrace.ops.failover.connectors import (
    EXECUTED,
    READ_ONLY,
    compare,
    has,
    resume,
    stop,
    value_name,
    warnings_of,
    with_offset,
    workers_of,
)
from tailrace.ops.failover.facts import CANDIDATE, ENDPOINT, SOURCE
from tailrace.ops.failover.refuse import Reason, reasons
from tailrace.ops.failover.step import (
    REPLICATION_PASSWORD,
    Fenced,
    Holds,
    Plan,
    Remember,
    Shell,
    Sql,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.ops.failover.facts import Facts, Member

_RECEIVED = "SELECT RECEIVED_TRANSACTION_SET FROM performance_schema.replication_connection_status"
_HELD = f"CONCAT(@@GLOBAL.gtid_executed, ',', COALESCE(({_RECEIVED} WHERE CHANNEL_NAME = ''), ''))"
"""All that a replica has, also what it has yet to apply."""
_RECEIVING = "SELECT SERVICE_STATE FROM performance_schema.replication_connection_status WHERE CHANNEL_NAME = ''"
_APPLYING = "SELECT SERVICE_STATE FROM performance_schema.replication_applier_status WHERE CHANNEL_NAME = ''"
_FOLLOWS = "SELECT COUNT(*) FROM performance_schema.replication_connection_configuration WHERE HOST <> ''"
_SUPER_READ_ONLY = "SELECT @@GLOBAL.super_read_only"
_LOCK_SECONDS = 10
"""How long `super_read_only` may wait for a lock (LOCK TABLES, a backup) while all others wait behind it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted beyond what the facts say."""

    dead: bool = False
    """The primary is gone, and what it did not send is given up."""
    fence_command: str = ""
    endpoint_command: str = ""
    """What leads the connectors' endpoint to the candidate; without it, it goes there by itself."""
    replication_user: str = ""
    """By whom the old primary follows the new one; without it, it is left alone."""
    seconds: float = 60.0
    """How long one step may wait for what it wants."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No plan, and why."""

    reasons: tuple[Reason, ...]


def make_plan(facts: Facts, wish: Wish) -> Plan | Refused:
    """The plan for these facts, or why there is none."""
    if found := reasons(facts, dead=wish.dead, has_fence=bool(wish.fence_command)):
        return Refused(tuple(found))
    members = [*facts.members, *([facts.endpoint] if facts.endpoint else [])]
    steps = (
        *stop(facts.connectors, wish.seconds),
        *((*_compare(facts, _HELD), *_fence_dead(facts, wish)) if wish.dead else _fence_alive(facts, wish)),
        *_promote(facts, wish),
        *_lead(facts, wish),
        *(resume(each, facts.endpoint, facts.candidate, wish.seconds) for each in facts.connectors),
        *_follow(facts, wish),
    )
    return Plan(
        kind="failover" if wish.dead else "switchover",
        servers=tuple((member.name, member.address) for member in members),
        steps=steps,
        warnings=tuple(_warnings(facts, wish)),
        workers=workers_of(facts.connectors),
    )


def _fence_alive(facts: Facts, wish: Wish) -> Iterator[Step]:
    yield Step(
        "catch-up",
        "wait until the candidate is close behind, while clients still write",
        act=(Remember("so_far", SOURCE, f"SELECT {EXECUTED}"),),
        after=(has(CANDIDATE, "so_far", "the candidate has what the source had executed a moment ago"),),
        seconds=wish.seconds,
    )
    yield Step(
        "fence",
        "the source takes no more writes, not even from administrators",
        before=(
            Holds(CANDIDATE, _RECEIVING, "ON", "the candidate receives"),
            Holds(CANDIDATE, _APPLYING, "ON", "the candidate applies"),
        ),
        # super_read_only sets read_only too; in the other order there would be a moment for administrators.
        act=(
            Sql(SOURCE, (f"SET SESSION lock_wait_timeout = {_LOCK_SECONDS}", "SET GLOBAL super_read_only = ON")),
            *((Shell(wish.fence_command),) if wish.fence_command else ()),
        ),
        after=(Holds(SOURCE, _SUPER_READ_ONLY, "1", "the source is super_read_only"),),
        undo=(Sql(SOURCE, ("SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF")),),
        seconds=_LOCK_SECONDS + 5,
    )
    yield Step(
        "drain",
        "wait until the candidate has applied the source's last transaction",
        act=(Remember("final", SOURCE, f"SELECT {EXECUTED}"),),
        after=(
            has(CANDIDATE, "final", "the candidate has executed all that the source has"),
            Holds(
                CANDIDATE,
                "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, {final})",
                "",
                "the candidate has nothing of its own (no errant transaction)",
            ),
        ),
        seconds=wish.seconds,
    )
    yield from _compare(facts, EXECUTED)


def _fence_dead(facts: Facts, wish: Wish) -> Iterator[Step]:
    yield Step(
        "fence",
        "the source is kept from coming back as a primary",
        act=(Shell(wish.fence_command),),
        after=(Fenced(SOURCE, "the source does not answer, or takes no writes"),),
        seconds=wish.seconds,
    )
    yield Step(
        "drain",
        "wait until the candidate has applied all that it received",
        act=(
            Sql(CANDIDATE, ("STOP REPLICA IO_THREAD",)),
            Remember("final", CANDIDATE, f"{_RECEIVED} WHERE CHANNEL_NAME = ''"),
        ),
        after=(has(CANDIDATE, "final", "the candidate has executed all that it received"),),
        undo=(Sql(CANDIDATE, ("START REPLICA",)),),
        seconds=wish.seconds,
    )
    for replica in facts.replicas:
        if replica.is_reachable:
            value = value_name("held", replica.name)
            yield Step(
                f"compare-{replica.name}",
                f"no transaction is on {replica.name} alone",
                act=(Remember(value, replica.name, f"SELECT {_HELD}"),),
                after=(has(CANDIDATE, value, f"the candidate has all that {replica.name} has"),),
                seconds=5,
            )


def _compare(facts: Facts, held: str) -> Iterator[Step]:
    """Before a fence that cannot be undone, where the primary is dead."""
    return compare(facts.connectors, facts.source_uuid, CANDIDATE, held)


def _promote(facts: Facts, wish: Wish) -> Iterator[Step]:
    fenced = (
        Fenced(SOURCE, "the source does not answer, or takes no writes")
        if wish.dead
        else Holds(SOURCE, _SUPER_READ_ONLY, "1", "the source is still super_read_only")
    )
    yield Step(
        "detach",
        "the candidate follows nobody",
        act=(Sql(CANDIDATE, ("STOP REPLICA",)),),
        after=(Holds(CANDIDATE, _APPLYING, "OFF", "the candidate's replication is stopped"),),
        undo=(Sql(CANDIDATE, ("START REPLICA",)),),
        seconds=wish.seconds,
    )
    yield Step(
        "promote",
        "the candidate is the primary",
        before=(
            fenced,
            has(CANDIDATE, "final", "the candidate has all that is to be kept"),
            *(
                has(
                    CANDIDATE,
                    value_name("captured", each.label),
                    f"the candidate has all that {each.label} has captured",
                )
                for each in with_offset(facts.connectors)
            ),
        ),
        act=(Sql(CANDIDATE, ("RESET REPLICA ALL", "SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF")),),
        after=(
            Holds(CANDIDATE, READ_ONLY, "0", "the new primary takes writes"),
            Holds(CANDIDATE, _FOLLOWS, "0", "it has forgotten its source"),
        ),
        seconds=10,
        no_return=True,
    )


def _lead(facts: Facts, wish: Wish) -> Iterator[Step]:
    if facts.endpoint:
        yield Step(
            "endpoint",
            f"{facts.endpoint.address} leads to the new primary",
            act=(Shell(wish.endpoint_command),) if wish.endpoint_command else (),
            after=(
                Holds(ENDPOINT, "SELECT @@GLOBAL.server_uuid", facts.candidate.uuid, "the new primary answers there"),
                Holds(ENDPOINT, READ_ONLY, "0", "it takes writes there"),
            ),
            seconds=wish.seconds,
        )


def _follow(facts: Facts, wish: Wish) -> Iterator[Step]:
    for replica in facts.replicas:
        if replica.is_reachable:
            yield _follower(replica.name, facts.candidate, wish, is_new=False)
    if wish.replication_user and not wish.dead:
        yield _follower(SOURCE, facts.candidate, wish, is_new=True)


def _follower(name: str, primary: Member, wish: Wish, *, is_new: bool) -> Step:
    host, _, port = primary.address.rpartition(":")
    options = [f"SOURCE_HOST = {_text(host)}", f"SOURCE_PORT = {int(port)}", "SOURCE_AUTO_POSITION = 1"]
    if wish.replication_user:
        options += [
            f"SOURCE_USER = {_text(wish.replication_user)}",
            f"SOURCE_PASSWORD = {{{REPLICATION_PASSWORD}}}",
            "GET_SOURCE_PUBLIC_KEY = 1",
        ]
    change = f"CHANGE REPLICATION SOURCE TO {', '.join(options)}"
    who = "the old primary" if is_new else name
    return Step(
        f"follow-{name}",
        f"{who} follows the new primary",
        act=(Sql(name, ("STOP REPLICA", change, "START REPLICA")),),
        after=(
            Holds(name, _RECEIVING, "ON", f"{who} receives"),
            Holds(name, _APPLYING, "ON", f"{who} applies"),
            Holds(name, _SUPER_READ_ONLY, "1", f"{who} takes no writes") if is_new else _read_only(name, who),
        ),
        seconds=wish.seconds,
    )


def _read_only(name: str, who: str) -> Holds:
    return Holds(name, READ_ONLY, "1", f"{who} takes no writes of users")


def _warnings(facts: Facts, wish: Wish) -> Iterator[str]:
    source, candidate = facts.source, facts.candidate
    if wish.dead:
        yield (
            f"what {source.address} committed and {candidate.address} has not received is lost to the new primary;"
            " nobody can say how much while it is away. When it comes back these transactions are errant there:"
            " `tailrace failover verify` names them, and it must be rebuilt before it follows anybody"
        )
    elif not wish.replication_user:
        yield "the old primary stays as it is, super_read_only and alone: --replication-user lets it follow"
    if not candidate.preserve_commit_order:
        yield (
            "replica_preserve_commit_order is off at the candidate: its gtid_executed can have holes for a while, which"
            " the steps wait out, and its binlog has another order than the source's"
        )
    for replica in facts.replicas:
        if not replica.is_reachable:
            yield f"{replica.name} ({replica.address}) cannot be asked, and is left alone: {replica.error}"
    places = {facts.source.address, *([facts.endpoint.address] if facts.endpoint else [])}
    yield from warnings_of(facts.connectors, places)
    yield "read_only is changed until the next restart of a server: change its my.cnf, or SET PERSIST, as well"


def _text(value: str) -> str:
    return "'" + value.strip("[]").replace("\\", "\\\\").replace("'", "''") + "'"
