"""What a cluster is and what its topics are like; nothing is made or changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailrace.config.kafka import KafkaConfig
from tailrace.kafka import client

if TYPE_CHECKING:
    from confluent_kafka import KafkaError


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic."""

    partitions: int
    replication: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClusterState:
    """Of the topics that were asked for, those that exist."""

    brokers: int
    topics: Mapping[str, TopicState]


def read_cluster(config: KafkaConfig, names: Iterable[str]) -> ClusterState:
    """Two requests. Raises SinkError, ConfigError."""
    from confluent_kafka import KafkaException  # noqa: PLC0415 - optional, and start-up time

    # Its names are not marked as exported.
    from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]  # noqa: PLC0415

    faults: list[KafkaError] = []
    admin = client.admin(config, faults.append)
    try:
        found = admin.list_topics(timeout=config.timeout)
        there = {name: found.topics[name].partitions for name in names if name in found.topics}
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in there]
        answers = admin.describe_configs(resources, request_timeout=config.timeout) if resources else {}
        settings = {
            resource.name: {key: str(entry.value) for key, entry in future.result().items()}
            for resource, future in answers.items()
        }
    except KafkaException as error:
        admin.poll(0)
        known = [fault for fault in faults if fault.name() in client.HINTS]
        refusal = known[-1] if known else error.args[0]
        raise client.refused("topics cannot be read", refusal.name(), refusal.str(), config.bootstrap) from None
    topics = {
        name: TopicState(
            len(partitions), min((len(each.replicas) for each in partitions.values()), default=0), settings[name]
        )
        for name, partitions in there.items()
    }
    return ClusterState(len(found.brokers), topics)
