"""Faults of the replica: seen on the day of the failover, if nobody looks before."""

from __future__ import annotations

from tailrace.lab.faults.fault import REPLICA, At, Fault, doctor, lag, shell, sql
from tailrace.lab.faults.scene import Scene
from tailrace.lab.process import await_condition

APPLIED_SECONDS = 30.0


def _unlocked(scene: Scene, *statements: str) -> None:
    """On the replica, as somebody who may do everything and should not have."""
    with scene.replica.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL super_read_only = OFF")
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            cursor.execute("SET GLOBAL super_read_only = ON")


def _replicated(scene: Scene) -> None:
    """What the primary has is at the replica too."""
    done = scene.primary.execute("SELECT @@gtid_executed")[0][0]
    scene.replica.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (done, APPLIED_SECONDS))


def _inject_errant(scene: Scene) -> None:
    table = scene.make_table()
    _replicated(scene)
    before = scene.replica.executed()
    _unlocked(scene, f"DELETE FROM {table} WHERE id = {scene.random.randrange(1, 100)}")
    after = scene.replica.executed()
    # What was replicated meanwhile is the source's.
    known = f"{before},{scene.primary.executed()}"
    ((errant,),) = scene.replica.execute("SELECT GTID_SUBTRACT(%s, %s)", (after, known))
    scene.values["ERRANT"] = str(errant).replace("\n", "")


def _heal_errant(scene: Scene) -> None:
    errant = scene.values.get("ERRANT", "")
    if not scene.primary.execute("SELECT GTID_SUBSET(%s, @@gtid_executed)", (errant,))[0][0]:
        with scene.primary.connect() as connection, connection.cursor() as cursor:
            for statement in (f"SET GTID_NEXT = '{errant}'", "BEGIN", "COMMIT", "SET GTID_NEXT = 'AUTOMATIC'"):
                cursor.execute(statement)
    scene.heal_table()


def _inject_broken(scene: Scene) -> None:
    table = scene.make_table()
    _replicated(scene)
    row = scene.random.randrange(10_000, 20_000)
    scene.values["ID"] = str(row)
    # Without a trace in its binlog: this is not the fault of an errant transaction.
    _unlocked(scene, "SET SESSION sql_log_bin = 0", f"INSERT INTO {table} (id, note) VALUES ({row}, 'by hand')")
    scene.primary.execute(f"INSERT INTO {table} (id, note) VALUES ({row}, 'by the application')")
    await_condition(lambda: (follow := scene.lab.follow()) is not None and not follow.applying, APPLIED_SECONDS)


def _heal_broken(scene: Scene) -> None:
    follow = scene.lab.follow()
    if follow and not follow.applying and "ID" in scene.values:
        table, row = scene.values["TABLE"], scene.values["ID"]
        _unlocked(scene, "SET SESSION sql_log_bin = 0", f"DELETE FROM {table} WHERE id = {row}")
        scene.replica.execute("START REPLICA")
    scene.heal_table()


def _inject_delayed(scene: Scene) -> None:
    table = scene.make_table()
    _replicated(scene)
    scene.values["SECONDS"] = str(scene.random.randrange(20, 90) * 60)
    for statement in (
        "STOP REPLICA SQL_THREAD",
        f"CHANGE REPLICATION SOURCE TO SOURCE_DELAY = {scene.values['SECONDS']}",
        "START REPLICA SQL_THREAD",
    ):
        scene.replica.execute(statement)
    for number in range(5):
        scene.primary.execute(f"UPDATE {table} SET amount = amount + {number}")


def _heal_delayed(scene: Scene) -> None:
    for statement in (
        "STOP REPLICA SQL_THREAD",
        "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0",
        "START REPLICA SQL_THREAD",
    ):
        scene.replica.execute(statement)
    scene.heal_table()


def _inject_silent(scene: Scene) -> None:
    scene.replica.execute("SET PERSIST_ONLY log_replica_updates = OFF")
    scene.restart_replica()


def _heal_silent(scene: Scene) -> None:
    scene.lab.up(keep=True)
    scene.replica.execute("RESET PERSIST IF EXISTS log_replica_updates")
    if not scene.replica.execute("SELECT @@log_replica_updates")[0][0]:
        scene.restart_replica()
    scene.lab.up(keep=True)


