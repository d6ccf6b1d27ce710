"""Faults of the source's settings."""

from __future__ import annotations

from tailrace.lab.faults.fault import Fault, Need, doctor, shell, sql
from tailrace.lab.faults.scene import Scene
from tailrace.lab.server import Server

READ_AGAIN = "tailrace snapshot start $CONNECTOR --table $TABLE --wait"
ZONES = ("+02:00", "-05:00", "+05:30", "+09:00")
MODES = ("OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON")


def set_global(scene: Scene, server: Server, name: str, value: object) -> None:
    """Remembers what it was, for `reset_global`."""
    scene.kept.setdefault(name, server.execute(f"SELECT @@GLOBAL.{name}")[0][0])
    server.execute(f"SET GLOBAL {name} = %s", (value,))


def reset_global(scene: Scene, server: Server, name: str) -> None:
    """As it was, also where a repair made it persistent."""
    server.execute(f"RESET PERSIST IF EXISTS {name}")
    if name in scene.kept:
        server.execute(f"SET GLOBAL {name} = %s", (scene.kept[name],))


def _inject_statement(scene: Scene) -> None:
    table = scene.make_table()
    set_global(scene, scene.primary, "binlog_format", "STATEMENT")
    # What a new session gets from now on.
    scene.primary.execute(f"UPDATE {table} SET amount = amount + 1")


def _heal_statement(scene: Scene) -> None:
    reset_global(scene, scene.primary, "binlog_format")
    scene.heal_table()


def _inject_image(scene: Scene) -> None:
    table = scene.make_table()
    set_global(scene, scene.primary, "binlog_row_image", "MINIMAL")
    scene.primary.execute(f"UPDATE {table} SET amount = amount + 1")


def _heal_image(scene: Scene) -> None:
    reset_global(scene, scene.primary, "binlog_row_image")
    scene.heal_table()


def _inject_permissive(scene: Scene) -> None:
    server = scene.primary
    server.execute("SET GLOBAL gtid_mode = ON_PERMISSIVE")
    if scene.connector:
        scene.make_table()


def _heal_permissive(scene: Scene) -> None:
    server = scene.primary
    server.execute("RESET PERSIST IF EXISTS gtid_mode")
    now = str(server.execute("SELECT @@gtid_mode")[0][0])
    for mode in MODES[MODES.index(now) + 1 :]:
        server.execute(f"SET GLOBAL gtid_mode = {mode}")
    scene.heal_table()


def _inject_zone(scene: Scene) -> None:
    scene.values["ZONE"] = scene.random.choice(ZONES)
    set_global(scene, scene.primary, "time_zone", scene.values["ZONE"])


def _heal_zone(scene: Scene) -> None:
    reset_global(scene, scene.primary, "time_zone")


def _inject_retention(scene: Scene) -> None:
    set_global(scene, scene.primary, "binlog_expire_logs_seconds", scene.random.randrange(20, 120) * 60)


def _heal_retention(scene: Scene) -> None:
    reset_global(scene, scene.primary, "binlog_expire_logs_seconds")


