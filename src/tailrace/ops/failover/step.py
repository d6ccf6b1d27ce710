"""A step of a plan: what is done, what must hold before and after, and how it is undone. Data, carried out elsewhere.

SQL may speak of remembered values as `{name}`; who runs it puts them there as SQL literals.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLICATION_PASSWORD = "replication_password"  # noqa: S105 - the name of a value
"""The one remembered value that is a secret: given by who runs the steps, and never written down."""


@dataclass(frozen=True, slots=True)
class Sql:
    """Statements in one session of a server."""

    server: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remember:
    """The one value of a query, for later steps."""

    name: str
    server: str
    query: str


@dataclass(frozen=True, slots=True)
class RememberOffset:
    """The GTIDs that a connector may have captured, by its stored offset, for later steps.

    An offset inside a transaction does not say which: it is the next one of the server with `source_uuid`. Without it:
    the GTIDs that it says, which is what the connector will not ask for again.
    """

    name: str
    connector: str
    source_uuid: str = ""
    worker: str = ""
    """URL of its worker; so below."""


@dataclass(frozen=True, slots=True)
class Rest:
    """One request to a worker of Connect; `body` is JSON, or empty."""

    method: str
    path: str
    body: str = ""
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """A command of the user's own, which must exit with 0."""

    command: str


@dataclass(frozen=True, slots=True)
class Aws:
    """One operation of AWS's API; `parameters` is a JSON object of texts and booleans."""

    service: str
    operation: str
    """By its Python name: `failover_db_cluster`."""
    parameters: str
    region: str = ""
    """Empty: the SDK's own."""


@dataclass(frozen=True, slots=True)
class Holds:
    """A query has this one value. Where it has not, the value found is the evidence."""

    server: str
    query: str
    expected: str
    words: str
    """What it means when it holds."""
    steady: float = 0.0
    """Seconds for which every new session must find it so: a name can lead here now and there again a moment later."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """A server does not answer, or nobody may write to it."""

    server: str
    words: str


@dataclass(frozen=True, slots=True)
class ConnectorIs:
    """A connector is STOPPED, with no task left; or RUNNING, with all its tasks."""

    connector: str
    state: str
    words: str
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Drained:
    """A connector will ask for nothing again that a server has executed by now."""

    connector: str
    server: str
    words: str
    worker: str = ""


@dataclass(frozen=True, slots=True)
class WriterIs:
    """An Aurora cluster has this instance as its writer, or a global database this cluster (an ARN), and is available;
    or, with `underway`, it is about to: its status is another.
    """

    cluster: str
    writer: str
    words: str
    is_global: bool = False
    underway: bool = False
    region: str = ""
    """Empty: the SDK's own."""


Action = Sql | Remember | RememberOffset | Rest | Shell | Aws
Check = Holds | Fenced | ConnectorIs | Drained | WriterIs


@dataclass(frozen=True, slots=True)
class Step:
    """`before` must hold at once, `after` within `seconds`. `undo` takes back what the step did."""

    name: str
    title: str
    act: tuple[Action, ...] = ()
    before: tuple[Check, ...] = ()
    after: tuple[Check, ...] = ()
    undo: tuple[Action, ...] = ()
    seconds: float = 30.0
    no_return: bool = False
    """From here on nothing is taken back: what clients have written since would be lost."""
    apart: bool = False
    """Of one connector alone: where it fails, all others are seen to before the run ends."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, and the servers they speak of."""

    kind: str
    """`switchover`, or `failover` where the primary is dead; with `Aurora` or `global` where AWS does it."""
    servers: tuple[tuple[str, str], ...]
    """(name in the steps, `host:port`)."""
    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    """URLs of the workers of Connect that the steps speak of."""
    cluster: str = ""
    """ARN of the Aurora cluster, or name of the global database, where there is one."""

    def to_json(self) -> dict[str, Any]:
        """As a journal keeps it."""
        return {
            "kind": self.kind,
            "servers": [list(server) for server in self.servers],
            "warnings": list(self.warnings),
            "workers": list(self.workers),
            "cluster": self.cluster,
            "steps": [_step_to_json(step) for step in self.steps],
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Plan:
        """What `to_json` gave. Raises KeyError, TypeError or ValueError where it is none."""
        return cls(
            kind=given["kind"],
            servers=tuple((name, address) for name, address in given["servers"]),
            steps=tuple(_step_from_json(step) for step in given["steps"]),
            warnings=tuple(given["warnings"]),
            workers=tuple(given["workers"]),
            cluster=given.get("cluster", ""),
        )


_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Sql, Remember, RememberOffset, Rest, Shell, Aws, Holds, Fenced, ConnectorIs, Drained, WriterIs)
}
_LISTS = ("before", "act", "after", "undo")


def _step_to_json(step: Step) -> dict[str, Any]:
    parts = {name: [_part_to_json(part) for part in getattr(step, name)] for name in _LISTS}
    return {
        "name": step.name,
        "title": step.title,
        **{name: found for name, found in parts.items() if found},
        "seconds": step.seconds,
        "no_return": step.no_return,
        "apart": step.apart,
    }


def _part_to_json(part: Any) -> dict[str, Any]:
    return {"is": type(part).__name__, **asdict(part)}


def _step_from_json(given: Mapping[str, Any]) -> Step:
    parts = {name: tuple(_part_from_json(part) for part in given.get(name, ())) for name in _LISTS}
    no_return, apart = given["no_return"], given.get("apart", False)
    return Step(given["name"], given["title"], seconds=given["seconds"], no_return=no_return, apart=apart, **parts)


def _part_from_json(given: Mapping[str, Any]) -> Any:
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items() if name != "is"}
    return _KINDS[given["is"]](**fields)
