"""Java's key stores against servers that demand TLS and a certificate of the client."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.java import need_java
from support.keystores import (
    PASSWORD,
    converted,
    keys_by_cryptography,
    keys_by_keytool,
    trust_by_cryptography,
    trust_by_keytool,
)
from tailrace.config.parse import parse, parse_kafka
from tailrace.errors import AccessDenied, ConfigError, SinkError
from tailrace.kafka.topics import Topics
from tailrace.lab.certificate import write_certificate
from tailrace.lab.kafka import broker
from tailrace.mysql.connection import connect
from tailrace.sinks import sink_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab
    from tailrace.config.source import SourceConfig

MAKERS = {
    "cryptography": (trust_by_cryptography, keys_by_cryptography),
    "keytool": (trust_by_keytool, keys_by_keytool),
}


@pytest.fixture(params=MAKERS)
def maker(request: pytest.FixtureRequest) -> str:
    if request.param == "keytool":
        need_java()
    return str(request.param)


@pytest.fixture
def user(mysql: lab.Server) -> Iterator[str]:
    """Who must show a certificate."""
    mysql.execute("CREATE USER shown@'%' IDENTIFIED BY 'p' REQUIRE X509")
    yield "shown"
    mysql.execute("DROP USER shown@'%'")


def source(mysql: lab.Server, user: str, **properties: object) -> SourceConfig:
    given = {
        "database.hostname": mysql.host,
        "database.port": mysql.port,
        "database.user": user,
        "database.password": "p",
        "database.ssl.mode": "verify_ca",
    } | {f"database.ssl.{name.replace('__', '.')}": value for name, value in properties.items()}
    return parse({name: str(value) for name, value in given.items()}, sink_fields).source


def test_stores_let_us_into_a_mysql_that_demands_a_certificate_and_leave_no_key_behind(
    mysql: lab.Server, user: str, tmp_path: Path, maker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust, keys = MAKERS[maker]
    trusted = {"truststore": trust(mysql.ca, tmp_path), "truststore__password": PASSWORD}
    files = (mysql.datadir / "client-key.pem", mysql.datadir / "client-cert.pem")
    shown = {"keystore": keys(*files, tmp_path), "keystore__password": PASSWORD}
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with connect(source(mysql, user, **trusted, **shown)) as connection:
        assert connection.encrypted
        assert connection.query("SELECT 1") == ((1,),)
    assert not [*scratch.iterdir()]
    with pytest.raises(AccessDenied):
        connect(source(mysql, user, **trusted))
    # An authority that the store has not.
    write_certificate(tmp_path)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    with pytest.raises(AccessDenied, match="certificate"):
        connect(source(mysql, user, **trusted | {"truststore": trust(tmp_path / "ca.pem", stranger)}, **shown))


def test_a_wrong_password_an_old_store_and_no_store_are_told_apart_and_no_secret_is_told(
    mysql: lab.Server, user: str, tmp_path: Path
) -> None:
    need_java()
    store = trust_by_keytool(mysql.ca, tmp_path)
    old = converted(store, tmp_path / "old.jks", "JKS")
    words = {}
    for path, password in ((store, "not-it"), (old, PASSWORD), (mysql.ca, PASSWORD)):
        with pytest.raises(ConfigError, match=r"database\.ssl\.truststore: ") as refused:
            connect(source(mysql, user, truststore=path, truststore__password=password))
        words[path] = str(refused.value)
        assert str(path) in words[path]
        assert password not in words[path]
    assert "the password is wrong" in words[store]
    assert f"keytool -importkeystore -srckeystore {old} -destkeystore {tmp_path / 'old.p12'}" in words[old]


def test_stores_let_us_into_a_kafka_that_demands_a_certificate(tmp_path: Path, maker: str) -> None:
    need_java()
    trust, keys = MAKERS[maker]
    write_certificate(tmp_path)
    options = {
        "ssl.client.auth": "required",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(tmp_path / "ca.pem"),
        # Of the certificate alone: who shows it is let in.
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL",
    }
    with broker(options=options) as made:
        trusted = {
            "bootstrap.servers": made.tls_bootstrap,
            "tailrace.kafka.timeout.ms": "5000",
            "producer.override.security.protocol": "SSL",
            # What Java's users say of a PKCS12 file, for it makes no difference there.
            "producer.override.ssl.truststore.type": "JKS",
            "producer.override.ssl.truststore.location": str(trust(made.ca, tmp_path)),
            "producer.override.ssl.truststore.password": PASSWORD,
        }
        pem = tmp_path / "server.pem"
        shown = {
            "producer.override.ssl.keystore.location": str(keys(pem, pem, tmp_path)),
            "producer.override.ssl.keystore.password": PASSWORD,
            "producer.override.ssl.key.password": PASSWORD,
        }
        topics = Topics(parse_kafka(trusted | shown))
        topics.open()
        assert topics.cluster_id
        with pytest.raises(SinkError):
            Topics(parse_kafka(trusted)).open()
