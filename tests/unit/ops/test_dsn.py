"""A server's name on a command line: references are followed, passwords in the clear are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailrace.errors import ConfigError
from tailrace.ops.dsn import parse_dsn

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {"PW": "p@:/ss", "MYSQL_PWD": "other", "DSN": "mysql://root:p%40ss@[::1]:3307"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mysql://root:${env:PW}@db:3307", ("db", 3307, "root", "p@:/ss")),
        ("mysql://root@db", ("db", 3306, "root", "other")),
        ("${env:DSN}", ("::1", 3307, "root", "p@ss")),
    ],
)
def test_a_dsn_is_read(text: str, expected: tuple[str, int, str, str]) -> None:
    found = parse_dsn(text, ENVIRONMENT)
    assert (found.host, found.port, found.user, found.password.reveal()) == expected


def test_a_password_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.properties"
    file.write_text("password=in the file\n")
    assert parse_dsn(f"mysql://root:${{file:{file}:password}}@db", {}).password.reveal() == "in the file"


@pytest.mark.parametrize(
    "text", ["db:3306", "mysql://db", "mysql://root:clear@db", "mysql://root@db:x", "${env:NONE}", "mysql://r@:3306"]
)
def test_what_is_none_is_refused_and_no_password_is_told(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_dsn(text, ENVIRONMENT)
    assert "clear" not in str(caught.value)
