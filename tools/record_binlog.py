"""Writes crates/kernel/testdata/binlog: small binlogs of a real server, each with mysqlbinlog's account of it.

Run: PYTHONPATH=src python tools/record_binlog.py

NAME.binlog is a file of the server. NAME.tsv has a line for each event, inner events of a compressed transaction
included: `event`, type, start and end position, header time in seconds, server id, details; after a table map with
names its `column`s, after the last row event of a statement its `row`s. NAME.packets is what a replica reads from the connection. gtid_sets.tsv has
GTID sets and what the server makes of them.
"""

# SQL from this file's own constants; tables of values; random sets need no secrecy.
# ruff: noqa: E501, S311, S608

from __future__ import annotations

import calendar
import os
import random
import re
import struct
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
from pymysql.constants import COMMAND

from tailrace.lab.server import Server, server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = Path(__file__).parent.parent / "crates/kernel/testdata"
HEADER = 19
HEARTBEATS = (27, 41)
COM_BINLOG_DUMP_GTID = 0x1E
USE_HEARTBEAT_EVENT_V2 = 2
SCHEMA = (
    "CREATE DATABASE d",
    "CREATE TABLE d.t (id INT PRIMARY KEY, n INT, s VARCHAR(300), b BLOB)",
    "CREATE TABLE d.other (id INT PRIMARY KEY, n BIGINT UNSIGNED)",
    "CREATE TABLE d.defaults (a INT DEFAULT 5, b INT DEFAULT 6)",
    "CREATE TABLE d.docs (id INT PRIMARY KEY, doc JSON, n INT, doc2 JSON)",
    "CREATE TABLE d.myisam (id INT) ENGINE = MyISAM",
    (
        "CREATE TABLE d.rich (`first` INT UNSIGNED NOT NULL, second ENUM('a', 'b''c') CHARACTER SET latin1 NOT NULL,"
        " third SET('x', 'y'), name VARCHAR(20) CHARACTER SET cp1251, text_column TEXT, raw VARBINARY(9), p POINT, g GEOMETRY,"
        " v VECTOR(3), amount DECIMAL(10, 2) UNSIGNED, hidden SMALLINT INVISIBLE, j JSON, bits BIT(9),"
        " PRIMARY KEY (name(5), `first`))"
    ),
    f"CREATE TABLE d.wide ({', '.join(f'c{number} INT' for number in range(260))}, PRIMARY KEY (c0))",
    "CREATE DATABASE `д`",
    """CREATE TABLE `д`.`имя "x" \\` (`Größe '" \\` VARCHAR(9) PRIMARY KEY)""",
)
CHANGES = (
    "INSERT INTO d.t VALUES (1, 10, 'one', NULL), (2, NULL, '', 'blob'), (3, -7, REPEAT('x', 200), 'b')",
    "UPDATE d.t SET n = n + 1 WHERE id <> 2",
    "UPDATE d.t SET id = id + 100, s = 'moved' WHERE id = 3",
    "BEGIN",
    "INSERT INTO d.other VALUES (1, 18446744073709551615), (2, 0)",
    "UPDATE d.t, d.other SET d.t.n = 5, d.other.n = 6 WHERE d.t.id = d.other.id",
    "DELETE FROM d.t",
    "COMMIT",
    "DELETE FROM d.other",
)
DOCUMENT = """'{"a":"0123456789","b":[{"k":"0123456789"},2,3]}'"""
SCENARIOS: dict[str, tuple[str, ...]] = {
    "full": CHANGES,
    "minimal": (
        "SET binlog_row_image = MINIMAL",
        *CHANGES,
        "INSERT INTO d.defaults VALUES ()",
        "INSERT INTO d.defaults (b) VALUES (1), (2)",
    ),
    "noblob": ("SET binlog_row_image = NOBLOB", *CHANGES),
    "statements": (
        "CREATE TABLE d.made AS SELECT 1 AS a UNION SELECT 2",
        "USE d",
        "ALTER TABLE made ADD b VARCHAR(10) CHARACTER SET latin1",
        "BEGIN",
        "INSERT INTO made VALUES (3, 'x')",
        "SAVEPOINT s",
        "INSERT INTO made VALUES (9, 'gone')",
        "ROLLBACK TO s",
        "INSERT INTO made VALUES (4, 'y')",
        "COMMIT",
        "SET TIMESTAMP = 1700000000.5",
        "INSERT INTO d.myisam VALUES (4)",
        "SET TIMESTAMP = DEFAULT",
        "TRUNCATE made",
        "DROP TABLE made",
    ),
    "metadata": (
        "SET GLOBAL binlog_row_metadata = FULL",
        "SET binlog_rows_query_log_events = ON",
        "INSERT INTO d.rich (`first`, second, name, hidden, text_column) VALUES (1, 'a', 'ж', 3, 'text')",
        "INSERT INTO d.t VALUES (1, 1, 'x', 'y')",
        "SET binlog_rows_query_log_events = OFF",
        "SET GLOBAL binlog_row_metadata = MINIMAL",
        "DELETE FROM d.rich",
        "DELETE FROM d.t",
    ),
    "tagged": (
        "SET GTID_NEXT = 'AUTOMATIC:tag'",
        "INSERT INTO d.t VALUES (1, 1, '1', '1')",
        "SET GTID_NEXT = 'AUTOMATIC:a_tag_of_the_most_characters_32c'",
        "DELETE FROM d.t",
        "SET GTID_NEXT = '01234567-89ab-cdef-f00d-ffffffffffff:tag:9223372036854775806'",
        "INSERT INTO d.other VALUES (1, 1)",
        "SET GTID_NEXT = '01234567-89ab-cdef-f00d-ffffffffffff:300'",
        "DELETE FROM d.other",
        "SET GTID_NEXT = 'AUTOMATIC'",
    ),
    # As on a replica: when and by whom the transaction ran first.
    "replicated": (
        "SET original_commit_timestamp = 1600000000123456",
        "SET GTID_NEXT = '01234567-89ab-cdef-f00d-000000000001:7'",
        "INSERT INTO d.t VALUES (1, 1, '1', '1')",
        "SET original_commit_timestamp = 1600000000234567",
        "SET GTID_NEXT = '01234567-89ab-cdef-f00d-000000000001:from:8'",
        "DELETE FROM d.t",
        "SET GTID_NEXT = 'AUTOMATIC'",
        "SET original_commit_timestamp = 36028797018963968",
    ),
    # More columns than a byte counts, and names that need care.
    "wide": (
        "SET GLOBAL binlog_row_metadata = FULL",
        "INSERT INTO d.wide (c0, c7, c250, c259) VALUES (0, 7, -250, 259)",
        """INSERT INTO `д`.`имя "x" \\` (`Größe '" \\`) VALUES ('я')""",
        "SET GLOBAL binlog_row_metadata = MINIMAL",
        "DELETE FROM d.wide",
    ),
    # Its previous GTIDs have tags.
    "after_tagged": ("INSERT INTO d.other VALUES (5, 5)", "DELETE FROM d.other"),
    "partial_json": (
        "SET binlog_row_value_options = PARTIAL_JSON",
        f"INSERT INTO d.docs VALUES (1, {DOCUMENT}, 1, {DOCUMENT}), (2, {DOCUMENT}, 2, NULL)",
        "UPDATE d.docs SET doc = JSON_SET(doc, '$.a', 7), n = 3",
        "UPDATE d.docs SET doc2 = JSON_REMOVE(doc2, '$.b[0].k'), doc = JSON_REPLACE(doc, '$.b[1]', 8) WHERE id = 1",
        "UPDATE d.docs SET doc2 = JSON_OBJECT('new', TRUE)",
        "SET binlog_row_image = MINIMAL",
        "UPDATE d.docs SET doc = JSON_SET(doc, '$.a', 'x')",
        "DELETE FROM d.docs",
    ),
    "compressed": ("SET binlog_transaction_compression = ON", *CHANGES, "XA START 'z'",
                   "INSERT INTO d.t VALUES (8, 8, '8', '8')", "XA END 'z'", "XA PREPARE 'z'", "XA ROLLBACK 'z'"),
    "xa": (
        "XA START 'commit', 'branch', 7",
        "INSERT INTO d.t VALUES (1, 1, 'committed', 'x'), (2, 2, 'committed', 'x')",
        "UPDATE d.t SET n = 9 WHERE id = 1",
        "XA END 'commit', 'branch', 7",
        "XA PREPARE 'commit', 'branch', 7",
        "other: XA START 'rollback'",
        "other: INSERT INTO d.t VALUES (3, 3, 'rolled back', 'x')",
        "other: XA END 'rollback'",
        "other: XA PREPARE 'rollback'",
        "other: XA ROLLBACK 'rollback'",
        "other: INSERT INTO d.other VALUES (1, 1)",
        "XA COMMIT 'commit', 'branch', 7",
        "XA START 'one'",
        "INSERT INTO d.t VALUES (4, 4, 'one phase', 'x')",
        "XA END 'one'",
        "XA COMMIT 'one' ONE PHASE",
        "DELETE FROM d.t",
        "DELETE FROM d.other",
    ),
    "no_checksum": ("SET GLOBAL binlog_checksum = NONE", *CHANGES),
    "compressed_no_checksum": ("SET binlog_transaction_compression = ON", *CHANGES),
}  # fmt: skip


