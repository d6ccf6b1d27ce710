"""The hop from the source to the connector: the figure that it tells, and whether it can be believed. Pure."""

from __future__ import annotations

from tailrace.ops.lag import binlog
from tailrace.ops.lag.facts import Connector, Facts
from tailrace.ops.lag.hop import Duration, Hop, Mood

DEAF_SECONDS = 10.0
"""A connector that hears nothing for so long while the source has more is not slow but deaf."""


def capture(now: Facts, words: Duration) -> Hop:
    """Bytes and transactions are those behind the stored offset, seconds those that the connector tells, or more."""
    mood, seconds, meaning = _judge(now, words)
    told = now.connector.lag if now.connector is not None else None
    return Hop("source → connector", mood, seconds, told, behind(now), gap(now), meaning)


Judgement = tuple[Mood, float | None, str]


def _judge(now: Facts, words: Duration) -> Judgement:
    if now.source is not None and now.stored is not None and (ahead := binlog.ahead(now.source, now.stored)):
        what = f"the offset has {ahead} transactions that this server never executed: it is another server, or it lags"
        return Mood.UNKNOWN, None, what
    if now.runs is False:
        late = since_offset(now)
        so_far = (
            "nothing waits" if late == 0 else f"at most {words(late)} so far" if late else "it cannot be told how far"
        )
        return Mood.DOWN, late, f"it does not run ({now.state}): lag grows by the clock, {so_far}"
    if now.connector is None:
        late = since_offset(now)
        mood = Mood.UNKNOWN if late is None else Mood.BEHIND if late else Mood.FINE
        return mood, late, "it tells nothing of itself (no metrics); this is the age of the stored offset alone"
    return _away(now, now.connector, words) or _deaf(now, now.connector, words) or _streaming(now, now.connector, words)


def _away(now: Facts, told: Connector, words: Duration) -> Judgement | None:
    """Tailrace says of itself that it has no source, and counts on."""
    if told.engine == "tailrace" and told.state in ("reconnecting", "failed", "stopped"):
        since = f" for {words(told.away)}" if told.away else ""
        return Mood.DOWN, max(told.lag or 0.0, told.away), f"{told.state}{since}: its lag grows by the clock"
    if told.snapshot and told.lag is None:
        what = "a snapshot is being taken: there is no lag of the stream yet"
        return Mood.BEHIND if _more(now) else Mood.FINE, None, what
    return None


def _deaf(now: Facts, told: Connector, words: Duration) -> Judgement | None:
    """Debezium's figure is of the last event: it stands still when none comes."""
    quiet = told.quiet or 0.0
    # A dead connection counts as connected: it shows by silence while the source has more than was read.
    silent = quiet > (told.lag or 0.0) + DEAF_SECONDS and bool(gap(now)) and not now.at_end
    if silent and told.connected is not False and not now.at_source:
        # Its place in the binlog means nothing here, and what is missing may be what it does not capture.
        what = f"it reads another server, or by another address ({now.configured}), and hears nothing there"
        return Mood.UNKNOWN, None, f"{what} for {words(quiet)}; this server has {_more(now)}"
    if told.engine != "debezium" or not (told.connected is False or silent):
        return None
    why = "Connected = 0" if told.connected is False else "it is connected and hears nothing"
    since = f", last event {words(told.quiet)} ago" if told.quiet is not None else ""
    has = f", the source has {more}" if (more := _more(now)) else ""
    last = f"; the {words(told.lag)} it tells is from before" if told.lag is not None else ""
    return Mood.FROZEN, max(told.lag or 0.0, quiet), f"frozen: {why}{since}{has}{last}"


def _streaming(now: Facts, told: Connector, words: Duration) -> Judgement:
    more, quiet = _more(now), told.quiet if told.quiet is not None and told.quiet > DEAF_SECONDS else None
    idle = f" (idle for {words(quiet)}: that is silence, not lag)" if quiet is not None else ""
    if more == "":
        return Mood.FINE, 0.0, f"nothing is missing: the stored offset has all that the source has executed{idle}"
    if now.at_end:
        what = "it has read the binlog to its end; the stored offset follows with the next captured change"
        return Mood.FINE, 0.0, what + idle
    if told.lag is None:
        what = "no event has come since it began, so it tells no lag (-1)"
        return Mood.BEHIND if more else Mood.UNKNOWN, None, f"{what}; the source has {more}" if more else what
    what = "from commit at the source to here, of the last event"
    waiting = f"; not in the stored offset yet: {more}" if more else ""
    return Mood.BEHIND if told.lag >= 1 else Mood.FINE, told.lag, what + waiting


def _more(now: Facts) -> str | None:
    """What the source has and the stored offset has not, in words; empty: nothing; None: not known."""
    count, size = gap(now), behind(now)
    if count is not None:
        return f"{count:,} transaction{'s' * (count > 1)} more" if count else ""
    return None if size is None else "more" if size else ""


def gap(now: Facts) -> int | None:
    """Transactions executed at the source and not in the stored offset."""
    if now.source is not None and now.stored is not None:
        return binlog.gap(now.source, now.stored)
    return now.connector.gap if now.connector is not None else None


def behind(now: Facts) -> int | None:
    """Bytes of binlog behind the stored offset."""
    if now.source is not None and now.stored is not None:
        # What is after the last transaction is nothing to wait for; and another server has other files.
        if gap(now) == 0:
            return 0
        return binlog.after(now.source.files, now.stored.file, now.stored.position) if now.at_source else None
    return now.connector.behind if now.connector is not None else None


def since_offset(now: Facts) -> float | None:
    """The most that it can be behind, by the stored offset alone."""
    missing = gap(now)
    if missing == 0 or (missing is None and behind(now) == 0) or now.at_end:
        return 0.0
    if now.stored is None or now.stored.committed is None or now.source is None:
        return None
    return max(0.0, now.source.now - now.stored.committed)
