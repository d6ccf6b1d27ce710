from __future__ import annotations

from pathlib import Path

import pytest

from tailrace.config.field import Password
from tailrace.config.kafka import KafkaConfig
from tailrace.config.parse import parse_kafka
from tailrace.errors import ConfigError
from tailrace.migrate.named import Given, history_place, offset_place

OURS = parse_kafka({"bootstrap.servers": "k:9092", "storage.type": "kafka"})
HISTORY = {
    "schema.history.internal.kafka.topic": "h",
    "schema.history.internal.kafka.bootstrap.servers": "history:9092",
}
WORKER = {"bootstrap.servers": "worker:9092", "offset.storage.topic": "o", "sasl.mechanism": "PLAIN"}


def kafka_of(place: object) -> KafkaConfig:
    config = vars(place)["_config"]
    assert isinstance(config, KafkaConfig)
    return config


def test_what_is_given_counts_before_the_workers_and_the_connectors_word() -> None:
    connector = {"offset.storage.topic": "c", **HISTORY}
    assert offset_place(connector, Given(), OURS).where == "history:9092, topic c"
    assert offset_place(connector, Given(worker=WORKER), OURS).where == "worker:9092, topic o"
    assert offset_place(connector, Given(offsets_topic="g", worker=WORKER), OURS).where == "worker:9092, topic g"
    assert offset_place(connector, Given(offsets_file=Path("f"), worker=WORKER), OURS).where == "f"
    assert offset_place(connector, Given(worker={"offset.storage.file.filename": "w"}), OURS).where == "w"
    assert history_place(connector, Given(worker=WORKER)).where == "history:9092, topic h"
    assert history_place(connector, Given(history_topic="g")).where == "history:9092, topic g"


def test_each_place_is_reached_as_its_own_clients_reach_it() -> None:
    connector = {
        **HISTORY,
        "producer.override.security.protocol": "SSL",
        "schema.history.internal.consumer.sasl.password": "secret",
        "schema.history.internal.producer.compression.type": "gzip",
    }
    history = kafka_of(history_place(connector, Given(worker=WORKER)))
    assert history.consumer == {"sasl.password": Password("secret")}
    assert history.producer == {}
    assert kafka_of(offset_place(connector, Given(worker=WORKER), OURS)).producer == {"sasl.mechanism": "PLAIN"}
    assert kafka_of(offset_place(connector, Given(offsets_topic="o"), OURS)).producer == {"security.protocol": "SSL"}


def test_a_topic_cannot_be_debeziums_and_ours() -> None:
    with pytest.raises(ConfigError, match="has the offsets of Kafka Connect"):
        offset_place(HISTORY, Given(offsets_topic=OURS.offsets_topic), OURS)


@pytest.mark.parametrize("connector", [{}, {"schema.history.internal.kafka.topic": "h"}], ids=["nothing", "no brokers"])
def test_what_is_not_said_is_asked_for(connector: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="where is"):
        history_place(connector, Given())
    with pytest.raises(ConfigError, match="where is"):
        offset_place(connector, Given(offsets_topic="o" if connector else None), OURS)