def main() -> None:
    """Record everything anew."""
    folder = FOLDER / "binlog"
    folder.mkdir(exist_ok=True)
    with server(options=["--binlog-row-event-max-size=8192"]) as lab:
        _run(lab, SCHEMA)
        for name, statements in SCENARIOS.items():
            _run(lab, ["FLUSH BINARY LOGS"])
            _run(lab, statements)
            # no_checksum: the change of the setting begins a file.
            recorded = lab.binlog_files()[-1]
            _run(lab, ["FLUSH BINARY LOGS"])
            _keep(lab, name, recorded)
        (FOLDER / "gtid_sets.tsv").write_text("".join(_gtid_sets(lab)))
        _run(lab, ["SET GLOBAL binlog_checksum = CRC32", "INSERT INTO d.t VALUES (1, 1, 'in use', 'x')"])
        _keep(lab, "in_use", lab.binlog_files()[-1])
        _record_dumps(lab)
        lab.stop()
        _keep(lab, "stopped", max(lab.datadir.glob("binlog.0*")))
        lab.start(["--binlog-row-event-max-size=256"])
        _run(lab, ["INSERT INTO d.t SELECT 1000 + help_topic_id, 1, 'many', 'x' FROM mysql.help_topic LIMIT 60"])
        recorded = lab.binlog_files()[-1]
        _run(lab, ["UPDATE d.t SET n = n + 1", "FLUSH BINARY LOGS"])
        _keep(lab, "many_events", recorded)
    with server(options=["--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"]) as lab:
        _run(lab, [*SCHEMA, "FLUSH BINARY LOGS", *CHANGES])
        recorded = lab.binlog_files()[-1]
        _run(lab, ["FLUSH BINARY LOGS"])
        _keep(lab, "anonymous", recorded)