SETTINGS = (
    Fault(
        "statement-format",
        "Changes are in the binlog as statements",
        "The connector fails (Tailrace), or goes on and rows at the consumers are old (Debezium). It began with a "
        "change of the server's settings, or with one session of an application.",
        (doctor("binlog.format", "binlog_format = STATEMENT"),),
        "`binlog_format=STATEMENT` or `MIXED`, of the server or of one session, puts the text of an UPDATE into the "
        "binlog. It does not say which rows changed, and to what. Tailrace stops, so that nothing is lost unseen; "
        "Debezium passes over it.",
        (
            sql(
                "SET PERSIST binlog_format = ROW",
                words="From now on as rows; open sessions keep theirs until they reconnect:",
            ),
            shell(
                "tailrace connector stop $CONNECTOR --wait",
                "tailrace connector offsets reset $CONNECTOR --yes",
                "tailrace connector resume $CONNECTOR --wait",
                words="What was written meanwhile can be had from the tables alone. Forget the place behind it, and "
                "read them anew:",
            ),
        ),
        "Take `SYSTEM_VARIABLES_ADMIN` and `SESSION_VARIABLES_ADMIN` from applications, and set `binlog_format=ROW` in "
        "the option file. MySQL has deprecated all others.",
        _inject_statement,
        _heal_statement,
        needs=frozenset({Need.CONNECTOR}),
        log=(
            "a change is in the binlog as a statement, so its rows are unknown",
            "binlog probably contains events generated with statement or mixed based replication format",
        ),
        alerts=("CdcTaskFailed",),
    ),
    Fault(
        "row-image-minimal",
        "Events hold only some of the columns",
        "`before` and `after` of updates lack columns; consumers write NULL over values, or refuse the record. A "
        "connector of Debezium's does not start again after a restart.",
        (doctor("binlog.image", "binlog_row_image = MINIMAL"),),
        "With binlog_row_image=MINIMAL the server writes the key and the changed columns, which is enough for a "
        "replica and too little for anybody who has not got the row. The setting is often made to save disk.",
        (
            sql("SET PERSIST binlog_row_image = 'FULL'", words="Open sessions keep theirs until they reconnect:"),
            shell(READ_AGAIN, words="Read the rows that were changed meanwhile again:"),
        ),
        "Set it in the option file of every server that may become the source; the doctor's `--replica` compares them.",
        _inject_image,
        _heal_image,
        needs=frozenset({Need.CONNECTOR}),
    ),
    Fault(
        "gtid-permissive",
        "Some transactions have no GTID",
        "Nothing, until the day of a failover: the new source does not find the place. `tailrace lag` shows a gap that "
        "does not shrink, though all is read.",
        (doctor("gtid.mode", "gtid_mode = ON_PERMISSIVE", connector=False),),
        "`gtid_mode=ON_PERMISSIVE` is a step on the way to ON that somebody stopped at. Replication from a server "
        "without GTIDs may now bring transactions without one; a connector's set of GTIDs stands still while it "
        "reads them.",
        (sql("SET PERSIST gtid_mode = ON", words="When `Ongoing_anonymous_transaction_count` is 0 on all servers:"),),
        "Let a change of gtid_mode go through all its steps in one maintenance; check each server with the doctor.",
        _inject_permissive,
        _heal_permissive,
    ),
    Fault(
        "time-zone",
        "The server's clock on the wall is another than UTC",
        "Times in DATETIME columns are hours off at the consumers, or a TIMESTAMP of the snapshot is another than "
        "that of the stream.",
        (doctor("server.time-zone", "time_zone = $ZONE", connector=False),),
        "A DATETIME has no zone: NOW() writes the wall clock of the session's zone, and whoever reads it as UTC is "
        "off by that. A TIMESTAMP is stored in UTC, and shown in the session's zone: a connector that does not set "
        "its own reads another hour in a snapshot than in the stream.",
        (sql("SET PERSIST time_zone = '+00:00'", words="Sessions that are open keep theirs until they reconnect:"),),
        "Run servers in UTC, and let applications write UTC. Values that are wrong already can be corrected by "
        "nobody but the application that wrote them.",
        _inject_zone,
        _heal_zone,
    ),
    Fault(
        "short-retention",
        "The binlog is kept for less time than an outage may take",
        "Nothing, until a connector is down over a weekend: then it does not find its place any more.",
        (doctor("binlog.retention", "kept for", connector=False),),
        "A connector resumes from the binlog. What is purged while it is down, or during a snapshot that takes "
        "longer, is gone. The figure is often lowered because a disk was full.",
        (sql("SET PERSIST binlog_expire_logs_seconds = 604800", words="A week:"),),
        "`tailrace lag retention` computes what a snapshot needs, and how much disk that is. Alert on the headroom, "
        "not on the setting.",
        _inject_retention,
        _heal_retention,
        alerts=("CdcBinlogPurgeNear",),
    ),
)
