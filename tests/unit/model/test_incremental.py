from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tailrace.model.incremental import Incremental, Requested
from tailrace.model.offset import Offset
from tailrace.model.table import TableId

A, B, C = (Requested(TableId("d", name), "one") for name in "abc")
KEYS = st.none() | st.lists(st.none() | st.text(), min_size=1, max_size=3).map(tuple)
REQUESTED = st.builds(
    Requested,
    st.builds(TableId, st.text(), st.text()),
    st.text(),
    st.none() | st.text(),
    st.none() | st.text(),
)


@given(
    st.builds(
        Incremental,
        st.lists(REQUESTED, max_size=3).map(tuple),
        KEYS,
        KEYS,
        st.integers(0),
        st.booleans(),
        st.lists(REQUESTED.map(lambda one: Requested(one.table, one.signal, one.condition)), max_size=2).map(tuple),
    )
)
def test_progress_survives_its_storage_with_the_offset(state: Incremental) -> None:
    offset = Offset("f", 4, "", incremental=state)
    assert Offset.from_json(offset.to_json()) == offset


def test_a_table_in_the_queue_is_not_read_twice_and_an_end_begins_the_next() -> None:
    state = Incremental().asked((A, B)).asked((B, C))
    assert state.tables == (A, B, C)
    half = state.advanced(("5",), ("9",), 5)
    assert half.without((B,)) == Incremental((A, C), ("5",), ("9",), 5)
    assert half.done() == Incremental((B, C))
    assert not half.without((A, B, C))
