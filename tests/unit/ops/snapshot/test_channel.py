from __future__ import annotations

import pytest

from tailrace.config import NameFilter, TableFilter
from tailrace.errors import ConfigError
from tailrace.ops.snapshot import message
from tailrace.ops.snapshot.channel import Channel, Kind, check_captured, choose

BROKER = {"signal.kafka.bootstrap.servers": "k:9092"}
TOPIC = Channel(Kind.KAFKA, "shop-signal", "k:9092")


@pytest.mark.parametrize(
    ("config", "rest", "wanted", "found"),
    [
        ({}, True, None, Channel(Kind.REST)),
        ({"signal.data.collection": "a.s"}, False, None, Channel(Kind.SOURCE, "a.s")),
        ({"signal.data.collection": "a.s,b.s"}, True, Kind.SOURCE, Channel(Kind.SOURCE, "a.s")),
        ({"signal.enabled.channels": "kafka", **BROKER}, False, None, TOPIC),
        # The first that is whole, though another is enabled.
        (
            {"signal.enabled.channels": "source,kafka", **BROKER},
            False,
            None,
            Channel(Kind.KAFKA, "shop-signal", "k:9092"),
        ),
        ({"signal.enabled.channels": "file", "signal.file": "/s"}, False, None, Channel(Kind.FILE, "/s")),
    ],
)
def test_a_signal_goes_by_a_channel_that_the_connector_reads(
    config: dict[str, str], *, rest: bool, wanted: Kind | None, found: Channel
) -> None:
    assert choose(config, "shop", wanted, rest=rest) == found


@pytest.mark.parametrize(
    ("config", "wanted", "why"),
    [
        ({}, None, "signal.data.collection is not set"),
        ({"signal.enabled.channels": "jmx"}, None, "none that a command can use"),
        ({"signal.enabled.channels": "kafka"}, None, "signal.kafka.bootstrap.servers is not set"),
        ({"signal.enabled.channels": "file"}, None, "make it absolute"),
        ({"signal.data.collection": "a.s"}, Kind.KAFKA, "signal.enabled.channels has source, not kafka"),
        ({"signal.data.collection": "a.s"}, Kind.REST, "only a worker of Tailrace"),
    ],
)
def test_no_channel_is_told_with_what_is_missing(config: dict[str, str], wanted: Kind | None, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as raised:
        choose(config, "shop", wanted, rest=False)
    assert "signal.data.collection" in (raised.value.hint or "")


def test_names_of_tables_are_no_patterns_and_patterns_stay_as_they_are() -> None:
    data = message.execute(["shop.orders", r"shop\.o.*"], ["shop.orders=a = 'x=y'"], "id").data
    assert data == {
        "data-collections": [r"shop\.orders", r"shop\.o.*"],
        "type": "INCREMENTAL",
        "additional-conditions": [{"data-collection": r"shop\.orders", "filter": "a = 'x=y'"}],
        "surrogate-key": "id",
    }


def test_a_condition_of_a_blocking_snapshot_becomes_the_select_that_it_wants() -> None:
    (condition,) = message.execute(["a.b"], ["a.b=x < 7"], None, blocking=True).data["additional-conditions"]
    assert condition["filter"] == "SELECT * FROM `a`.`b` WHERE x < 7"
    with pytest.raises(ConfigError, match="cannot make a SELECT"):
        message.execute(["a.b"], [r"a\..*=x < 7"], None, blocking=True)
    for wrong in ("a.b", "=x", "a.b="):
        with pytest.raises(ConfigError, match="cannot read --condition"):
            message.execute(["a.b"], [wrong], None)


def test_a_table_that_is_not_captured_is_told_before_anything_is_sent() -> None:
    import re

    captured = TableFilter(NameFilter(include=(re.compile("shop"),)))
    check_captured(["shop.orders", "other.*"], captured)
    check_captured(["other.orders"], None)
    with pytest.raises(ConfigError, match=r"other\.orders is not captured"):
        check_captured(["other.orders"], captured)
