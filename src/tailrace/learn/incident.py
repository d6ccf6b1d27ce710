"""Blind incidents: a fault of the lab is brought about, and only what somebody on call sees is told.

Which fault it is is drawn. To pass, its name must be given, and the connector must run and have all there is; what the
doctor or the lag command says of the fault must be gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailrace.lab import faults
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, named
from tailrace.learn.observe import answer, awaited
from tailrace.learn.stage import CONNECTOR, DATABASE

if TYPE_CHECKING:
    from random import Random

    from tailrace.lab.faults import Fault, Sign
    from tailrace.lab.verify import Verdict
    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

CAUSE = f"{HIDDEN}cause"
OTHER = f"{HIDDEN}other"
"""A wrong cause that is among the choices."""
SEED = f"{HIDDEN}seed"
"""What the fault draws by."""
RUN_SECONDS = 3.0
COMPLETE_SECONDS = 15.0
"""What is repaired needs a moment; what is not needs no long wait to be told so."""
SCRIPTS = "incident"
"""Folder of the scripts that all incidents share."""


def incident(
    name: str,
    *,
    lesson: int,
    pool: tuple[str, ...],
    choices: tuple[str, ...],
    abilities: tuple[str, ...],
) -> Exercise:
    """`pool`: faults of which one is drawn; `choices`: names of faults to choose from, those of the pool among them."""
    needs = frozenset().union(*(faults.find(fault).needs for fault in pool))
    parts = {"worker"} | ({"endpoint"} if faults.Need.ENDPOINT in needs else set())

    def draw(random: Random) -> dict[str, str]:
        drawn = random.choice(pool)
        other = random.choice([choice for choice in choices if choice != drawn])
        return {CAUSE: drawn, OTHER: other, SEED: str(random.randrange(1 << 31))}

    return Exercise(
        name=name,
        lesson=lesson,
        kind=Kind.INCIDENT,
        abilities=abilities,
        draw=draw,
        prepare=prepare,
        questions=(Question("cause", choices),),
        observations=OF_FAULT,
        parts=frozenset(parts),
        scripts=SCRIPTS,
    )


def prepare(stage: Stage, values: dict[str, str]) -> None:
    """A shop with its connector, to which the fault CAUSE happens."""
    primary = stage.primary
    primary.execute(f"CREATE DATABASE {DATABASE}")
    primary.execute(f"CREATE TABLE {DATABASE}.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40))")
    endpoint = stage.lab.endpoint
    # A dead path is given up after three seconds, so that nobody waits for it.
    changes = {"connect.timeout.ms": "3000"} | ({"database.port": str(endpoint.port)} if endpoint else {})
    stage.make_connector(changes)
    primary.execute(f"INSERT INTO {DATABASE}.orders (note) VALUES ('first'), ('second')")
    stage.settle()
    done = faults.inject(
        values[CAUSE],
        stage.lab,
        connector=CONNECTOR,
        worker=stage.connect,
        seed=int(values[SEED]),
        blind=True,
    )
    values |= {f"{HIDDEN}{name}": value for name, value in done.values.items()}
    values[f"{HIDDEN}repair"] = _script(faults.find(values[CAUSE]), done.values)


def _script(fault: Fault, values: Values) -> str:
    """The documented repair as a learner would type it."""
    said = []
    for step in fault.repair:
        text = faults.filled(step.text, values)
        if step.at is faults.At.SHELL:
            said.append(text)
        else:
            replica = " --replica" if step.at is faults.At.REPLICA else ""
            said.append(f"tailrace lab mysql{replica} <<'END'\n{text}\nEND")
    return "\n".join(said)


def _running(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    stage.until(stage.is_running, RUN_SECONDS)
    return Seen(stage.is_running(), stage.state())


def _complete(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """What it wrote makes the tables that the source has."""
    if not stage.is_running():
        return Seen(holds=False, evidence=stage.state())
    return awaited(stage.until_still, lambda: _made(stage.unequal()), COMPLETE_SECONDS)


def _made(wrong: list[Verdict]) -> Seen:
    return Seen(
        not wrong, ", ".join(f"{each.table}: {each.rebuilt_rows} ≠ {each.server_rows}" for each in wrong) or "="
    )


OBSERVED: Final = (
    named("cause"),
    Observation("running", _running),
    Observation("complete", _complete),
)
"""Of every incident: the cause is named as the value CAUSE has it, and what is captured is whole again."""


def _gone(stage: Stage, values: Values, _answers: Answers) -> Seen:
    drawn = {name.removeprefix(HIDDEN): value for name, value in values.items()}
    signs = [sign for sign in faults.find(values[CAUSE]).found_by if sign.engine.includes(faults.Engine.TAILRACE)]
    left = [sign for sign in signs if not sign.stays and _said(stage, sign, drawn)]
    # Which command it is, and not what it says: that is for the learner to read.
    asked = dict.fromkeys(faults.filled(sign.command.partition(" --")[0], drawn) for sign in left or signs)
    return Seen(not left, ", ".join(asked))


OF_FAULT: Final = (*OBSERVED, Observation("gone", _gone))
"""Of every incident that is a fault of the lab."""


def _said(stage: Stage, sign: Sign, values: Values) -> bool:
    """Whether the command that finds it still tells of it: the one that the troubleshooting page prints."""
    line = faults.filled(sign.line, values)
    if sign.how is faults.How.DOCTOR:
        found = answer(stage, sign.command, values)["findings"]
        return any(each["check"] == sign.name and line in f"{each['message']} {each['evidence']}" for each in found)
    if sign.how is faults.How.LAG:
        hops = answer(stage, sign.command, values)[0]["hops"]
        return any(sign.name in each["name"] and each["mood"] == sign.mood and line in each["meaning"] for each in hops)
    return False
