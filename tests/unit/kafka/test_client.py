"""Errors of Kafka's as people need them."""

from __future__ import annotations

from tailrace.errors import DestinationLost
from tailrace.kafka.client import refused

NAME = "INVALID_REPLICATION_FACTOR"


def test_a_topic_that_a_starting_broker_refuses_is_tried_again() -> None:
    said = "Unable to replicate the partition 1 time(s): All brokers are currently fenced, or have all their log"
    assert isinstance(refused("topic a cannot be made", NAME, said, "kafka:9092"), DestinationLost)


def test_more_copies_than_brokers_are_a_matter_of_configuration() -> None:
    said = "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached"
    error = refused("topic a cannot be made", NAME, said, "kafka:9092")
    assert not error.retriable
    assert "topic.creation.default.replication.factor" in (error.hint or "")
