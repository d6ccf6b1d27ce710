"""What the facts of a connector mean: hop by hop, at which rates, and how soon the offset may be purged. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.ops.lag import binlog
from tailrace.ops.lag.capture import capture
from tailrace.ops.lag.facts import Facts, Replica
from tailrace.ops.lag.hop import Duration, Hop, Mood
from tailrace.ops.lag.purge import Purge, purge

FULL = 0.9
"""Share of a queue from which on the sink is what holds up."""
STORE_SECONDS = 2.0
"""From which on an offset is stored late: one is stored each second, and it takes a moment."""


@dataclass(frozen=True, slots=True)
class Report:
    """Of one connector."""

    connector: str
    state: str
    hops: tuple[Hop, ...]
    purge: Purge
    seconds: float | None
    """The greatest of the hops'; None: not known."""
    write_rate: float | None
    """Bytes of binlog a second that the source writes."""
    catch_up: float | None
    """Seconds until it has caught up, at the rates of both."""
    missing: tuple[str, ...]


def report(now: Facts, before: Facts | None = None, *, words: Duration) -> Report:
    """`before`: an earlier look, for rates."""
    write_rate, read_rate = rates(now, before)
    at_source = capture(now, words)
    replica = now.source.replica if now.source is not None else None
    hops = (*([_replica(replica)] if replica is not None else []), at_source, _deliver(now, words))
    seconds = [hop.seconds for hop in hops if hop.seconds is not None]
    known = at_source.seconds is not None and (replica is None or hops[0].seconds is not None)
    spare = None if write_rate is None or read_rate is None else read_rate - write_rate
    return Report(
        connector=now.name,
        state=now.state,
        hops=hops,
        purge=purge(now, write_rate, words),
        seconds=max(seconds) if known else None,
        write_rate=write_rate,
        catch_up=at_source.bytes / spare if at_source.bytes and spare and spare > 0 else None,
        missing=now.missing,
    )


def rates(now: Facts, before: Facts | None) -> tuple[float | None, float | None]:
    """Bytes a second that the source writes, and that the stored offset moves on."""
    if before is None or now.source is None or before.source is None or now.source.uuid != before.source.uuid:
        return None, None
    elapsed = now.at - before.at
    grown = binlog.written(before.source.files, now.source.files)
    if elapsed <= 0 or grown is None:
        return None, None
    moved = None
    if now.stored is not None and before.stored is not None and now.at_source:
        here = binlog.after(now.source.files, now.stored.file, now.stored.position)
        there = binlog.after(now.source.files, before.stored.file, before.stored.position)
        moved = max(0, there - here) / elapsed if here is not None and there is not None else None
    return grown / elapsed, moved


# Hops


def _replica(replica: Replica) -> Hop:
    name = f"{replica.source} → replica"
    if not (replica.receiving and replica.applying):
        which = " and ".join(
            part for part, runs in (("receiver", replica.receiving), ("applier", replica.applying)) if not runs
        )
        what = f"replication does not run ({which}): nothing of the primary comes here" + (
            f"; {replica.error}" if replica.error else ""
        )
        return Hop(name, Mood.DOWN, None, replica.seconds, None, replica.waiting, what)
    seconds = replica.seconds
    if replica.waiting or seconds:
        queue = f", {replica.waiting:,} transactions received and not applied" if replica.waiting else ""
        what = f"the replica applies late{queue}: what it has not applied, no connector can read here"
        return Hop(name, Mood.BEHIND, seconds, seconds, None, replica.waiting, what)
    what = "all that was received is applied; what the primary has not sent yet cannot be seen from here"
    return Hop(name, Mood.FINE, seconds, seconds, None, 0, what)


def _deliver(now: Facts, words: Duration) -> Hop:
    """From the reader to what the sink has taken and the offset says."""
    told, name = now.connector, "connector → sink"
    between = None
    if now.source and now.at_source and now.stored and told and told.read and told.read[0]:
        read = binlog.before(now.source.files, *told.read)
        stored = binlog.before(now.source.files, now.stored.file, now.stored.position)
        between = max(0, read - stored) if read is not None and stored is not None else None
    if told is None:
        return Hop(name, Mood.UNKNOWN, None, None, None, None, "it tells nothing of its queue (no metrics)")
    late = told.unstored
    if now.runs is False and told.queue:
        # Debezium reads on while it is paused, until its queue is full.
        what = f"it does not run ({now.state}): {told.queue:.0%} of the queue is taken, and nothing comes out of it"
        return Hop(name, Mood.DOWN, late, late, between, None, what)
    if told.queue is not None and told.queue >= FULL:
        what = f"the queue is {told.queue:.0%} full: the sink is what holds up"
        return Hop(name, Mood.BEHIND, late, late, between, None, what)
    if late is not None and late >= STORE_SECONDS:
        what = f"delivered transactions wait {words(late)} for their offset to be stored (offset.flush.interval.ms)"
        return Hop(name, Mood.BEHIND, late, late, between, None, what)
    share = f"{told.queue:.0%} of the queue is taken" if told.queue is not None else "the queue is not told"
    return Hop(name, Mood.FINE, late, late, between, None, f"the sink keeps up: {share}")
