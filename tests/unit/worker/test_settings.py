"""What a worker is told, and what it refuses to be told."""

from __future__ import annotations

import pytest

from tailrace.errors import ConfigError
from tailrace.worker.settings import Role, Settings, read_settings


def refused(**properties: str) -> str:
    with pytest.raises(ConfigError) as error:
        read_settings({name.replace("__", "."): value for name, value in properties.items()}, {"S": "hunter2"})
    return str(error.value)


def read(**properties: str) -> Settings:
    return read_settings({name.replace("__", "."): value for name, value in properties.items()}, {"S": "hunter2"})


def test_only_this_machine_is_served_where_nobody_says_who_he_is() -> None:
    assert read().rest.listener.loopback
    for host in ("0.0.0.0:8083", "http://192.0.2.1:8083", "[::]:8083", "example.org:8083"):
        assert "rest.unprotected" in refused(listeners=host)
        assert read(listeners=host, rest__unprotected="true").rest.listener.port == 8083
        assert read(listeners=host, rest__basic__olaf="operator:${env:S}").rest.protected
    for host in ("localhost:1", "[::1]:2", "http://127.0.0.9"):
        assert read(listeners=host).rest.listener.loopback


def test_users_come_from_files_and_environment_and_are_never_shown() -> None:
    settings = read(rest__basic__olaf="operator:${env:S}", rest__bearer__ci="read-only:${env:S}", sink__type="jsonl")
    (olaf,), (token,) = settings.rest.basic, settings.rest.bearer
    assert (olaf.name, olaf.role, olaf.secret.reveal()) == ("olaf", Role.OPERATOR, "hunter2")
    assert (token.name, token.role) == ("ci", Role.READ_ONLY)
    assert "hunter2" not in repr(settings)


def test_a_user_without_a_role_is_refused_without_his_password() -> None:
    for value in ("hunter2", "admin:hunter2", "operator:"):
        message = refused(rest__basic__olaf=value)
        assert "rest.basic.olaf" in message
        assert "hunter2" not in message


def test_a_slip_of_the_pen_is_told() -> None:
    assert "did you mean rest.tls.key" in refused(rest__tls__kee="x")
    assert "did you mean database.hostname" in refused(database__hostnam="x")
    assert "https" in refused(listeners="https://127.0.0.1:8083")


def test_what_is_not_the_workers_is_for_its_connectors() -> None:
    settings = read(sink__type="jsonl", sink__path="events", database__hostname="db", listeners="127.0.0.1:0")
    assert settings.defaults == {"sink.type": "jsonl", "sink.path": "events", "database.hostname": "db"}
    assert read(metrics__listener="").metrics is None
