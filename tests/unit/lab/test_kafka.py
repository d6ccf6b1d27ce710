from __future__ import annotations

from tailrace.lab.kafka import random_id


def test_the_id_of_a_cluster_is_never_an_option_to_kafkas_tools() -> None:
    drawn = {random_id() for _ in range(5_000)}
    assert {len(each) for each in drawn} == {22}
    assert not [each for each in drawn if each.startswith("-")]
