"""What a failover does with connectors, whoever promotes: stopped first, compared, led on, and resumed last. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from tailrace.ops.failover.step import ConnectorIs, Holds, RememberOffset, Rest, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tailrace.ops.failover.facts import Connector, Member

EXECUTED = "@@GLOBAL.gtid_executed"
READ_ONLY = "SELECT @@GLOBAL.read_only"


def stop(connectors: Sequence[Connector], seconds: float) -> Iterator[Step]:
    """First, so that it is known what they have captured."""
    for connector in connectors:
        path, worker = path_of(connector.name), connector.worker
        yield Step(
            f"stop-{connector.label}",
            f"stop connector {connector.label}: it stores how far it came",
            act=(Rest("PUT", f"{path}/stop", worker=worker),),
            after=(ConnectorIs(connector.name, "STOPPED", f"{connector.label} is stopped", worker),),
            undo=(Rest("PUT", f"{path}/resume", worker=worker),),
            seconds=seconds,
        )


def compare(
    connectors: Sequence[Connector], source_uuid: str, server: str, held: str = EXECUTED, who: str = "the candidate"
) -> Iterator[Step]:
    """With `server`, of which `held`, in SQL, is what it has."""
    for connector in with_offset(connectors):
        yield Step(
            f"compare-{connector.label}",
            f"connector {connector.label} has seen nothing that {who} lacks, and can go on from its binlog",
            act=note(connector, source_uuid),
            after=can_go_on(connector, server, held, who),
            seconds=5,
        )


def note(connector: Connector, source_uuid: str) -> tuple[RememberOffset, ...]:
    """What it may have captured, and what it will not ask for again: not the same, where its offset is inside of a
    transaction, as Debezium's always is.
    """
    return (
        RememberOffset(value_name("captured", connector.label), connector.name, source_uuid, worker=connector.worker),
        RememberOffset(value_name("offset", connector.label), connector.name, worker=connector.worker),
    )


def can_go_on(connector: Connector, server: str, held: str = EXECUTED, who: str = "the candidate") -> tuple[Holds, ...]:
    """Whether it can, at `server`, from what was remembered of its offset."""
    captured, offset = (value_name(what, connector.label) for what in ("captured", "offset"))
    return (
        Holds(
            server,
            f"SELECT GTID_SUBTRACT({{{captured}}}, {held})",
            "",
            f"{who} has all that {connector.label} has captured",
        ),
        Holds(
            server,
            f"SELECT GTID_SUBTRACT(@@GLOBAL.gtid_purged, {{{offset}}})",
            "",
            f"{who} has purged nothing that {connector.label} has yet to read",
        ),
    )


def resume(
    connector: Connector, endpoint: Member | None, to: Member, seconds: float, before: tuple[Holds, ...] = ()
) -> Step:
    """At the endpoint, else with the new primary's address in its configuration."""
    path, worker = path_of(connector.name), connector.worker
    move = () if endpoint else (Rest("PATCH", f"{path}/config", address_of(to.address), worker),)
    return Step(
        f"resume-{connector.label}",
        f"connector {connector.label} goes on at {(endpoint or to).address}",
        before=before,
        act=(*move, Rest("PUT", f"{path}/resume", worker=worker)),
        after=(ConnectorIs(connector.name, "RUNNING", f"{connector.label} and its task run", worker),),
        seconds=seconds,
        apart=True,
    )


def with_offset(connectors: Sequence[Connector]) -> Iterator[Connector]:
    """Without one a connector begins with a snapshot, wherever it is."""
    return (connector for connector in connectors if connector.place)


def warnings_of(connectors: Sequence[Connector], places: Collection[str]) -> Iterator[str]:
    """`places`: the addresses by which their server is known."""
    for connector in connectors:
        if connector.address not in places:
            yield f"connector {connector.label} looks for its server at {connector.address}, by none of the names given"
        if not connector.place or connector.in_snapshot:
            yield f"connector {connector.label} has no whole snapshot yet: it begins anew at the new primary"


def has(server: str, value: str, words: str) -> Holds:
    """A server has executed a remembered GTID set."""
    return Holds(server, f"SELECT GTID_SUBTRACT({{{value}}}, {EXECUTED})", "", words)


def value_name(what: str, name: str) -> str:
    """The name of a remembered value, which is one of a variable in bash too."""
    return what + "_" + "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)


def workers_of(connectors: Sequence[Connector]) -> tuple[str, ...]:
    """Each once."""
    return tuple(dict.fromkeys(connector.worker for connector in connectors))


def path_of(connector: str) -> str:
    """Its path in Connect's REST interface."""
    return f"/connectors/{quote(connector, safe='')}"


def address_of(address: str) -> str:
    """A change of a connector's configuration, as JSON."""
    host, _, port = address.rpartition(":")
    return json.dumps({"database.hostname": host.strip("[]"), "database.port": port})
