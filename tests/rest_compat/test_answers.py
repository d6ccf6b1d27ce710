"""The same questions, asked of a real Kafka Connect with Debezium and of `tailrace worker`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rest_compat.comparing import asked, told
from rest_compat.differences import BODY, STATUS
from rest_compat.questions import questions
from support.rest import Client, Worker, connector_config

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.lab import Server
    from tailrace.lab.connect import Connect
    from tailrace.lab.kafka import Broker


@pytest.mark.timeout(300)
def test_both_answer_alike(mysql: Server, kafka: Broker, connect: Connect, tmp_path: Path) -> None:
    mysql.execute("CREATE DATABASE rest_compat")
    try:
        mysql.execute("CREATE TABLE rest_compat.t (id INT PRIMARY KEY)")
        config = connector_config(
            mysql,
            "rest_compat",
            database__server__id=7310,
            schema__history__internal__kafka__bootstrap__servers=kafka.bootstrap,
            schema__history__internal__kafka__topic="rest_compat.history",
            # Debezium's snapshot writes records into topics; without one there is nothing to wait for.
            snapshot__mode="no_data",
            tasks__max="1",
        )
        theirs = asked(Client(connect.url), questions(config))
        with Worker(tmp_path, sink__type="jsonl", sink__path=tmp_path / "events") as worker:
            ours = asked(worker, questions({**config, "database.server.id": 7311}))
    finally:
        mysql.execute("DROP DATABASE rest_compat")
    wanted = questions(config)
    assert len({question.name for question in wanted}) == len(wanted), "every question has a name of its own"
    problems = [line for q in wanted for line in told(q, theirs[q.name], ours[q.name])]
    assert not problems, "\n".join(problems)
    stale = [q.name for q in wanted if q.name in STATUS and theirs[q.name].status == ours[q.name].status]
    assert not stale, f"these agree now, and need no reason: {stale}"
    assert not set(STATUS).union(BODY).difference(q.name for q in wanted), "a reason for a question that nobody asks"
    password = mysql.password
    leaks = [q.name for q in wanted if password in ours[q.name].text]
    assert not leaks, f"the password is in the answers to {leaks}"
