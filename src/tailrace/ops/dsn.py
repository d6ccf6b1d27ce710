"""A server as a person names it: `mysql://user:${env:NAME}@host:port`. Its password never stands on a command line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tailrace.config import Password, SourceConfig
from tailrace.config.expand import expand
from tailrace.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSWORD = "MYSQL_PWD"  # noqa: S105 - the name of a variable
"""Of the environment, as MySQL's own clients have it: for a DSN that has no password."""
CONNECT_MS = 5_000
_REFERENCE = re.compile(r"\$\{[^}]*\}")


def parse_dsn(text: str, environment: Mapping[str, str] | None = None) -> SourceConfig:
    """The server of a DSN, which may be a reference (`${env:DSN}`) as a whole. Raises ConfigError."""
    environment = os.environ if environment is None else environment
    whole = _REFERENCE.fullmatch(text) is not None
    dsn = _expand(text, environment) if whole else text
    found = re.fullmatch(r"mysql://(?:(?P<user>[^:@/]+)(?::(?P<password>.*))?@)?(?P<place>[^@/]+)/?", dsn)
    if found is None or not found["user"]:
        raise ConfigError("not the DSN of a server", hint="write it as 'mysql://user:${env:NAME}@host:3306'")
    parts = urlsplit(f"//{found['place']}")
    try:
        host, port = parts.hostname, parts.port or 3306
    except ValueError:
        host, port = None, 0
    if not host:
        raise ConfigError(f"no host and port: {found['place']}", hint="write it as mysql://user@host:3306")
    given = found["password"]
    if given is None:
        password = environment.get(PASSWORD, "")
    elif _REFERENCE.fullmatch(given):
        password = _expand(given, environment)
    elif whole:
        password = unquote(given)
    else:
        raise ConfigError(
            "a password in a DSN ends up in histories and lists of processes",
            where=f"{host}:{port}",
            hint=f"write 'mysql://{found['user']}:${{env:NAME}}@{host}:{port}', or leave it out and set {PASSWORD}",
        )
    return SourceConfig(host, port, unquote(found["user"]), Password(password), 1, connect_timeout_ms=CONNECT_MS)


def _expand(text: str, environment: Mapping[str, str]) -> str:
    try:
        return expand(text, environment, lambda path: Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(str(error)) from None
