from __future__ import annotations

import pytest

from tailrace.config import Password
from tailrace.errors import ConfigError
from tailrace.kafka.dialect import translate


def test_names_of_java_become_those_of_librdkafka() -> None:
    given = {
        "acks": "all",
        "buffer.memory": "33554432",
        "max.request.size": "2000000",
        "ssl.truststore.location": "/ca.pem",
        "ssl.truststore.type": "PEM",
        "ssl.endpoint.identification.algorithm": "",
        "key.serializer": "org.apache.kafka.common.serialization.StringSerializer",
    }
    assert translate(given, "producer.override.") == {
        "acks": "all",
        "queue.buffering.max.kbytes": "32768",
        "message.max.bytes": "2000000",
        "ssl.ca.location": "/ca.pem",
        "ssl.endpoint.identification.algorithm": "none",
    }


def test_a_login_module_becomes_user_and_password() -> None:
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    text = Password(rf'{module} required username="a b" password="x\"y;z";')
    assert translate({"sasl.jaas.config": text}, "") == {"sasl.username": "a b", "sasl.password": 'x"y;z'}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("partitioner.class", "org.example.Mine"),
        ("sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule required;"),
    ],
)
def test_what_only_java_can_do_is_refused_by_name_and_without_the_value(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        translate({name: Password(value)}, "producer.override.")
    assert f"producer.override.{name}" in str(refusal.value)
    assert "secret" not in str(refusal.value)
