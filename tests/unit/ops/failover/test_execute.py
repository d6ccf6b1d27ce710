"""Steps are carried out once, in order, through kills; what fails before the point of no return is taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tailrace.errors import AwsDenied, AwsError, FailoverError
from tailrace.ops.failover.execute import Told, execute
from tailrace.ops.failover.hands import Verdict
from tailrace.ops.failover.journal import Journal
from tailrace.ops.failover.step import Holds, Plan, Remember, Sql, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailrace.ops.failover.step import Action, Check


class Killed(BaseException):
    """The process is gone: nothing is taken back."""


class World:
    """What the statements have made of it: a set of words. `not WORD` takes one away."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self.done: list[str] = []
        self.breaks: dict[str, BaseException] = {}
        self.kill_at = -1
        self.calls = 0

    def act(self, action: Action, values: Mapping[str, str], seconds: float) -> dict[str, str]:
        assert seconds > 0
        assert "nothing" not in values
        self._count()
        if isinstance(action, Remember):
            return {action.name: "remembered"}
        assert isinstance(action, Sql)
        for word in action.statements:
            if word in self.breaks:
                raise self.breaks[word]
            self.done.append(word)
            taken = word.removeprefix("not ")
            (self.words.discard if word != taken else self.words.add)(taken)
        # The worst moment: done, and not yet noted.
        self._count()
        return {}

    def judge(self, check: Check, values: Mapping[str, str]) -> Verdict:
        assert isinstance(check, Holds)
        # What is not remembered yet is nothing that a server understands.
        word = check.query.format_map({"final": "unknown", **values})
        return Verdict(word in self.words or word == "remembered", check.words, f"not {word}")

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self.kill_at:
            raise Killed


def step(name: str, *, no_return: bool = False, before: str = "", **more: object) -> Step:
    checks = (Holds("s", before, "", before),) if before else ()
    act, after = (Sql("s", (name,)),), (Holds("s", name, "", f"{name} holds"),)
    undo = () if no_return else (Sql("s", (f"not {name}",)),)
    return Step(name, name, act, checks, after, undo, seconds=0.01, no_return=no_return, **more)  # type: ignore[arg-type]


PLAN = Plan(
    "switchover",
    (("source", "a:1"), ("candidate", "b:1")),
    (
        step("stop"),
        step("fence"),
        Step("drain", "drain", (Remember("final", "s", "q"),), after=(Holds("s", "{final}", "", "has it"),)),
        step("promote", no_return=True, before="fence"),
        step("move"),
    ),
)


def run(world: World, file: Path) -> list[tuple[str, str]]:
    told: list[Told] = []
    with Journal(file) as journal:
        if journal.plan is None:
            journal.begin(PLAN)
        try:
            execute(journal.plan or PLAN, journal, world, told.append)
        finally:
            file.with_suffix(".told").write_text(json.dumps([(one.step.name, one.state) for one in told]))
    return [(one.step.name, one.state) for one in told]


def test_all_steps_are_done_in_their_order(tmp_path: Path) -> None:
    world = World()
    assert [state for _, state in run(world, tmp_path / "j")] == ["done"] * 5
    assert world.done == ["stop", "fence", "promote", "move"]
    # What was found before a step is told as what was found after it.
    promoted = next(line for line in (tmp_path / "j").read_text().splitlines() if '"promote", "state": "done"' in line)
    assert json.loads(promoted)["evidence"] == ["fence: not fence", "promote holds: not promote"]


@pytest.mark.parametrize("kill_at", range(1, 10))
def test_a_run_that_is_killed_anywhere_goes_on_where_it_was(kill_at: int, tmp_path: Path) -> None:
    world = World()
    world.kill_at = kill_at
    with pytest.raises(Killed):
        run(world, tmp_path / "j")
    run(world, tmp_path / "j")
    assert world.words == {"stop", "fence", "promote", "move"}
    # What was done already was seen to be done.
    assert world.done == ["stop", "fence", "promote", "move"]


@pytest.mark.parametrize("error", [FailoverError("broken"), KeyboardInterrupt()])
def test_what_fails_before_the_point_of_no_return_is_taken_back_last_first(
    error: BaseException, tmp_path: Path
) -> None:
    world = World()
    world.breaks = {"fence": error}
    with pytest.raises(FailoverError, match="fence") as caught:
        run(world, tmp_path / "j")
    assert world.words == set()
    assert world.done == ["stop", "not fence", "not stop"]
    assert "taken back" in (caught.value.hint or "")
    world.breaks = {}
    run(world, tmp_path / "j")  # nothing is left to resume: a new run
    assert world.words == {"stop", "fence", "promote", "move"}


def test_nothing_is_taken_back_once_clients_may_have_written_to_the_new_primary(tmp_path: Path) -> None:
    world = World()
    world.breaks = {"move": FailoverError("no route")}
    with pytest.raises(FailoverError, match="no route") as caught:
        run(world, tmp_path / "j")
    assert "point of no return" in (caught.value.hint or "")
    assert world.words == {"stop", "fence", "promote"}
    world.breaks = {}
    assert run(world, tmp_path / "j") == [
        *((name, "skipped") for name in ("stop", "fence", "drain", "promote")),
        ("move", "done"),
    ]
    assert world.done.count("promote") == 1


