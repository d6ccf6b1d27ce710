"""Which records of many partitions are the last ones."""

from __future__ import annotations

from tailrace.ops.events.event import Record
from tailrace.ops.events.kafka import hides_later, newest

ORDERS, PLACES = ("shop.orders", 0), ("shop.places", 0)


def record(place: tuple[str, int], offset: int, at: int) -> Record:
    return Record(b"{}", None, *place, offset, at)


OLD = record(PLACES, 1, 100)
BEFORE = record(ORDERS, 4, 200)
LAST = record(ORDERS, 5, 201)


def test_a_mark_of_a_transaction_at_the_end_does_not_let_an_older_record_of_another_topic_in() -> None:
    # Of two offsets at the end of the orders one is a mark, so one record was seen.
    seen = [OLD, LAST]
    assert hides_later(2, newest(2, seen), seen, {ORDERS})
    seen = [OLD, BEFORE, LAST]
    assert newest(2, seen) == [BEFORE, LAST]
    assert not hides_later(2, newest(2, seen), seen, {ORDERS, PLACES})


def test_an_end_of_which_only_marks_were_seen_is_looked_through_further() -> None:
    assert hides_later(1, [OLD], [OLD], {ORDERS})


def test_too_few_are_looked_for_where_there_may_be_more_and_nowhere_else() -> None:
    assert hides_later(2, [LAST], [LAST], {ORDERS})
    assert not hides_later(2, [LAST], [LAST], set())
    assert newest(0, [LAST]) == []
    assert not hides_later(0, [], [LAST], {ORDERS})
