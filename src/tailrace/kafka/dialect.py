"""Properties of Kafka's Java clients in the words of librdkafka, so that a file written for Kafka Connect goes on.

https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md and
https://kafka.apache.org/documentation/#producerconfigs are the two vocabularies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tailrace import keystore
from tailrace.config.field import Password
from tailrace.config.kafka import Properties
from tailrace.errors import ConfigError

_SAME = {
    "delivery.timeout.ms": "message.timeout.ms",
    "max.request.size": "message.max.bytes",
    "max.poll.interval.ms": "max.poll.interval.ms",
    "receive.buffer.bytes": "socket.receive.buffer.bytes",
    "send.buffer.bytes": "socket.send.buffer.bytes",
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
    "ssl.keystore.key": "ssl.key.pem",
}
_WITHOUT_MEANING = (
    "key.serializer",
    "value.serializer",
    "key.deserializer",
    "value.deserializer",
    "max.block.ms",
    "metric.reporters",
    "metrics.recording.level",
    "auto.include.jmx.reporter",
)
_JAAS = re.compile(r"""(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s;]+))""")


def translate(given: Properties, where: str) -> dict[str, str]:
    """librdkafka's properties; secrets are in clear, for librdkafka alone. `where`: what the names begin with."""
    texts = {name: value.reveal() if isinstance(value, Password) else value for name, value in given.items()}
    properties: dict[str, str] = {}
    for kind, read in (("truststore", _authorities), ("keystore", _identity)):
        location, password = texts.pop(f"ssl.{kind}.location", ""), texts.pop(f"ssl.{kind}.password", None)
        stated = texts.pop(f"ssl.{kind}.type", "")
        if location:
            path, name = Path(location), f"{where}ssl.{kind}.location"
            # What the file is counts, as for Java, which reads PKCS12 where JKS is said.
            is_pem = stated.upper() == "PEM" or path.is_dir() or keystore.is_pem(path, name)
            secret = Password(password) if password is not None else None
            properties |= _pem_files(kind, location) if is_pem else read(path, secret, name)
    for name, text in texts.items():
        properties |= _one(name, text, where)
    return properties


def _pem_files(kind: str, location: str) -> Mapping[str, str]:
    if kind == "truststore":
        return {"ssl.ca.location": location}
    return {"ssl.certificate.location": location, "ssl.key.location": location}


def _authorities(path: Path, password: Password | None, name: str) -> Mapping[str, str]:
    return {"ssl.ca.pem": keystore.authorities(path, password, name)}


def _identity(path: Path, password: Password | None, name: str) -> Mapping[str, str]:
    found = keystore.identity(path, password, name)
    return {"ssl.certificate.pem": found.chain, "ssl.key.pem": found.key.reveal()}


def _one(name: str, text: str, where: str) -> Mapping[str, str]:
    if name in _WITHOUT_MEANING:
        return {}
    match name:
        case "buffer.memory":
            return {"queue.buffering.max.kbytes": str(max(1, int(text) // 1024))}
        case "sasl.jaas.config":
            return _jaas(text, where)
        case "ssl.endpoint.identification.algorithm":
            return {name: text or "none"}
        case "partitioner.class":
            message = f"{where}partitioner.class: there are no classes of Java here"
            raise ConfigError(message, hint="leave it out: keys go to the partitions where Java's default puts them")
        case _:
            return {_SAME.get(name, name): text}


def _jaas(text: str, where: str) -> Mapping[str, str]:
    """User and password of a PLAIN or SCRAM login module."""
    options = {name: quoted or single or bare for name, quoted, single, bare in _JAAS.findall(text)}
    if "LoginModule" not in text or not {"username", "password"} <= options.keys():
        message = f"{where}sasl.jaas.config: only PlainLoginModule and ScramLoginModule with username and password"
        raise ConfigError(message, hint=f"or give {where}sasl.username and {where}sasl.password")
    return {
        "sasl.username": _unescaped(options["username"]),
        "sasl.password": _unescaped(options["password"]),
    }


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