def test_a_promotion_that_fails_half_way_is_not_taken_back_either(tmp_path: Path) -> None:
    world = World()
    world.breaks = {"promote": FailoverError("lost connection")}
    with pytest.raises(FailoverError, match="promote"):
        run(world, tmp_path / "j")
    assert world.words == {"stop", "fence"}


def test_a_connector_that_cannot_go_on_keeps_no_other_from_it_and_is_tried_again(tmp_path: Path) -> None:
    world = World()
    world.breaks = {"first": FailoverError("it is ahead")}
    plan = Plan(
        "failover", (), (step("promote", no_return=True), *(step(name, apart=True) for name in ("first", "second")))
    )

    def play() -> list[str]:
        with Journal(tmp_path / "j") as journal:
            if journal.plan is None:
                journal.begin(plan)
            told: list[Told] = []
            execute(journal.plan or plan, journal, world, told.append)
            return [one.state for one in told]

    with pytest.raises(FailoverError, match="first: it is ahead"):
        play()
    assert world.words == {"promote", "second"}
    world.breaks = {}
    assert play() == ["skipped", "done", "skipped"]


def test_what_aws_does_not_allow_was_not_done_and_all_before_is_taken_back(tmp_path: Path) -> None:
    world = World()
    world.breaks = {"promote": AwsDenied("no permission")}
    with pytest.raises(FailoverError, match="no permission") as caught:
        run(world, tmp_path / "j")
    assert world.words == set()
    assert "taken back" in (caught.value.hint or "")


def test_where_aws_gives_up_what_it_has_begun_nobody_waits_and_all_is_taken_back(tmp_path: Path) -> None:
    world = World()
    judge = world.judge

    def given_up(check: Check, values: Mapping[str, str]) -> Verdict:
        if check == Holds("s", "move", "", "move holds"):
            return Verdict(holds=False, words="", found="Promoting previous primary again", lasts=True)
        return judge(check, values)

    world.judge = given_up  # type: ignore[method-assign]
    with pytest.raises(FailoverError, match="AWS has given up; found: Promoting previous primary again") as caught:
        run(world, tmp_path / "j")
    assert "taken back" in (caught.value.hint or "")
    assert world.done[-2:] == ["not fence", "not stop"]


def test_a_run_that_was_killed_after_it_had_asked_aws_awaits_what_it_asked_for(tmp_path: Path) -> None:
    world = World()
    busy = AwsError("it is failing over")
    busy.code = "InvalidDBClusterStateFault"
    world.breaks = {"promote": busy}
    with pytest.raises(FailoverError, match="failing over"):
        run(world, tmp_path / "j")  # not its own order: it says so
    with Journal(tmp_path / "j") as journal:
        journal.note("promote", "begun")
    calls = world.judge

    def judge(check: Check, values: Mapping[str, str]) -> Verdict:
        if check == Holds("s", "promote", "", "promote holds") and world.calls > asked + 1:
            world.words.add("promote")
        world.calls += 1
        return calls(check, values)

    asked, world.judge = world.calls, judge  # type: ignore[method-assign]
    assert run(world, tmp_path / "j")[-2:] == [("promote", "done"), ("move", "done")]


def test_a_check_that_does_not_hold_before_keeps_the_step_from_being_done(tmp_path: Path) -> None:
    world = World()
    with Journal(tmp_path / "j") as journal:
        journal.begin(PLAN)
        journal.note("fence", "done")  # and yet it does not hold any more
        with pytest.raises(FailoverError, match="does not hold") as caught:
            execute(PLAN, journal, world, lambda _: None)
    assert "promote" not in world.done
    # It was not begun, so this is not past the point of no return.
    assert "taken back" in (caught.value.hint or "")


def test_what_could_not_be_taken_back_is_named(tmp_path: Path) -> None:
    world = World()
    world.breaks = {"fence": FailoverError("broken"), "not stop": FailoverError("worker away")}
    with pytest.raises(FailoverError, match=r"could be taken back: stop \(worker away\)"):
        run(world, tmp_path / "j")


def test_a_journal_is_one_runs_at_a_time_and_outlives_half_a_line(tmp_path: Path) -> None:
    file = tmp_path / "j"
    with Journal(file) as journal:
        with pytest.raises(FailoverError, match="another run"):
            Journal(file)
        journal.begin(PLAN)
        journal.note("stop", "done", values={"final": "x"})
    with file.open("a") as out:
        out.write('{"step": "fen')
    with Journal(file) as journal:
        assert journal.states() == {"stop": "done"}
        assert journal.values == {"final": "x"}
        journal.note("fence", "done")
    with Journal(file) as journal:
        assert journal.states() == {"stop": "done", "fence": "done"}
    file.write_text("nonsense\n")
    with pytest.raises(FailoverError, match="no journal"):
        Journal(file)


def test_a_finished_journal_is_kept_beside_the_next(tmp_path: Path) -> None:
    file = tmp_path / "j.jsonl"
    run(World(), file)
    run(World(), file)
    assert len(list(tmp_path.glob("j-*.jsonl"))) == 1
