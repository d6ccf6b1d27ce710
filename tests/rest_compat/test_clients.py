"""What clients that others wrote ask, asked of a real Kafka Connect and of `tailrace worker`: both answer alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rest_compat import replay
from rest_compat.comparing import asked, told
from rest_compat.differences import CLIENT_BODY
from support.rest import Client, Worker, connector_config

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.lab import Server
    from tailrace.lab.connect import Connect
    from tailrace.lab.kafka import Broker


@pytest.mark.timeout(300)
def test_requests_of_clients_that_others_wrote_are_answered_alike(
    mysql: Server, kafka: Broker, connect: Connect, tmp_path: Path
) -> None:
    mysql.execute("CREATE DATABASE rest_clients")
    problems, differing = [], set()
    try:
        config = connector_config(
            mysql,
            "rest_clients",
            database__server__id=7320,
            schema__history__internal__kafka__bootstrap__servers=kafka.bootstrap,
            schema__history__internal__kafka__topic="rest_clients.history",
        )
        with Worker(tmp_path, sink__type="jsonl", sink__path=tmp_path / "events") as worker:
            for client in replay.names():
                wanted = replay.requests(client, config)
                theirs = asked(Client(connect.url), wanted)
                ours = asked(worker, replay.requests(client, config | {"database.server.id": 7321}))
                for question in wanted:
                    answers = theirs[question.name], ours[question.name]
                    problems += told(question, *answers, status={}, body=CLIENT_BODY)
                    if told(question, *answers, status={}, body={}):
                        differing.add(question.name)
                    assert mysql.password not in answers[1].text, f"the password is in the answer to {question.name}"
    finally:
        mysql.execute("DROP DATABASE rest_clients")
    assert not problems, "\n".join(problems)
    assert not set(CLIENT_BODY) - differing, f"these agree now, and need no reason: {set(CLIENT_BODY) - differing}"