def _run(lab: Server, statements: Iterable[str]) -> None:
    """Runs statements on one connection, those that begin with `other:` on a second one."""
    with lab.connect() as first, lab.connect() as second:
        for statement in statements:
            connection = second if statement.startswith("other: ") else first
            with connection.cursor() as cursor:
                cursor.execute(statement.removeprefix("other: "))


def _keep(lab: Server, name: str, recorded: Path) -> None:
    data = recorded.read_bytes()
    kept = FOLDER / "binlog" / f"{name}.binlog"
    kept.write_bytes(data)
    command = lab.mysql.command("mysqlbinlog")
    options = ["--no-defaults", "-vv", "--base64-output=decode-rows", "--print-table-metadata", str(kept)]
    done = subprocess.run([*command, *options], env={**os.environ, "TZ": "UTC"}, capture_output=True, check=True)
    account = "".join("\t".join(line) + "\n" for line in _account(done.stdout.decode("utf-8", "backslashreplace")))
    kept.with_suffix(".tsv").write_text(account, encoding="utf-8")


HEAD = re.compile(r"#(\d{6} [ \d]\d:\d\d:\d\d) server id (\d+)  end_log_pos (\d+) (?:CRC32 0x[0-9a-f]+ )?\t(.*)")
KINDS = (
    ("Start: binlog v 4, server v ", "Format_desc"), ("Previous-GTIDs", "Previous_gtids"), ("GTID\t", "Gtid"),
    ("Anonymous_GTID\t", "Anonymous_Gtid"), ("Query\t", "Query"), ("Rows_query", "Rows_query"), ("Table_map: ", "Table_map"),
    ("Write_rows: ", "Write_rows"), ("Update_rows: ", "Update_rows"), ("Delete_rows: ", "Delete_rows"),
    ("Update_rows_partial: ", "Update_rows_partial"), ("Xid = ", "Xid"), ("XA PREPARE ", "XA_prepare"),
    ("Transaction_Payload", "Transaction_payload"), ("Rotate to ", "Rotate"), ("Stop", "Stop"),
)  # fmt: skip


