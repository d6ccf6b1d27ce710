"""The final drill: three faults of the lab, one after the other, each told by a call that several of them have in
common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailrace.learn.exercise import CALL, HIDDEN, NUMBER, Exercise, Kind, Question
from tailrace.learn.incident import CAUSE, OF_FAULT, OTHER, SCRIPTS, SEED, prepare

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.stage import Stage

INCIDENTS: Final = 3
LIMIT_SECONDS: Final = 15 * 60.0
CALLS: Final = {
    "silence": (
        "dead-path",
        "stale-endpoint",
        "connector-paused",
        "account-locked",
        "grant-revoked",
        "password-changed",
        "binlog-purged",
        "statement-format",
        "server-id-clash",
    ),
    "differs": ("wrong-filter", "ghost-swap", "row-image-minimal", "time-zone"),
    "stuck": ("xa-prepared", "table-locked"),
    "before": (
        "errant-transaction",
        "replication-broken",
        "replica-delayed",
        "gtid-permissive",
        "short-retention",
    ),
}
"""What somebody on call hears, and the faults of which it may be heard; each fault has one."""
CAUSES: Final = tuple(sorted(fault for faults in CALLS.values() for fault in faults))
_DRAWN: Final = f"{HIDDEN}drawn"


def draw(random: Random) -> dict[str, str]:
    """The faults of one drill in their order: of as many calls, so none comes twice."""
    calls = random.sample(sorted(CALLS), INCIDENTS)
    return {_DRAWN: " ".join(random.choice(CALLS[call]) for call in calls), SEED: str(random.randrange(1 << 31))}


def drawn(values: dict[str, str]) -> tuple[str, ...]:
    """The faults of the drill that these values are of."""
    return tuple(values[_DRAWN].split())


def _prepare(stage: Stage, values: dict[str, str]) -> None:
    cause = drawn(values)[int(values[NUMBER]) - 1]
    call = next(call for call, faults in CALLS.items() if cause in faults)
    # What it may be mistaken for is heard of in the same way.
    like = CALLS[call]
    values |= {CAUSE: cause, OTHER: like[like.index(cause) - 1], CALL: call}
    prepare(stage, values)


EXERCISES: Final = (
    Exercise(
        name="final-drill",
        lesson=16,
        kind=Kind.DRILL,
        abilities=("R6", "R8"),
        draw=draw,
        prepare=_prepare,
        questions=(Question("cause", CAUSES),),
        observations=OF_FAULT,
        parts=frozenset({"worker", "endpoint"}),
        scripts=SCRIPTS,
        incidents=INCIDENTS,
        limit=LIMIT_SECONDS,
    ),
)
