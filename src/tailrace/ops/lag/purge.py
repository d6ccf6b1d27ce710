"""How far the stored offset is from being purged at the source. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.ops.lag import binlog
from tailrace.ops.lag.capture import gap
from tailrace.ops.lag.facts import Facts, Source, Stored
from tailrace.ops.lag.hop import Duration


@dataclass(frozen=True, slots=True)
class Purge:
    """How far the stored offset is from being purged at the source."""

    bytes: int | None
    """Of binlog that the source still has before it."""
    seconds: float | None
    """Until it may be purged, were the connector to stand still."""
    meaning: str


def purge(now: Facts, write_rate: float | None, words: Duration) -> Purge:
    """`write_rate`: bytes of binlog a second that the source writes; None: not known."""
    source, stored = now.source, now.stored
    if source is None or stored is None:
        left = now.connector.to_purge if now.connector is not None else None
        return Purge(left, None, "when it is purged cannot be told: that needs the source and the stored offset")
    left = binlog.before(source.files, stored.file, stored.position) if now.at_source else None
    if binlog.is_purged(source, stored):
        return Purge(0, 0.0, "the offset is purged: what followed it is gone at this source; a new snapshot is needed")
    if left is None:
        what = "the offset's file is of another server: what follows it is all here, its distance cannot be told"
        return Purge(None, None, what)
    if source.expires_after is None:
        return Purge(left, None, "this source purges nothing by age (binlog_expire_logs_seconds = 0)")
    least = None if stored.committed is None else stored.committed + source.expires_after - source.now
    at_rate = _at_rate(source, stored, write_rate)
    seconds = at_rate if at_rate is not None else least
    if seconds is None:
        kept = words(source.expires_after)
        return Purge(left, None, f"files live {kept} after their last write; the offset has no time of its own")
    if gap(now) == 0:
        what = f"nothing follows the offset: it may stand still for {words(source.expires_after)}"
        return Purge(left, source.expires_after, what)
    how = "at this rate" if at_rate is not None else "at the soonest"
    if seconds <= 0:
        return Purge(left, 0.0, f"the offset's file is due: the next rotation may purge it ({how})")
    return Purge(left, seconds, f"if the connector stood still, the offset would be purged in {words(seconds)} {how}")


def _at_rate(source: Source, stored: Stored, write_rate: float | None) -> float | None:
    """A file is purged when its last write is too old: that was so many bytes ago, or is so many bytes ahead."""
    if not write_rate or source.expires_after is None:
        return None
    end = 0
    for name, size in source.files:
        end += size
        if name == stored.file:
            break
    is_current = source.files[-1][0] == stored.file
    # The file that is being written cannot be purged; when it will be whole is not known, so it counts as whole now.
    return source.expires_after if is_current else source.expires_after - (source.written - end) / write_rate
