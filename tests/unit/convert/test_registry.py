"""The registry's client: what it asks, what it keeps, when it gives up and in which words."""

from __future__ import annotations

import base64
import socket
from typing import TYPE_CHECKING

import pytest

from support.registry import FakeRegistry, fake_registry
from tailrace.config import Password
from tailrace.config.converters import RegistryConfig
from tailrace.convert.registry import Registry
from tailrace.errors import SinkError

if TYPE_CHECKING:
    from collections.abc import Iterator

BASIC = "Basic " + base64.b64encode(b"me:s:cret").decode()


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


@pytest.fixture
def nobody() -> str:
    """A URL at which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def client(*urls: str, pauses: list[float] | None = None, **options: object) -> Registry:
    waited = [] if pauses is None else pauses
    return Registry(RegistryConfig(urls, **options), waited.append)  # type: ignore[arg-type] # as keywords


def test_a_schema_is_registered_once_and_its_id_kept(server: FakeRegistry) -> None:
    registry = client(server.url)
    assert registry.id_of("a b/c-key", '"int"') == 1
    assert registry.id_of("a b/c-key", '"int"') == 1
    assert registry.id_of("a b/c-key", '"long"') == 2
    assert [path for path, _ in server.requests] == ["/subjects/a%20b%2Fc-key/versions"] * 2
    assert server.subjects == {"a b/c-key": [1, 2]}


def test_without_registration_a_schema_must_be_there(server: FakeRegistry) -> None:
    client(server.url).id_of("t-key", '"int"')
    registry = client(server.url, register=False)
    assert registry.id_of("t-key", '"int"') == 1
    with pytest.raises(SinkError, match=r"404 Schema not found[\s\S]*t-value[\s\S]*auto.register.schemas=true"):
        registry.id_of("t-value", '"int"')


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({}, None),
        ({"user_info": Password("me:s:cret")}, BASIC),
        ({"token": Password("t0ken")}, "Bearer t0ken"),
    ],
)
def test_credentials_go_into_the_header(options: dict[str, object], header: str | None, server: FakeRegistry) -> None:
    client(server.url, **options).id_of("t-key", '"int"')
    assert server.requests[0][1] == header


def test_the_user_of_a_url_is_sent_and_never_told(server: FakeRegistry, nobody: str) -> None:
    with_user = server.url.replace("//", "//me:s%3Acret@")
    client(with_user).id_of("t-key", '"int"')
    assert server.requests == [("/subjects/t-key/versions", BASIC)]
    with pytest.raises(SinkError) as caught:
        client(nobody.replace("//", "//me:s%3Acret@")).id_of("t-key", '"int"')
    assert "cret" not in str(caught.value)


def test_the_second_registry_answers_where_the_first_does_not(server: FakeRegistry, nobody: str) -> None:
    pauses: list[float] = []
    assert client(nobody, server.url, pauses=pauses).id_of("t-key", '"int"') == 1
    assert pauses == []


def test_a_registry_that_is_busy_is_asked_again_after_a_pause(server: FakeRegistry) -> None:
    server.answers = [(503, "{}"), (500, "not JSON")]
    pauses: list[float] = []
    assert client(server.url, pauses=pauses).id_of("t-key", '"int"') == 1
    assert len(pauses) == 2


def test_a_registry_that_never_answers_ends_in_an_error_with_its_place(nobody: str) -> None:
    pauses: list[float] = []
    with pytest.raises(SinkError, match="does not answer") as caught:
        client(nobody, pauses=pauses).id_of("t-key", '"int"')
    assert nobody in str(caught.value)
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


def test_an_incompatible_schema_is_an_error_at_once_in_the_registry_s_words(server: FakeRegistry) -> None:
    server.answers = [(409, '{"error_code": 409, "message": "field x was removed"}')]
    pauses: list[float] = []
    with pytest.raises(SinkError, match=r"409 field x was removed[\s\S]*t-value[\s\S]*compatibility"):
        client(server.url, pauses=pauses).id_of("t-value", '"int"')
    assert pauses == []


def test_another_server_than_a_registry_is_recognised(server: FakeRegistry) -> None:
    server.answers = [(200, "<html>")]
    with pytest.raises(SinkError, match="no schema registry"):
        client(server.url).id_of("t-value", '"int"')