REPLICAS = (
    Fault(
        "errant-transaction",
        "The replica has a transaction of its own",
        "Nothing, until the failover: connectors refuse the new source, replicas stop with error 1236, or rows differ.",
        (doctor("replica.errant", "errant: $ERRANT", connector=False, replica=True),),
        "Somebody wrote to the replica. The transaction has a GTID that no other server knows: as the new source the "
        "replica sends it to everybody, and where it is purged there nobody can follow it.",
        (
            sql(
                "SET GTID_NEXT = '$ERRANT'",
                "BEGIN",
                "COMMIT",
                "SET GTID_NEXT = 'AUTOMATIC'",
                words="First see by `mysqlbinlog --include-gtids=$ERRANT` what it changed there, and undo that with "
                "`sql_log_bin=0`. Then let the source have it too, as an empty one:",
            ),
        ),
        "`super_read_only=ON` on every replica, also after a restart (in the option file). `tailrace failover plan` "
        "refuses a replica with errant transactions, and names them.",
        _inject_errant,
        _heal_errant,
    ),
    Fault(
        "replication-broken",
        "The replica has stopped at an error",
        "The replica grows old. A failover to it would lose all that came since; a connector that reads it gets "
        "nothing, and is RUNNING.",
        (
            doctor("replica.running", "Replica_SQL_Running: No", connector=False, replica=True),
            lag("→ replica", "down", "replication does not run (applier)", source=REPLICA),
        ),
        "A row that the source inserts is there already (error 1062), or one that it changes is not (1032): the "
        "replica was written to, often with `sql_log_bin=0`, which leaves no trace.",
        (
            sql(
                "SET GLOBAL super_read_only = OFF",
                "SET SESSION sql_log_bin = 0",
                "DELETE FROM $TABLE WHERE id = $ID",
                "SET SESSION sql_log_bin = 1",
                "SET GLOBAL super_read_only = ON",
                "START REPLICA",
                at=At.REPLICA,
                words="`Last_SQL_Error` of `SHOW REPLICA STATUS` names table and key. Take away what is not of the "
                "source:",
            ),
        ),
        "`super_read_only=ON`; nobody repairs data on a replica. Skipping the transaction instead leaves the rows "
        "different for good.",
        _inject_broken,
        _heal_broken,
    ),
    Fault(
        "replica-delayed",
        "The replica is kept behind on purpose, or cannot keep up",
        "A failover waits, or loses transactions; who reads the replica sees an old world. Nothing is in error.",
        (lag("→ replica", "behind", "transactions", source=REPLICA),),
        "SOURCE_DELAY holds transactions back, as a safeguard against a DROP TABLE. Such a replica is no candidate for "
        "a failover. One long transaction, or a table without a key, has the same effect without a setting.",
        (
            sql(
                "STOP REPLICA SQL_THREAD",
                "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0",
                "START REPLICA SQL_THREAD",
                at=At.REPLICA,
                words="If it is to take over:",
            ),
        ),
        "A delayed replica beside those that may take over, never instead; `tailrace failover plan` waits for what a "
        "candidate has received and not applied.",
        _inject_delayed,
        _heal_delayed,
    ),
    Fault(
        "replica-without-updates",
        "The replica does not write down what it applies",
        "After a failover the connector runs, and transactions of the old source that it had not read yet never come.",
        (doctor("replica.updates", "log_replica_updates = OFF", connector=False, replica=True),),
        "With log_replica_updates=OFF the binlog of a replica has only what was written to itself. GTIDs count as "
        "executed, so a connector believes that it has nothing to miss.",
        (
            sql(
                "SET PERSIST_ONLY log_replica_updates = ON",
                "SHUTDOWN",
                at=At.REPLICA,
                words="It counts at the next start:",
            ),
            shell("tailrace lab up", words="Start it again; in the lab:"),
        ),
        "It is the default since 8.0: look for it in option files that are older. What the replica applied meanwhile "
        "is not in its binlog: it may take over when every connector has read beyond that.",
        _inject_silent,
        _heal_silent,
    ),
)
