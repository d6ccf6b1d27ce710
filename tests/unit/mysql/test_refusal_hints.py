"""What is told to do about a refusal of the server can be done, on RDS and Aurora too."""

from __future__ import annotations

import pymysql
import pytest

from tailrace.mysql.failure import translate


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (1227, "you need (at least one of) the SUPER, REPLICATION CLIENT privilege(s)", "GRANT REPLICATION CLIENT ON"),
        (1227, "you need (at least one of) the RELOAD or FLUSH_TABLES privilege(s)", "GRANT RELOAD ON"),
        (1227, "you need (at least one of) the SUPER privilege(s)", "GRANT SUPER ON"),
        (3159, "Connections using insecure transport are prohibited", "database.ssl.mode=required"),
    ],
)
def test_a_hint_names_what_an_administrator_can_give(code: int, message: str, hint: str) -> None:
    assert hint in (translate(pymysql.OperationalError(code, message), "db:3306").hint or "")
