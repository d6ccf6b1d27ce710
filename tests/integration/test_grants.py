"""What a grant covers, as the server decides it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pymysql
import pytest
from pymysql.constants import ER

from tailrace.lab.server import Account
from tailrace.mysql.server import covers, parse_grants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace import lab

TABLES = tuple(product(("grants_a", "grantsXa", "grants_", "grants%a", "grants`a", "GRANTS_A"), ("t", "u")))
SCOPES = (
    "`grants_a`.*",
    r"`grants\_a`.*",
    "`grants%`.*",
    r"`grants\%a`.*",
    "`grants_`.*",
    "`%`.*",
    "`grants``a`.*",
    "`grants_a`.`t`",
    "`grants%a`.`t`",
)
SOMEONE = Account("someone", "secret")


def quoted(*names: str) -> str:
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


@pytest.fixture(scope="module")
def server(mysql: lab.Server) -> Iterator[lab.Server]:
    for database, table in TABLES:
        mysql.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(database)}")
        mysql.execute(f"CREATE TABLE {quoted(database, table)} (id INT)")
    yield mysql
    for database in dict(TABLES):
        mysql.execute(f"DROP DATABASE {quoted(database)}")


@pytest.fixture(params=["OFF", "ON"], ids=["patterns", "partial revokes"])
def partial_revokes(server: lab.Server, request: pytest.FixtureRequest) -> Iterator[bool]:
    server.execute(f"SET GLOBAL partial_revokes = {request.param}")
    yield request.param == "ON"
    server.execute("DROP USER IF EXISTS someone@'%'")
    server.execute("SET GLOBAL partial_revokes = OFF")


@pytest.mark.parametrize("scope", SCOPES)
def test_a_grant_covers_what_the_server_lets_pass(server: lab.Server, scope: str, *, partial_revokes: bool) -> None:
    server.execute(f"CREATE USER someone@'%' IDENTIFIED BY '{SOMEONE.password}'")
    server.execute(f"GRANT INSERT ON {scope} TO someone@'%'")
    with server.connect(SOMEONE) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW GRANTS")
        _, narrower = parse_grants(str(row[0]) for row in cursor.fetchall())
        (printed,) = (each for each, held in narrower if held == {"INSERT"})
        for database, table in TABLES:
            assert covers(printed, database, table, partial_revokes=partial_revokes) == _may(cursor, database, table)


def _may(cursor: pymysql.cursors.Cursor, database: str, table: str) -> bool:
    try:
        cursor.execute(f"INSERT INTO {quoted(database, table)} VALUES (1)")
    except pymysql.OperationalError as error:
        if error.args[0] != ER.TABLEACCESS_DENIED_ERROR:
            raise
        return False
    return True
