"""Faults of what is in the binlog, or no longer is."""

from __future__ import annotations

from tailrace.errors import LabError
from tailrace.lab.faults.fault import Engine, Fault, Need, doctor, shell, sql
from tailrace.lab.faults.scene import Scene
from tailrace.lab.process import await_condition

PURGE_SECONDS = 30.0
SMALL_FILE = 1 << 20
"""Bytes of max_binlog_size: a transaction of megabytes shall be what one of gigabytes is at the default."""
LARGE_ROWS = 20_000
ANEW = (
    "tailrace connector stop $CONNECTOR --wait",
    "tailrace connector offsets reset $CONNECTOR --yes",
    "tailrace connector resume $CONNECTOR --wait",
)
"""A new snapshot, of all tables."""


def purge(scene: Scene) -> None:
    """All files but the newest go. One that somebody reads stays, so they must read on first."""
    server = scene.primary
    server.execute("FLUSH BINARY LOGS")

    def gone() -> bool:
        files = server.binlog_files()
        server.execute("PURGE BINARY LOGS TO %s", (files[-1].name,))
        return len(server.binlog_files()) == 1

    if not await_condition(gone, PURGE_SECONDS, every=0.1):
        raise LabError("the binlog cannot be purged: somebody still reads old files", hint="tailrace lab status")


def _inject_purged(scene: Scene) -> None:
    table = scene.make_table()
    scene.stop()
    scene.write(50)
    scene.primary.execute(f"UPDATE {table} SET amount = amount + 1")
    purge(scene)
    scene.at.resume(scene.connector)


def _heal_table(scene: Scene) -> None:
    scene.heal_table()


def _inject_quiet(scene: Scene) -> None:
    scene.make_table(1)
    scene.kept["heartbeat"] = scene.at.config(scene.connector).get("heartbeat.interval.ms")
    scene.values["BUSY"] = f"audit_{scene.random.randrange(10, 100)}"
    busy = scene.values["BUSY"]
    if scene.kept["heartbeat"] not in {None, "0"}:
        scene.at.patch(scene.connector, {"heartbeat.interval.ms": "0"})
    for statement in (f"CREATE DATABASE {busy}", f"CREATE TABLE {busy}.log (id INT PRIMARY KEY AUTO_INCREMENT, v INT)"):
        scene.primary.execute(statement)
    lines = ", ".join(f"({number})" for number in range(1000))
    for _ in range(10):
        scene.primary.execute(f"INSERT INTO {busy}.log (v) VALUES {lines}")
    purge(scene)
    scene.stop()
    scene.at.resume(scene.connector)


def _heal_quiet(scene: Scene) -> None:
    if busy := scene.values.get("BUSY"):
        scene.primary.execute(f"DROP DATABASE IF EXISTS {busy}")
    if "heartbeat" in scene.kept and scene.has_connector:
        scene.at.patch(scene.connector, {"heartbeat.interval.ms": scene.kept["heartbeat"]})
    scene.heal_table()


def _inject_large(scene: Scene) -> None:
    table = scene.make_table(LARGE_ROWS)
    scene.kept["max_binlog_size"] = scene.primary.execute("SELECT @@max_binlog_size")[0][0]
    scene.primary.execute("SET GLOBAL max_binlog_size = %s", (SMALL_FILE,))
    scene.primary.execute("FLUSH BINARY LOGS")
    scene.primary.execute(f"UPDATE {table} SET note = REPEAT('x', {scene.random.randrange(100, 200)})")


def _heal_large(scene: Scene) -> None:
    if "max_binlog_size" in scene.kept:
        scene.primary.execute("SET GLOBAL max_binlog_size = %s", (scene.kept["max_binlog_size"],))
    scene.heal_table()


def _inject_prepared(scene: Scene) -> None:
    table = scene.make_table()
    scene.values["XID"] = f"'order-{scene.random.randrange(1000, 10_000)}'"
    with scene.primary.connect() as connection, connection.cursor() as cursor:
        for statement in (
            f"XA START {scene.values['XID']}",
            f"INSERT INTO {table} (note) VALUES ('paid, and not booked')",
            f"XA END {scene.values['XID']}",
            f"XA PREPARE {scene.values['XID']}",
        ):
            cursor.execute(statement)