def _account(text: str) -> Iterator[list[str]]:
    """The lines of a .tsv."""
    start = ""
    lines = text.splitlines()
    heads = [index for index, line in enumerate(lines) if HEAD.match(line)]
    for index, after in zip(heads, [*heads[1:], len(lines)], strict=True):
        start = lines[index - 1].removeprefix("# at ")
        match = HEAD.match(lines[index])
        assert match
        when, server_id, end, rest = match.groups()
        timestamp = calendar.timegm(time.strptime(when, "%y%m%d %H:%M:%S"))
        kind = next(kind for prefix, kind in KINDS if rest.startswith(prefix))
        body = lines[index + 1 : after]
        details, more = _details(kind, rest, body)
        if kind == "Gtid" and ":" in details[0].partition(":")[2]:
            kind = "Gtid_tagged"
        yield ["event", kind, start, end, str(timestamp), server_id, *details]
        yield from more


def _details(kind: str, head: str, body: list[str]) -> tuple[list[str], list[list[str]]]:  # noqa: C901 (a case for each type)
    """What is to be compared of one event, and the lines that follow it."""
    match kind:
        case "Format_desc":
            return [head.split("server v ")[1].partition(" ")[0]], []
        case "Previous_gtids":
            lines = [line.removeprefix("# ") for line in body if re.match("# [0-9a-f]{8}-", line)]
            return ["".join(lines)], []
        case "Gtid" | "Anonymous_Gtid":
            return _gtid(head, body), []
        case "Query":
            return _query(head, body), []
        case "Rows_query":
            return [body[0].removeprefix("# ")], []
        case "Table_map":
            return _table_map(head, body)
        case "Write_rows" | "Update_rows" | "Delete_rows" | "Update_rows_partial":
            table_id, flags = re.search(r"table id (\d+)(.*)", head).groups()  # type: ignore[union-attr]
            return [table_id, str(int("STMT_END_F" in flags))], list(_rows(body))
        case "XA_prepare":
            return [body[0]], []
        case "Transaction_payload":
            return re.findall(r"=(\w+)", head), []
        case "Rotate":
            return re.search(r"Rotate to (\S+)  pos: (\d+)", head).groups(), []  # type: ignore[union-attr, return-value]
    return [], []


def _gtid(head: str, body: list[str]) -> list[str]:
    gtid = next(line.split("'")[1] for line in body if "GTID_NEXT=" in line)
    times = [
        re.search(rf"{name}=(\d+)", head) for name in ("original_committed_timestamp", "immediate_commit_timestamp")
    ]
    return [gtid, *(time[1] for time in times if time)]


