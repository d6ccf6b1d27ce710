"""Record what real Debezium writes for every column type: the golden events beside this file.

Run `python tests/oracles/debezium/record.py --port P --peer DIR` against a server that may be written to (database
`golden` is dropped), after building the harness in bench/peers/debezium into DIR (`lib/` and `build/classes`).
Each line is `{"topic", "key", "value"}`; a tombstone has a null value.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import pymysql

HERE = Path(__file__).parent
TABLES = (
    "numbers", "numbers_not_null", "temporals", "temporals_not_null", "texts", "texts_not_null", "documents", "shapes",
    "keyless", "composite",
)  # fmt: skip
OPTIONS = (
    "version", "gtid_mode", "binlog_format", "binlog_row_image", "binlog_row_metadata", "binlog_rows_query_log_events",
    "binlog_row_value_options", "time_zone", "character_set_server",
)  # fmt: skip


def run_script(connection: pymysql.Connection, name: str) -> int:
    """Run a file of statements, each ended by `;` at a line's end; the number of rows they changed."""
    text = (HERE / name).read_text(encoding="utf-8")
    changed = 0
    with connection.cursor() as cursor:
        for statement in text.split(";\n"):
            if statement.strip():
                changed += max(cursor.execute(statement), 0)
    connection.commit()
    return changed


def properties(host: str, port: int, user: str, password: str, state: Path) -> str:
    """Debezium's own defaults, with events as plain JSON and its state in files."""
    lines = {
        "name": "golden",
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "topic.prefix": "golden",
        "database.hostname": host,
        "database.port": port,
        "database.user": user,
        "database.password": password,
        "database.server.id": 4711,
        "database.include.list": "golden",
        "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
        "offset.storage.file.filename": state / "offsets",
        "offset.flush.interval.ms": 0,
        "schema.history.internal": "io.debezium.storage.file.history.FileSchemaHistory",
        "schema.history.internal.file.filename": state / "history",
        "key.converter.schemas.enable": "false",
        "value.converter.schemas.enable": "false",
        "converter.schemas.enable": "false",
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def capture(peer: Path, config: Path, events: int, out: Path) -> None:
    """Run Debezium until it has given `events` row events."""
    classpath = f"{peer / 'build' / 'classes'}:{peer / 'lib'}/*"
    command = ["java", "-cp", classpath, "Capture", str(config), str(events), str(out), "records"]
    subprocess.run(command, check=True, timeout=180)


def row_events(path: Path) -> list[str]:
    """The lines of tables: schema changes go to the topic named like the prefix (no splitlines: U+2028)."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and json.loads(line)["topic"] != "golden"]


def main() -> None:
    """Record both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3306)
    parser.add_argument("--user", default="root")
    parser.add_argument("--password", default="")
    parser.add_argument("--peer", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()
    connection = pymysql.connect(
        host=args.host, port=args.port, user=args.user, password=args.password, charset="utf8mb4"
    )
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        config = state / "debezium.properties"
        config.write_text(properties(args.host, args.port, args.user, args.password, state), encoding="utf-8")
        run_script(connection, "types.sql")
        rows = run_script(connection, "rows.sql")
        capture(args.peer, config, rows, state / "snapshot")
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"TRUNCATE TABLE golden.{table}")
        changed = run_script(connection, "rows.sql")
        changed += run_script(connection, "changes.sql") + 1  # a changed key is a delete and a create
        capture(args.peer, config, changed, state / "stream")
        for part in ("snapshot", "stream"):
            lines = row_events(state / part)
            (args.out / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN {OPTIONS}")
            options = dict(cursor.fetchall())
        (args.out / "server.json").write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
