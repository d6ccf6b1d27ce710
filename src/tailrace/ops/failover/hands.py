"""Who carries out the actions of a step and looks whether its checks hold: SQL, REST of Connect, AWS, commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tailrace._kernel import GtidSet
from tailrace.errors import FailoverError, TailraceError
from tailrace.mysql.connection import connect
from tailrace.ops.aws.rds import AVAILABLE, name_of, read_failure, read_writer
from tailrace.ops.failover.connectors import EXECUTED
from tailrace.ops.failover.facts import read_connector
from tailrace.ops.failover.step import (
    Aws,
    ConnectorIs,
    Drained,
    Fenced,
    Holds,
    Remember,
    RememberOffset,
    Rest,
    Shell,
    Sql,
    WriterIs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailrace.config import Password, SourceConfig
    from tailrace.ops.aws.client import Aws as Api
    from tailrace.ops.connect import Connect
    from tailrace.ops.failover.step import Action, Check

_CONNECT_MS = 3_000
_ANSWER_SECONDS = 5.0
_STEADY_EVERY = 0.2
"""Seconds between two sessions that must find the same."""
_RECENT_MINUTES = 60
"""How far back RDS is asked what became of a failover."""
_OUTPUT = 500
"""Characters of a command's last words that are worth showing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a check holds, and what was found."""

    holds: bool
    words: str
    found: str
    lasts: bool = False
    """It does not hold, and will not: AWS has given up."""


@dataclass(frozen=True, slots=True)
class Hands:
    """How each server and worker is reached; `secrets` are values that no journal has."""

    servers: Mapping[str, SourceConfig]
    workers: Sequence[Connect] = ()
    secrets: Mapping[str, Password] = field(default_factory=dict)
    aws: Api | None = None

    def act(self, action: Action, values: Mapping[str, str], seconds: float) -> dict[str, str]:
        """Does it within `seconds`, and gives what is to be remembered. Raises TailraceError."""
        match action:
            case Sql(server, statements):
                self._execute(server, statements, values, seconds)
            case Remember(name, server, query):
                return {name: self._value(server, query, values, seconds)}
            case RememberOffset(name, connector, source_uuid, worker):
                return {name: read_connector(self._worker(worker), connector).captured(source_uuid)}
            case Rest(method, path, body, worker):
                self._worker(worker).send(method, path, body)
            case Shell(command):
                _run(command, seconds)
            case Aws(service, operation, parameters, region):
                self._aws().call(service, operation, json.loads(parameters), region)
        return {}

    def judge(self, check: Check, values: Mapping[str, str]) -> Verdict:
        """Looks once, or for as long as it must be steady. What cannot be asked does not hold; whatever is to be
        repeated is up to the caller.
        """
        try:
            match check:
                case Holds():
                    return self._judge_value(check, values)
                case Fenced(server, words):
                    return self._judge_fence(server, words)
                case ConnectorIs(connector, state, words, worker):
                    status = self._worker(worker).status(connector)
                    holds = status.is_stopped if state == "STOPPED" else status.is_running
                    return Verdict(holds, words, status.summary)
                case Drained():
                    return self._judge_drained(check)
                case WriterIs():
                    return self._judge_writer(check)
        except TailraceError as error:
            return Verdict(holds=False, words=check.words, found=error.message)

    def _judge_value(self, check: Holds, values: Mapping[str, str]) -> Verdict:
        ends = time.monotonic() + check.steady
        while True:
            found = self._value(check.server, check.query, values, _ANSWER_SECONDS)
            if found != check.expected or time.monotonic() >= ends:
                return Verdict(found == check.expected, check.words, found)
            time.sleep(_STEADY_EVERY)

    def _judge_drained(self, check: Drained) -> Verdict:
        # The server first: what the connector has by then, it has.
        executed = self._value(check.server, f"SELECT {EXECUTED}", {}, _ANSWER_SECONDS)
        seen = read_connector(self._worker(check.worker), check.connector).gtids
        left = GtidSet(executed).subtract(GtidSet(seen))
        return Verdict(not left, check.words, f"not captured yet: {left}" if left else "")

    def _judge_writer(self, check: WriterIs) -> Verdict:
        state, writer = read_writer(self._aws(), check.cluster, check.region, is_global=check.is_global)
        is_well, is_it = state == AVAILABLE, writer == check.writer
        found = f"{state}, the writer is {writer or 'nobody'}"
        if check.underway or is_it or not is_well:
            return Verdict(is_it or not is_well if check.underway else is_it and is_well, check.words, found)
        about = name_of(check.writer) if check.is_global else check.cluster
        told = read_failure(self._aws(), about, check.region, _RECENT_MINUTES)
        return Verdict(False, check.words, f"{found}{'; RDS: ' + told if told else ''}", lasts=bool(told))  # noqa: FBT003

    def _judge_fence(self, server: str, words: str) -> Verdict:
        try:
            found = self._value(server, "SELECT @@GLOBAL.super_read_only", {}, _ANSWER_SECONDS)
        except TailraceError as error:
            return Verdict(error.exit_code == 3, words, error.message)  # noqa: PLR2004 - the code of "not reached"
        return Verdict(found == "1", words, "it answers, and is super_read_only" if found == "1" else "it takes writes")

    def _execute(self, server: str, statements: tuple[str, ...], values: Mapping[str, str], seconds: float) -> None:
        with connect(self._config(server), read_timeout=seconds) as connection:
            for statement in statements:
                connection.query(self._filled(statement, values))

    def _value(self, server: str, query: str, values: Mapping[str, str], seconds: float) -> str:
        with connect(self._config(server), read_timeout=seconds) as connection:
            rows = connection.query(self._filled(query, values))
        found = rows[0][0] if rows else ""
        return "" if found is None else str(found).replace("\n", "")

    def _config(self, server: str) -> SourceConfig:
        return replace(self.servers[server], connect_timeout_ms=_CONNECT_MS)

    def _filled(self, sql: str, values: Mapping[str, str]) -> str:
        known = dict(values) | {name: secret.reveal() for name, secret in self.secrets.items()}
        for name, value in known.items():
            sql = sql.replace(f"{{{name}}}", "'" + value.replace("\\", "\\\\").replace("'", "''") + "'")
        return sql

    def _worker(self, url: str) -> Connect:
        found = next((worker for worker in self.workers if worker.access.url == url), None)
        if found is None:
            raise FailoverError("the plan has connectors of a worker that was not named", hint=f"give --url {url}")
        return found

    def _aws(self) -> Api:
        if self.aws is None:
            raise FailoverError("the plan is of an Aurora cluster, and none was named", hint="give --aurora")
        return self.aws


def _run(command: str, seconds: float) -> None:
    with subprocess.Popen(  # noqa: S602 - the user's own command, in the user's own shell
        command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise FailoverError(f"the command takes longer than {seconds:g} s", where=command) from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        words = said.strip()[-_OUTPUT:] or "it said nothing"
        raise FailoverError(f"the command exits with {process.returncode}: {words}", where=command)