def _heal_prepared(scene: Scene) -> None:
    prepared = [str(row[3]) for row in scene.primary.execute("XA RECOVER")]
    if scene.values.get("XID", "").strip("'") in prepared:
        scene.primary.execute(f"XA ROLLBACK {scene.values['XID']}")
    scene.heal_table()


BINLOG = (
    Fault(
        "binlog-purged",
        "The binlog was purged past the offset",
        "The task fails at a start, after the connector was down for longer than the binlog is kept.",
        (doctor("connector.offset", "purged: "), doctor("connector.state", "FAILED")),
        "The offset names transactions that the server has executed and does not have in its binlog any more (error "
        "1236). A restart cannot help: what is gone can be had from no file, only from the tables.",
        (shell(*ANEW, words="Forget the place and read the tables anew; the stream goes on from there:"),),
        "Keep binlogs for longer than your longest weekend (`binlog.retention`), and alert on the headroom "
        "([CdcBinlogPurgeNear](runbooks.md#cdcbinlogpurgenear)). `snapshot.mode=when_needed` does the same by "
        "itself, at an hour that nobody chose.",
        _inject_purged,
        _heal_table,
        needs=frozenset({Need.CONNECTOR}),
        log=("purged", "error 1236"),
        loses="Rows that were deleted meanwhile stay at the consumers: no event tells of them. What a row was in "
        "between is gone too.",
        alerts=("CdcTaskFailed",),
    ),
    Fault(
        "quiet-table",
        "The captured tables are quiet, and the offset ages",
        "A connector that had no trouble for weeks fails at a restart: its place is purged. Its tables had not "
        "changed.",
        (doctor("connector.heartbeat", "rows of captured tables were written"), doctor("connector.offset", "purged: ")),
        "Debezium stores an offset with a record. While its own tables stand still there is none, other tables fill "
        "the binlog, and the place is purged behind a connector that has read everything. Tailrace stores how far it "
        "has read.",
        (
            shell(
                "tailrace connector config $CONNECTOR --set heartbeat.interval.ms=10000",
                words="If it still runs, this is all that it needs; the offset moves with each heartbeat:",
            ),
            shell(*ANEW, words="If it has failed already, the tables have to be read anew:"),
        ),
        "`heartbeat.interval.ms=10000` in every connector of Debezium's.",
        _inject_quiet,
        _heal_quiet,
        needs=frozenset({Need.CONNECTOR}),
        engine=Engine.DEBEZIUM,
        log=("no longer available on the server",),
        alerts=("CdcTaskFailed",),
    ),
    Fault(
        "huge-transaction",
        "One transaction is larger than a file of the binlog",
        "Lag jumps and falls again, the queue is full, and consumers get hundreds of thousands of rows with one commit "
        "time. Other tables wait behind it.",
        (doctor("binlog.transactions", "max_binlog_size", stays=True),),
        "A transaction is never split between files: a file of far more than max_binlog_size has one of that size. It "
        "is sent when it commits, so all of its rows come at once; their lag counts from the commit.",
        (
            shell(
                "tailrace lag $CONNECTOR --source '${env:TAILRACE_PRIMARY_ADMIN_DSN}'",
                words="There is nothing to repair: see that it falls, and wait. A restart makes Debezium begin the "
                "transaction anew.",
            ),
        ),
        "Change rows in pieces of some thousands (`LIMIT`, a commit each). `max_binlog_cache_size` refuses what is "
        "larger than you want to let through.",
        _inject_large,
        _heal_large,
        needs=frozenset({Need.CONNECTOR}),
    ),
    Fault(
        "xa-prepared",
        "A prepared XA transaction was forgotten",
        "Rows that the application believes to have written do not come; a new snapshot does not begin; writers time "
        "out at its locks.",
        (doctor("server.xa", "1 prepared", connector=False),),
        "After XA PREPARE a transaction outlives its session and a restart, locks and all, until somebody decides. Its "
        "coordinator has crashed, or lost it.",
        (
            sql("XA RECOVER", words="Ask the coordinator whether it counts. If nobody knows:"),
            sql("XA ROLLBACK $XID"),
        ),
        "Alert on what `XA RECOVER` shows for longer than minutes.",
        _inject_prepared,
        _heal_prepared,
    ),
)
