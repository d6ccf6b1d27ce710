"""The lab's proxy: leads on, elsewhere, nowhere; and outlives who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from tailrace.lab.process import await_condition
from tailrace.lab.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymysql.connections import Connection

    from tailrace import lab


@pytest.fixture
def proxy(tmp_path: Path, mysql: lab.Server) -> Iterator[Proxy]:
    with Proxy(tmp_path / "endpoint", target=mysql.port) as made:
        yield made


def dial(proxy: Proxy, server: lab.Server, **more: int) -> Connection[pymysql.cursors.Cursor]:
    return pymysql.connect(
        host=proxy.host, port=proxy.port, user=server.user, password=server.password, connect_timeout=10, **more
    )


def port(connection: Connection[pymysql.cursors.Cursor]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@port")
        return int((cursor.fetchone() or (0,))[0])


def test_it_leads_to_another_server_and_open_connections_end(
    proxy: Proxy, mysql: lab.Server, mysql_server_factory: object
) -> None:
    other = mysql_server_factory()  # type: ignore[operator]
    with dial(proxy, mysql) as connection:
        assert port(connection) == mysql.port
        # Another process that opens the folder tells the same proxy.
        Proxy(proxy.folder).lead_to(other.port)
        with pytest.raises(pymysql.OperationalError):
            port(connection)
    with dial(proxy, other) as connection:
        assert port(connection) == other.port


def test_a_stalled_path_is_silent_both_ways_and_goes_on_when_mended(proxy: Proxy, mysql: lab.Server) -> None:
    with dial(proxy, mysql) as connection, dial(proxy, mysql, read_timeout=1) as other:
        assert port(connection) == mysql.port
        proxy.stall()
        with pytest.raises(pymysql.OperationalError):
            port(other)
        with pytest.raises(pymysql.OperationalError):
            pymysql.connect(
                host=proxy.host, port=proxy.port, user=mysql.user, password=mysql.password, read_timeout=1,
                connect_timeout=1,
            )  # fmt: skip
        proxy.mend()
        assert port(connection) == mysql.port


def test_a_stopped_one_refuses_and_comes_again_as_it_was(proxy: Proxy, mysql: lab.Server) -> None:
    place, proxy_port = proxy.folder, proxy.port
    proxy.process.stop()
    with pytest.raises(pymysql.OperationalError):
        dial(proxy, mysql)
    with Proxy(place) as again:
        assert again.port == proxy_port
        assert await_condition(again.is_reachable, 10)
        with dial(again, mysql) as connection:
            assert port(connection) == mysql.port
