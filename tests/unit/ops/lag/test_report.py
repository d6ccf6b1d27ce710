"""What lag figures mean. The cases of Debezium are those that a real one (3.6.1) has shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.cli.show import duration, size
from tailrace.ops.lag import binlog
from tailrace.ops.lag.facts import Connector, Facts, Replica, Source, Stored
from tailrace.ops.lag.hop import Mood
from tailrace.ops.lag.report import Report, report
from tailrace.ops.lag.retention import MARGIN, Need, compute

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
FILES = (("binlog.000002", 1000), ("binlog.000003", 1000), ("binlog.000004", 500))
SOURCE = Source("db:3306", UUID, 5000.0, f"{UUID}:1-100", "", FILES, 86_400.0)
STORED = Stored("binlog.000004", 400, f"{UUID}:1-90", 4990.0)
ALL = replace(STORED, position=500, gtids=f"{UUID}:1-100")
DEBEZIUM = Connector("debezium", connected=True, lag=0.006, quiet=0.2, queue=0.01, read=("", 450))
OWN = Connector("tailrace", "streaming", connected=True, lag=0.006, quiet=0.2, queue=0.0, unstored=0.0)
FACTS = Facts(100.0, "shop", "RUNNING, task 0 RUNNING", True, SOURCE, DEBEZIUM, STORED, "db:3306")  # noqa: FBT003 - as told


def of(facts: Facts, before: Facts | None = None) -> Report:
    return report(facts, before, words=duration)


def test_a_lag_of_a_deaf_connector_is_frozen_and_grows_all_the_same() -> None:
    deaf = replace(DEBEZIUM, connected=False, quiet=48.0)
    found = of(replace(FACTS, connector=deaf))
    (capture, _) = found.hops
    assert (capture.mood, capture.seconds, capture.told, found.seconds) == (Mood.FROZEN, 48.0, 0.006, 48.0)
    assert "Connected = 0, last event 48 s ago, the source has 10 transactions more" in capture.meaning
    assert "the 6 ms it tells is from before" in capture.meaning


def test_a_dead_connection_that_still_counts_as_connected_is_found_by_silence_and_gap() -> None:
    silent = replace(DEBEZIUM, quiet=60.0)
    assert of(replace(FACTS, connector=silent)).hops[0].mood is Mood.FROZEN
    # The same silence where the source has nothing more is no lag at all.
    idle = of(replace(FACTS, connector=silent, stored=ALL))
    assert (idle.hops[0].mood, idle.seconds) == (Mood.FINE, 0.0)
    assert "silence, not lag" in idle.hops[0].meaning


def test_a_connector_that_hears_nothing_at_another_address_is_not_fine() -> None:
    elsewhere = replace(FACTS, source=replace(SOURCE, where="db1:3306"), configured="endpoint:3306")
    for silent in (replace(DEBEZIUM, quiet=60.0), replace(OWN, quiet=60.0, reads="another")):
        (capture, _) = of(replace(elsewhere, connector=silent)).hops
        assert (capture.mood, capture.seconds) == (Mood.UNKNOWN, None)
        assert "another address (endpoint:3306)" in capture.meaning
        assert "this server has 10 transactions more" in capture.meaning
    idle = of(replace(elsewhere, connector=replace(DEBEZIUM, quiet=60.0), stored=ALL))
    assert (idle.hops[0].mood, idle.seconds) == (Mood.FINE, 0.0)


def test_a_debezium_that_has_read_all_has_no_lag_though_its_stored_offset_is_old() -> None:
    # It stores with records: what is not captured moves nothing, and the last transaction counts with the next.
    read = replace(FACTS, connector=replace(DEBEZIUM, quiet=900.0, read=("", 500)))
    (capture, _) = of(read).hops
    assert (capture.mood, capture.seconds, capture.transactions) == (Mood.FINE, 0.0, 10)
    assert "read the binlog to its end" in capture.meaning
    last = replace(FACTS, stored=replace(ALL, gtids=f"{UUID}:1-99", inside=True))
    assert of(last).hops[0].transactions == 0
    # A connection that is lost is told, all the same.
    assert of(replace(read, connector=replace(DEBEZIUM, connected=False, read=("", 500)))).hops[0].mood is Mood.FROZEN


def test_gap_and_bytes_are_those_between_the_stored_offset_and_the_source() -> None:
    (capture, _) = of(FACTS).hops
    assert (capture.transactions, capture.bytes, capture.mood) == (10, 100, Mood.FINE)
    without = replace(FACTS, source=replace(SOURCE, executed=""), stored=replace(STORED, gtids=""))
    assert (of(without).hops[0].transactions, of(without).hops[0].bytes) == (None, 100)


def test_files_of_another_server_say_nothing_though_its_gtids_do() -> None:
    elsewhere = replace(FACTS, source=replace(SOURCE, where="replica:3306"))
    (capture, _) = of(elsewhere).hops
    assert (capture.bytes, capture.transactions) == (None, 10)
    assert of(elsewhere).purge.bytes is None
    # Tailrace knows which server it reads, whatever the address.
    known = replace(elsewhere, connector=replace(OWN, reads=UUID))
    assert of(known).hops[0].bytes == 100
    assert of(replace(FACTS, connector=replace(OWN, reads="another"))).hops[0].bytes is None


def test_a_server_that_lacks_what_was_captured_is_not_a_lag_of_zero() -> None:
    behind = of(replace(FACTS, source=replace(SOURCE, executed=f"{UUID}:1-80")))
    assert (behind.hops[0].mood, behind.seconds) == (Mood.UNKNOWN, None)
    assert "10 transactions that this server never executed" in behind.hops[0].meaning


def test_a_connector_that_does_not_run_is_behind_by_the_clock() -> None:
    stopped = replace(FACTS, state="STOPPED", runs=False, connector=None)
    assert (of(stopped).hops[0].mood, of(stopped).seconds) == (Mood.DOWN, 10.0)
    nothing = of(replace(stopped, stored=ALL))
    assert nothing.seconds == 0.0
    assert of(replace(stopped, source=None)).seconds is None


def test_tailrace_that_reconnects_is_down_since_then() -> None:
    away = replace(OWN, state="reconnecting", connected=False, lag=31.0, away=30.0)
    found = of(replace(FACTS, connector=away))
    assert (found.hops[0].mood, found.seconds) == (Mood.DOWN, 31.0)
    assert "reconnecting for 30 s" in found.hops[0].meaning


def test_no_event_yet_is_unknown_and_not_minus_one() -> None:
    new = of(replace(FACTS, connector=replace(DEBEZIUM, lag=None, quiet=None)))
    assert new.seconds is None
    assert "(-1)" in new.hops[0].meaning


def test_what_a_paused_connector_goes_on_to_read_is_not_said_to_be_delivered() -> None:
    paused = replace(FACTS, runs=False, state="PAUSED, task 0 PAUSED", connector=replace(DEBEZIUM, queue=0.52))
    (_, delivery) = of(paused).hops
    assert delivery.mood is Mood.DOWN
    assert "52% of the queue is taken, and nothing comes out of it" in delivery.meaning
    assert of(replace(paused, connector=replace(DEBEZIUM, queue=0.0))).hops[1].mood is Mood.FINE


def test_a_sink_that_holds_up_is_told_of_its_own_hop() -> None:
    full = of(replace(FACTS, connector=replace(DEBEZIUM, queue=0.99)))
    assert full.hops[1].mood is Mood.BEHIND
    assert "99% full: the sink" in full.hops[1].meaning
    due = of(replace(FACTS, connector=replace(OWN, unstored=1.2)))
    assert due.hops[-1].mood is Mood.FINE, "it is stored each second"
    late = of(replace(FACTS, connector=replace(OWN, unstored=40.0, read=("binlog.000004", 450))))
    assert (late.hops[1].seconds, late.hops[1].bytes, late.seconds) == (40.0, 50, 40.0)


@pytest.mark.parametrize(
    ("replica", "mood", "seconds"),
    [
        (Replica("p:1", True, True, 0.0, 0), Mood.FINE, 0.0),  # noqa: FBT003 - both threads
        (Replica("p:1", True, True, 90.0, 7), Mood.BEHIND, 90.0),  # noqa: FBT003 - the same
        (Replica("p:1", False, True, None, 0, "no route"), Mood.DOWN, None),  # noqa: FBT003 - the same
    ],
)
def test_a_replica_as_the_source_is_a_hop_of_its_own(replica: Replica, mood: Mood, seconds: float | None) -> None:
    found = of(replace(FACTS, source=replace(SOURCE, replica=replica)))
    assert [hop.name for hop in found.hops] == ["p:1 → replica", "source → connector", "connector → sink"]
    assert (found.hops[0].mood, found.hops[0].seconds) == (mood, seconds)
    # What the replica has not got cannot be seen behind it.
    assert found.seconds == (None if seconds is None else max(seconds, 0.006))


# Purging


def test_the_forecast_goes_by_the_rate_at_which_the_source_writes() -> None:
    early = Stored("binlog.000002", 900, f"{UUID}:1-20", 4000.0)
    old = replace(FACTS, stored=early)
    assert (of(old).purge.bytes, of(old).purge.seconds) == (900, 4000.0 + 86_400 - 5000)
    before = replace(old, at=90.0, source=replace(SOURCE, files=(*FILES[:2], ("binlog.000004", 400))))
    found = of(old, before)
    # 10 bytes a second: the file's last write was 1,500 bytes ago.
    assert (found.write_rate, found.purge.seconds) == (10.0, 86_400.0 - 150)
    assert "23 h 57 m at this rate" in found.purge.meaning
    assert found.catch_up is None
    # The file that is being written lives for a whole period after it.
    assert of(FACTS, before).purge.seconds == 86_400.0


def test_what_is_purged_is_told_by_gtids_and_by_files() -> None:
    gone = replace(SOURCE, purged=f"{UUID}:1-95")
    assert of(replace(FACTS, source=gone)).purge.seconds == 0.0
    assert "a new snapshot is needed" in of(replace(FACTS, source=gone)).purge.meaning
    plain = replace(FACTS, source=replace(SOURCE, executed=""), stored=Stored("binlog.000001", 4))
    assert of(plain).purge.bytes == 0
    never = of(replace(FACTS, source=replace(SOURCE, expires_after=None)))
    assert "purges nothing by age" in never.purge.meaning
    assert "nothing follows the offset" in of(replace(FACTS, stored=ALL)).purge.meaning


def test_catching_up_needs_more_than_the_source_writes() -> None:
    before = replace(
        FACTS,
        at=90.0,
        source=replace(SOURCE, files=(*FILES[:2], ("binlog.000004", 400))),
        stored=replace(STORED, position=100),
    )
    found = of(FACTS, before)
    assert (found.write_rate, found.catch_up) == (10.0, 100 / 20)
    assert of(replace(FACTS, stored=before.stored), before).catch_up is None


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=9), st.data())
def test_before_and_after_a_place_are_the_whole_binlog(sizes: list[int], data: st.DataObject) -> None:
    files = tuple((f"b.{number:06}", each) for number, each in enumerate(sizes, 3))
    name, length = data.draw(st.sampled_from(files))
    position = data.draw(st.integers(0, length))
    before, after = binlog.before(files, name, position), binlog.after(files, name, position)
    assert before is not None
    assert after is not None
    assert before + after == sum(sizes)
    assert binlog.before(files, "b.000001", 4) == 0
    assert binlog.before(files, "other.000001", 4) is None


# Retention


def test_binlogs_are_kept_for_the_snapshot_times_the_factor() -> None:
    found = compute(Need(36_000_000, 10_000, 1000.0, 7200.0, 2.0, 10**9))
    assert (found.snapshot, found.expire, found.bytes) == (3600.0, 7200 + MARGIN, 1000 * (7200 + MARGIN))
    assert (found.enough, found.fits) == (False, True)
    assert compute(Need(0, 1, 1e6, None)).enough
    assert compute(Need(36_000_000, 10_000, 1e9, 1e9, disk_free=10**9)).fits is False


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.0061, "6 ms"),
        (0.35, "0.35 s"),
        (59.6, "1 m"),
        (11_400, "3 h 10 m"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_read_well(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_sizes_read_well() -> None:
    assert [size(each) for each in (0, 812, 1400, 140_000, 5e6, 2e12)] == [
        "0 B",
        "812 B",
        "1.4 kB",
        "140 kB",
        "5.0 MB",
        "2.0 TB",
    ]
