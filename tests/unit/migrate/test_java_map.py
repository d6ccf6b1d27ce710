"""Kafka Connect's offset files: what Java wrote, what we write, and what is neither."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.errors import StorageError
from tailrace.migrate.java_map import dump, load

# Written by Java 17, of {"k": "v"}.
FROM_JAVA = bytes.fromhex(
    "aced0005737200116a6176612e7574696c2e486173684d61700507dac1c31660d103000246000a6c6f6164466163746f724900097468726573"
    "686f6c6478703f4000000000000c77080000001000000001757200025b42acf317f8060854e00200007870000000016b7571007e0002000000"
    "017678"
)


def test_what_java_wrote_is_read() -> None:
    assert load(FROM_JAVA) == {b"k": b"v"}


def test_what_we_write_is_what_java_writes() -> None:
    assert dump({b"k": b"v"}) == FROM_JAVA


@given(st.dictionaries(st.binary(max_size=40), st.binary(max_size=200), max_size=40))
def test_every_map_is_read_back(entries: dict[bytes, bytes]) -> None:
    assert load(dump(entries)) == entries


@given(st.binary(max_size=200), st.integers(0, 200))
def test_anything_else_is_refused_clearly(noise: bytes, at: int) -> None:
    content = FROM_JAVA[:at] + noise + FROM_JAVA[at + len(noise) :]
    with suppress(StorageError):
        assert isinstance(load(content), dict)


def test_a_file_cut_short_is_refused() -> None:
    for end in range(len(FROM_JAVA)):
        with pytest.raises(StorageError):
            load(FROM_JAVA[:end])