def _query(head: str, body: list[str]) -> list[str]:
    fields = re.search(r"thread_id=(\d+).*error_code=(\d+)", head)
    assert fields
    database = [line.split("`")[1] for line in body if line.startswith("use `")]
    sql = "\n".join(line for line in body if not re.match(r"SET |use `|/\*!(?!\*/)|#|DELIMITER", line))
    return [fields[1], fields[2], "".join(database[:1]), sql.split("\n/*!*/;")[0].replace("\n", "\\n")]


def _table_map(head: str, body: list[str]) -> tuple[list[str], list[list[str]]]:
    names = re.search(r"`(.*)`\.`(.*)` mapped to number (\d+)", head)
    assert names
    text = "\n".join(line.removeprefix("#").strip() for line in body if line.startswith("#"))
    key = re.search(r"Primary Key\((.*)\)", text)
    columns = re.search(r"Columns\((`.*\)?)\)\nPrimary", text, re.DOTALL)
    found = columns[1].split(",\n") if columns else []
    # How much of a column is in the key does not matter to a reader of events.
    return [*names.groups(), re.sub(r"\(\d+\)", "", key[1]) if key else ""], [["column", column] for column in found]


def _rows(body: list[str]) -> Iterator[list[str]]:
    row: list[str] = []
    for line in body:
        if not line.startswith("### "):
            continue
        text = line.removeprefix("### ")
        if match := re.match("(INSERT INTO|UPDATE|DELETE FROM) ", text):
            if row:
                yield row
            row = ["row", match[1].split()[0]]
        elif text in ("WHERE", "SET"):
            row.append(text)
        elif match := re.match(r"  (@\d+=.*?)(?: /\* .* \*/)?$", text):
            # A negative number also as the server would print it unsigned.
            row.append(re.sub(r"^(@\d+=-\d+) \(\d+\)$", r"\1", match[1]))
    if row:
        yield row


def _record_dumps(lab: Server) -> None:
    """Streams as a replica gets them: from a file's beginning and middle, and those that have heartbeats only."""
    _run(lab, ["FLUSH BINARY LOGS"])
    files = lab.binlog_files()
    _record_dump(lab, "dump", COMMAND.COM_BINLOG_DUMP, _from_position(files[-2], 4))
    gtids = _previous_gtids(files[-1])
    for name, flags in (("heartbeats_v1", 0), ("heartbeats_v2", USE_HEARTBEAT_EVENT_V2)):
        request = struct.pack("<HIIQI", flags, 77, 0, 4, len(gtids)) + gtids
        _record_dump(lab, name, COM_BINLOG_DUMP_GTID, request)
    for name, checksum in (("middle", "CRC32"), ("middle_no_checksum", "NONE")):
        _run(lab, [f"SET GLOBAL binlog_checksum = {checksum}", "DELETE FROM d.t"])
        file = lab.binlog_files()[-1]
        middle = file.stat().st_size
        _run(lab, ["INSERT INTO d.t VALUES (1, 1, 'from here', 'x')"])
        _record_dump(lab, f"dump_{name}", COMMAND.COM_BINLOG_DUMP, _from_position(file, middle))
    _run(lab, ["SET GLOBAL binlog_checksum = CRC32"])


def _from_position(file: Path, position: int) -> bytes:
    return struct.pack("<IHI", position, 0, 77) + file.name.encode()


def _previous_gtids(file: Path) -> bytes:
    """The set in the second event: the server's own encoding, which is also that of COM_BINLOG_DUMP_GTID."""
    data = file.read_bytes()[4:]
    data = data[int.from_bytes(data[9:13], "little") :]
    return data[HEADER : int.from_bytes(data[9:13], "little") - 4]


def _record_dump(lab: Server, name: str, command: int, request: bytes) -> None:
    """Keeps the packets up to the first heartbeat."""
    with lab.connect(read_timeout=10) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SET @source_binlog_checksum = 'CRC32', @master_binlog_checksum = 'CRC32',"
            " @source_heartbeat_period = 20000000, @master_heartbeat_period = 20000000"
        )
        connection._execute_command(command, request)  # type: ignore[attr-defined] # noqa: SLF001
        packets = b""
        kind = 0
        while kind not in HEARTBEATS:
            head = connection._read_bytes(4)  # type: ignore[attr-defined] # noqa: SLF001
            body = connection._read_bytes(int.from_bytes(head[:3], "little"))  # type: ignore[attr-defined] # noqa: SLF001
            packets += head + body
            kind = body[1 + 4]
        connection._force_close()  # type: ignore[attr-defined] # noqa: SLF001
    (FOLDER / "binlog" / f"{name}.packets").write_bytes(packets)


