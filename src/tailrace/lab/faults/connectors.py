"""Faults of a connector's own configuration and state."""

from __future__ import annotations

import re

from tailrace.lab.faults.fault import RESTART_FAILED, Fault, Need, doctor, shell
from tailrace.lab.faults.scene import Scene

OWN = ("sink.path", "schema.history.internal.kafka.topic", "storage.path")
"""Properties whose value only one connector may have."""


def _inject_clash(scene: Scene) -> None:
    config = scene.at.config(scene.connector)
    copy = f"{scene.connector}-{scene.random.choice(('copy', 'test', 'new', 'eu'))}"
    scene.values["COPY"] = copy
    scene.values["FREE_ID"] = str(scene.random.randrange(100_000, 200_000))
    own = {name: f"{config[name]}-{copy}" for name in OWN if name in config}
    # A worker of Tailrace does not show passwords.
    config |= {"name": copy, "topic.prefix": copy, "database.password": scene.primary.password, **own}
    scene.at.create(copy, config)


def _heal_clash(scene: Scene) -> None:
    if scene.has_connector and scene.values.get("COPY") in scene.at.names():
        scene.at.delete(scene.values["COPY"])


def _inject_filter(scene: Scene) -> None:
    table = scene.make_table()
    # The rows that are missed are those from after the change.
    scene.await_stored()
    database, _, name = table.partition(".")
    scene.values["BARE"] = name
    others = [
        str(row[0])
        for row in scene.primary.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_name <> %s",
            (database, name),
        )
    ]
    patterns = [*(f"{database}\\.{re.escape(other)}" for other in others), name]
    scene.at.patch(scene.connector, {"table.include.list": ",".join(patterns)})
    scene.await_begun()
    scene.write(20)


def _heal_filter(scene: Scene) -> None:
    if scene.has_connector:
        scene.at.patch(scene.connector, {"table.include.list": None})
    scene.heal_table()


def _inject_paused(scene: Scene) -> None:
    scene.make_table()
    scene.at.pause(scene.connector)
    scene.write(20)


def _heal_paused(scene: Scene) -> None:
    if scene.has_connector:
        scene.at.resume(scene.connector)
    scene.heal_table()


CONNECTORS = (
    Fault(
        "server-id-clash",
        "Two connectors read the binlog with one server id",
        "Two connectors lose their connection in turns, or one of them fails, since another was made of its "
        "configuration.",
        (doctor("server.id-clash", "server id"),),
        "The server takes a second reader with the same id for the first one come again, and ends the first, which "
        "connects again, and so on. It shows as lag of both, and as duplicates where offsets are stored late.",
        (
            shell(
                "tailrace connector config $COPY --set database.server.id=$FREE_ID --wait",
                RESTART_FAILED,
                words="Give one of them an id of its own:",
            ),
        ),
        "A table of server ids: servers, connectors, backup tools, `mysqlbinlog --connection-server-id`. "
        "`tailrace doctor` compares those that it can see.",
        _inject_clash,
        _heal_clash,
        needs=frozenset({Need.CONNECTOR}),
        log=("a replica with the same server_uuid/server_id as this replica has connected to the source",),
        alerts=("CdcReconnectsOften",),
    ),
    Fault(
        "wrong-filter",
        "A table is named without its database",
        "One table's changes do not come, from a change of the configuration on. No error, no lag.",
        (doctor("connector.tables", "table.include.list has $BARE"),),
        "`table.include.list` holds regular expressions for the whole of `database.table`. A pattern that matches "
        "nothing captures nothing, without a word.",
        (
            shell(
                "tailrace connector config $CONNECTOR --unset table.include.list --wait",
                "tailrace snapshot start $CONNECTOR --table $TABLE --wait",
                words="Correct the list (here: the whole database), and read what was missed:",
            ),
        ),
        "`tailrace doctor --connector …` after each change of filters; `tailrace snapshot start` when a table was "
        "added.",
        _inject_filter,
        _heal_filter,
        needs=frozenset({Need.CONNECTOR}),
        loses="Rows that were deleted meanwhile stay at the consumers.",
    ),
    Fault(
        "connector-paused",
        "Somebody paused the connector, and forgot",
        "Nothing comes. The state is PAUSED, which no alert on failed tasks sees; its metrics may be gone.",
        (doctor("connector.state", "PAUSED"),),
        "A paused connector reads nothing, and its place in the binlog ages until it is purged.",
        (shell("tailrace connector resume $CONNECTOR --wait"),),
        "Alert on connectors that were there and are not ([CdcConnectorStopped](runbooks.md#cdcconnectorstopped)); "
        "pause with a note of until when.",
        _inject_paused,
        _heal_paused,
        needs=frozenset({Need.CONNECTOR}),
        alerts=("CdcConnectorStopped",),
    ),
)
