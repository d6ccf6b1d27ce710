"""Every exactly-once sink: whatever happens, each event is there once, in order, in whole transactions."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from destinations import DESTINATIONS, Destination

import source
from source import Died, Engine, Event, Stored

HERE = Path(__file__).parent

every_destination = pytest.mark.parametrize("destination", DESTINATIONS, ids=lambda destination: destination.name)


def check(destination: Destination, path: Path, transactions: int) -> None:
    """All events, each once; order is kept in each sequence the destination keeps."""
    delivered = destination.delivered(path)
    assert sorted(event for events in delivered for event in events) == source.all_events(transactions)
    for events in delivered:
        assert events == sorted(events)


@every_destination
def test_a_quiet_run_delivers_everything(destination: Destination, tmp_path: Path) -> None:
    sink = destination.sink(tmp_path / "out")
    Engine(sink, Stored(), random.Random(1)).run(60)
    sink.close()
    sink.close()
    check(destination, tmp_path / "out", 60)


@every_destination
def test_nothing_at_all_is_a_run_too(destination: Destination, tmp_path: Path) -> None:
    stored = Stored()
    for _ in range(3):
        sink = destination.sink(tmp_path / "out")
        Engine(sink, stored, random.Random(1)).run(0)
        sink.close()
    check(destination, tmp_path / "out", 0)


@pytest.mark.timeout(120)
@every_destination
def test_deaths_between_any_two_steps_double_and_lose_nothing(destination: Destination, tmp_path: Path) -> None:
    for seed in range(6):
        path, stored, draw = tmp_path / str(seed), Stored(), random.Random(seed)
        deaths = 0.05
        while stored.offset < 60:
            sink = destination.sink(path)
            try:
                Engine(sink, stored, draw, deaths=deaths).run(60)
            except Died:
                deaths *= 0.95
            sink.close()
        Engine(again := destination.sink(path), stored, draw).run(60)
        again.close()
        check(destination, path, 60)


@pytest.mark.timeout(120)
@every_destination
@pytest.mark.parametrize("seed", range(2))
def test_kill_9_at_random_instants_doubles_and_loses_nothing(
    destination: Destination, tmp_path: Path, seed: int
) -> None:
    draw, path, storage = random.Random(seed), tmp_path / "out", tmp_path / "storage.db"
    command = [sys.executable, str(HERE / "victim.py"), destination.name, str(path), str(storage), "400"]
    for attempt in range(30):
        lines = draw.randint(0, 40) if attempt < 6 else None
        with subprocess.Popen([*command, str(draw.random())], stdout=subprocess.PIPE, text=True) as victim:
            assert victim.stdout is not None
            for number, _ in enumerate(victim.stdout):
                if number == lines:
                    victim.kill()
        if victim.returncode == 0:
            break
        assert victim.returncode < 0
    check(destination, path, 400)


@every_destination
def test_the_end_of_a_snapshot_makes_what_came_before_it_whole(destination: Destination, tmp_path: Path) -> None:
    events = [Event(0, number) for number in range(50)]
    sink = destination.sink(tmp_path / "out")
    sink.open(None)
    sink.write(source.FakeBatch.of(events[:20], 0))
    sink.write(source.FakeBatch.of(events[20:], 0))
    sink.end_transaction()
    acknowledge = sink.flush(final=True)
    assert acknowledge
    sink.stored(acknowledge())
    sink.close()
    assert sorted(event for some in destination.delivered(tmp_path / "out") for event in some) == events


@every_destination
def test_a_flush_inside_a_transaction_does_not_vouch_for_its_beginning(
    destination: Destination, tmp_path: Path
) -> None:
    stored = Stored()
    sink = destination.sink(tmp_path / "out")
    stored.state = sink.open(None)
    first, second = source.events_of(0), source.events_of(12)
    sink.write(source.FakeBatch.of([*first, *second[:100]], len(first)))
    sink.write(source.FakeBatch.of(second[100:200], 0))
    acknowledge = sink.flush(final=True)
    assert acknowledge
    sink.write(source.FakeBatch.of(second[200:], len(second) - 200))
    stored = Stored(1, acknowledge())
    sink.stored(stored.state or {})
    sink.close()
    sink = destination.sink(tmp_path / "out")
    sink.open(stored.state)
    sink.close()
    assert sorted(event for some in destination.delivered(tmp_path / "out") for event in some) == first


@every_destination
def test_a_rollback_leaves_nothing_of_the_open_transaction(destination: Destination, tmp_path: Path) -> None:
    first, second = source.events_of(0), source.events_of(12)
    sink = destination.sink(tmp_path / "out")
    sink.open(None)
    sink.write(source.FakeBatch.of([*first, *second[:100]], len(first)))
    sink.write(source.FakeBatch.of(second[100:200], 0))
    assert sink.rollback()
    assert sink.rollback()
    acknowledge = sink.flush(final=True)
    assert acknowledge
    sink.stored(acknowledge())
    sink.close()
    assert sorted(event for some in destination.delivered(tmp_path / "out") for event in some) == first