def _gtid_sets(lab: Server) -> Iterator[str]:
    """Two sets as written, then the first as the server prints it (or `error`), their union, difference, and 1 where
    the second contains the first.
    """
    rng = random.Random(1)
    with lab.connect() as connection, connection.cursor() as cursor:
        for one, two in [*_odd_sets(), *((_random_set(rng), _random_set(rng)) for _ in range(100))]:
            try:
                cursor.execute(
                    "SELECT GTID_SUBTRACT(%s, ''), GTID_SUBTRACT(%s, ''), GTID_SUBTRACT(%s, %s), GTID_SUBSET(%s, %s)",
                    (one, f"{one},{two}", one, two, one, two),
                )
                [row] = cursor.fetchall()
                answer = [str(value).replace("\n", "") for value in row]
            except pymysql.Error:
                answer = ["error"]
            yield "\t".join([one.replace("\n", "\\n"), two, *answer]) + "\n"


UUIDS = ("00000000-0000-0000-0000-000000000001", "3e11fa47-71ca-11e1-9e33-c80aa9429562")


def _random_set(rng: random.Random) -> str:
    parts = []
    for _ in range(rng.randint(0, 3)):
        part = rng.choice(UUIDS)
        for _ in range(rng.randint(1, 5)):
            part += rng.choice(["", "", ":tag", ":other_1"])
            start = rng.randint(1, 12)
            part += f":{start}" + rng.choice(["", f"-{start + rng.randint(0, 5)}"])
        parts.append(part)
    return ",".join(parts)


def _odd_sets() -> Iterator[tuple[str, str]]:
    uuid = UUIDS[1]
    texts = [
        f"{uuid}", f"{uuid}:", f"{uuid}:0", f"{uuid}:1-0", f"{uuid}:5-3", f"{uuid}:-1", f"{uuid}:1-", f"{uuid}:1:tag", f"{uuid}:tag",
        f"{uuid}:tag:", f"{uuid}:tag:tag:1", f"{uuid}::1", f" {uuid} : 1 - 3 : TAG : 5 , ", ",,,", f",{uuid}:1,", f"{uuid.upper()}:1",
        f"{uuid.replace('-', '')}:1", "{" + uuid + "}:1", f"{uuid[:-1]}:1", f"{uuid}0:1", f"{uuid}:9223372036854775806",
        f"{uuid}:9223372036854775807", f"{uuid}:1-9223372036854775806", f"{uuid}:1-9223372036854775807",
        f"{uuid}:99999999999999999999999", f"{uuid}:+1", f"{uuid}:0x1", f"{uuid}:1 2", f"{uuid}:1tag:1", f"{uuid}:_t:1",
        f"{uuid}:{'t' * 32}:1", f"{uuid}:{'t' * 33}:1", f"{uuid}:t-g:1", f"{uuid}:тег:1", f"{uuid}:t g:1", f"{uuid}:001-002",
        f"{uuid}:1-2-3", f"{uuid};1", f"{uuid}:1,{UUIDS[0]}:2:b:3:a:4,{uuid}:2", f"\n{uuid}:1,\n{UUIDS[0]}:1", f"{uuid}:tag:1:Tag:2",
        f"{uuid}:1:1:1-1:2", f"{uuid}:3-5:1-4:9:7:8", f"{uuid}:tag:0", f"{uuid}:1-3:tag:", f"{uuid}:4:", f"{uuid}:٣",
    ]  # fmt: skip
    return ((text, f"{uuid}:2-3") for text in texts)


if __name__ == "__main__":
    main()
