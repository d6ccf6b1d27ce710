"""Faults by what is done to a captured table."""

from __future__ import annotations

from tailrace.lab.faults.fault import Engine, Fault, Need, doctor, recovery, shell, sql
from tailrace.lab.faults.scene import Scene
from tailrace.lab.process import await_condition

HELD_SECONDS = 3600
WAIT_SECONDS = 20.0
SESSION = "SELECT id FROM performance_schema.processlist WHERE info LIKE %s AND id <> CONNECTION_ID()"
READ_AGAIN = "tailrace snapshot start $CONNECTOR --table $TABLE --wait"


def _inject_swap(scene: Scene) -> None:
    table = scene.make_table()
    database, _, name = table.partition(".")
    ghost, changes, old = (f"{database}._{name}_{suffix}" for suffix in ("gho", "ghc", "del"))
    scene.values |= {"GHOST": ghost, "CHANGES": changes, "OLD": old}
    for statement in (
        f"CREATE TABLE {changes} (id INT PRIMARY KEY AUTO_INCREMENT, hint VARCHAR(64), value VARCHAR(64))",
        f"CREATE TABLE {ghost} LIKE {table}",
        f"ALTER TABLE {ghost} MODIFY amount DECIMAL(10,1) NOT NULL DEFAULT 0",
        f"INSERT INTO {changes} (hint, value) VALUES ('state', 'GhostTableMigrated'), ('copy', '1:200')",
        # Amounts are rounded: the application's rows are others now, and no event of the table says so.
        f"INSERT IGNORE INTO {ghost} SELECT * FROM {table}",
        f"RENAME TABLE {table} TO {old}, {ghost} TO {table}",
    ):
        scene.primary.execute(statement)


def _heal_swap(scene: Scene) -> None:
    for name in ("GHOST", "CHANGES", "OLD"):
        if table := scene.values.get(name):
            scene.primary.execute(f"DROP TABLE IF EXISTS {table}")
    if scene.has_connector:
        scene.at.patch(scene.connector, {"table.exclude.list": None})
    scene.heal_table()


def _inject_lock(scene: Scene) -> None:
    table = scene.make_table()
    database = table.partition(".")[0]
    # Events: sessions of the server's own, which need no process of the lab to live.
    held = f"SELECT COUNT(*) INTO @rows FROM {table} WHERE SLEEP({HELD_SECONDS}) = 0"
    scene.kept["events"] = []
    _run_inside(scene, f"{database}.monthly_report", held)
    await_condition(lambda: bool(_sessions(scene, "%INTO @rows FROM%SLEEP%")), WAIT_SECONDS)
    scene.values["BLOCKER"] = str(_sessions(scene, "%INTO @rows FROM%SLEEP%")[0])
    _run_inside(scene, f"{database}.nightly_change", f"ALTER TABLE {table} COMMENT = 'nightly'")
    await_condition(lambda: bool(_sessions(scene, "ALTER TABLE%nightly%")), WAIT_SECONDS)


def _run_inside(scene: Scene, name: str, statement: str) -> None:
    scene.kept["events"].append(name)
    with scene.primary.connect() as connection, connection.cursor() as cursor:
        # The replica has no such session.
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"CREATE EVENT {name} ON SCHEDULE AT CURRENT_TIMESTAMP DO {statement}")


def _sessions(scene: Scene, like: str) -> list[int]:
    return [int(row[0]) for row in scene.primary.execute(SESSION, (like,))]


def _heal_lock(scene: Scene) -> None:
    for like in ("%INTO @rows FROM%SLEEP%", "ALTER TABLE%nightly%"):
        for session in _sessions(scene, like):
            scene.kill(session)
    with scene.primary.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_log_bin = 0")
        for name in scene.kept.get("events", ()):
            cursor.execute(f"DROP EVENT IF EXISTS {name}")
    scene.heal_table()


def _inject_hidden(scene: Scene) -> None:
    table = scene.make_table()
    column = scene.random.choice(("channel", "campaign", "origin"))
    scene.values["COLUMN"] = column
    # Rows from before it that are to be read again would not fit what `recovery` finds.
    scene.await_stored()
    done = scene.primary.execute("SELECT @@gtid_executed")[0][0]
    scene.replica.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 30)", (done,))
    for server in (scene.replica, scene.primary):
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin = 0")
            is_locked = server.execute("SELECT @@super_read_only")[0][0]
            if is_locked:
                cursor.execute("SET GLOBAL super_read_only = OFF")
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(20) DEFAULT 'web'")
            if is_locked:
                cursor.execute("SET GLOBAL super_read_only = ON")
    scene.write(20)


TABLES = (
    Fault(
        "ghost-swap",
        "gh-ost or pt-online-schema-change has swapped a table",
        "Topics of tables that nobody knows (`_orders_gho`, `_orders_new`), twice the load, and then: rows at the "
        "consumers that do not have what an ALTER made of them.",
        (doctor("tables.online-change", "$CHANGES"),),
        "Such tools copy the rows into a table of the new shape, and rename. The copy is captured as another table; "
        "the table itself has no event for rows that nobody touched since. Its consumers keep the old values.",
        (
            shell(
                r"tailrace connector config $CONNECTOR --set 'table.exclude.list=.*\._.*_(gho|ghc|del|new|old)' --wait",
                words="Keep the tool's tables out:",
            ),
            sql(
                "DROP TABLE IF EXISTS $OLD, $CHANGES",
                words="When the tool has ended, and nobody wants the old rows back:",
            ),
            shell(READ_AGAIN, words="Read the table again in its new shape:"),
        ),
        "`table.exclude.list` with the tool's names in every connector, before the first migration; an incremental "
        "snapshot as the last step of each.",
        _inject_swap,
        _heal_swap,
        needs=frozenset({Need.CONNECTOR}),
    ),
    Fault(
        "table-locked",
        "An ALTER waits behind a long query, and everybody behind the ALTER",
        "A snapshot of one table does not begin or does not move; so do the application's queries of that table.",
        (doctor("server.waits", "session $BLOCKER"),),
        "ALTER TABLE needs the table for itself for a moment. It waits for the query that runs, and whoever comes "
        "later waits behind it: a SELECT too, and so the snapshot. A FLUSH TABLES WITH READ LOCK that waits does "
        "that to all tables.",
        (sql("KILL $BLOCKER", words="End the query that holds it, or wait for its end:"),),
        "`SET lock_wait_timeout` to seconds in sessions that change tables; reports on a replica. Tailrace's own "
        "locks are tried for a second at a time.",
        _inject_lock,
        _heal_lock,
        needs=frozenset({Need.CONNECTOR}),
    ),
    Fault(
        "hidden-ddl",
        "A table was changed without the binlog",
        "The task fails at the first row after somebody changed the table's columns.",
        (doctor("connector.state", "internal schema size"),),
        "With `sql_log_bin=0`, as rolling changes of a topology do it, the ALTER is in no binlog, and the connector's "
        "schema history has the old columns. Tailrace holds rows against its history, and reads the table's definition "
        "from the server where they do not fit; so it goes on.",
        recovery(
            "Rebuild the schema history from the tables as they are now; that is right only where after the "
            "offset there is no other DDL, and no row from before the ALTER (else take a new snapshot):"
        ),
        "Roll changes through a topology with the binlog on, or stop connectors before and recover them after.",
        _inject_hidden,
        lambda scene: scene.heal_table(),
        needs=frozenset({Need.CONNECTOR}),
        engine=Engine.DEBEZIUM,
        log=("internal schema size 4, but row size 5, restart connector with schema recovery mode",),
        alerts=("CdcTaskFailed",),
    ),
)
