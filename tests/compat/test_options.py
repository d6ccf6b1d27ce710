"""Properties, one set at a time, given to both: every record the same but for the accepted differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from compat.both import JSON_PLAIN as PLAIN
from compat.both import run
from compat.compare import differences
from compat.coverage import exercised
from compat.differences import shown_by, unexplained

if TYPE_CHECKING:
    from pathlib import Path

    from compat.oracle import Oracle
    from tailrace import lab

PEOPLE = """CREATE TABLE people (
  id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50) NOT NULL DEFAULT 'nobody', note TEXT,
  pay DECIMAL(10,2) DEFAULT 1.5, photo VARBINARY(20), born DATE, at TIMESTAMP(3) NULL, kind ENUM('a','b') DEFAULT 'a',
  `odd name` INT, total DECIMAL(12,2) AS (pay * 2) STORED, hidden INT INVISIBLE DEFAULT 3
) COMMENT 'of flesh'"""
OUTBOX_TABLE = """CREATE TABLE outbox (
  id VARCHAR(36) PRIMARY KEY, aggregatetype VARCHAR(50) NOT NULL, aggregateid VARCHAR(50) NOT NULL,
  type VARCHAR(50) NOT NULL, payload TEXT, extra INT, version INT)"""
BEFORE = (
    PEOPLE,
    "CREATE TABLE pairs (b VARCHAR(10), a INT, c INT, PRIMARY KEY (a, b))",
    "CREATE TABLE keyless (x INT, y VARCHAR(10))",
    "CREATE TABLE only_unique (x INT, y VARCHAR(10), UNIQUE KEY u (y))",
    "CREATE TABLE shard_1 (id INT PRIMARY KEY, v INT)",
    "CREATE TABLE shard_2 (id INT PRIMARY KEY, v INT)",
    "INSERT INTO people (name, note, photo, born) VALUES ('Ann', 'long note ж', x'00ff', '1990-02-03')",
    "UPDATE people SET at = '2020-01-01 10:00:00.125'",
    "INSERT INTO people (name, `odd name`) VALUES ('Bob', 7)",
    "INSERT INTO pairs VALUES ('x', 1, 10), ('y', 1, NULL)",
    "INSERT INTO keyless VALUES (1, 'one')",
    "INSERT INTO only_unique VALUES (1, 'u')",
    "INSERT INTO shard_1 VALUES (1, 1)",
    OUTBOX_TABLE,
    "INSERT INTO outbox VALUES ('e0', 'order', '7', 'created', '{\"a\": 0}', 1, 2)",
    "INSERT INTO shard_2 VALUES (1, 2), (2, 2)",
)
AFTER = (
    "INSERT INTO people (name, note) VALUES ('Cy', 'short'), ('Di', REPEAT('n', 30))",
    "UPDATE people SET note = 'changed', pay = 2.25 WHERE id = 1",
    "UPDATE people SET hidden = 4 WHERE id = 2",
    "UPDATE people SET id = 20 WHERE id = 2",
    "UPDATE pairs SET a = 2 WHERE b = 'x'",
    "UPDATE keyless SET x = 2",
    "UPDATE only_unique SET y = 'v'",
    "INSERT INTO outbox VALUES ('e1', 'order', '8', 'created', '{\"a\": 1}', 1, 2)",
    "UPDATE outbox SET extra = 9 WHERE id = 'e1'",
    "DELETE FROM outbox WHERE id = 'e1'",
    "INSERT INTO outbox VALUES ('e2', 'customer', '9', 'gone', NULL, 1, NULL)",
    "BEGIN",
    "INSERT INTO shard_1 VALUES (2, 5)",
    "UPDATE shard_2 SET v = v + 1",
    "INSERT INTO keyless VALUES (9, 'tx')",
    "DELETE FROM shard_1 WHERE id = 1",
    "COMMIT",
    "ALTER TABLE people ADD COLUMN later VARCHAR(5) DEFAULT 'l'",
    "INSERT INTO people (name) VALUES ('Ed')",
    "DELETE FROM people WHERE name = 'Ann'",
    "DELETE FROM keyless",
    "TRUNCATE TABLE shard_2",
    "DROP TABLE shard_2",
)
UNWRAP = {"transforms": "u", "transforms.u.type": "io.debezium.transforms.ExtractNewRecordState"}
OUTBOX = {
    "transforms": "o",
    "transforms.o.type": "io.debezium.transforms.outbox.EventRouter",
    "transforms.o.predicate": "outbox",
    "predicates": "outbox",
    "predicates.outbox.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
    "predicates.outbox.pattern": r".*\.outbox",
}
ROUTE = {
    "transforms": "r",
    "transforms.r.type": "io.debezium.transforms.ByLogicalTableRouter",
    "transforms.r.topic.regex": r"(.*)\.shard_\d",
    "transforms.r.topic.replacement": "$1.shards",
}
NAMED = {
    "topic.naming.strategy": "io.debezium.schema.DefaultRegexTopicNamingStrategy",
    "topic.regex": r"(.*)\.shard_\d",
    "topic.replacement": "$1.shards",
}


class Case(NamedTuple):
    name: str
    properties: dict[str, str | None]
    first: tuple[str, ...] = ()
    """Statements before the others that happen while both stream."""


CASES = (
    Case("defaults", {}),
    Case("without schemas", PLAIN),
    Case("tombstones off", {"tombstones.on.delete": "false"}),
    Case("transactions", {"provide.transaction.metadata": "true", "topic.transaction": "tx"}),
    Case("key columns", {"message.key.columns": r"options.people:name;options.keyless:x,y;(.*).shard_1:v"}),
    Case("columns left out", {"column.exclude.list": r"options.people.(note|photo),options.pairs.c"}),
    Case("columns chosen", {"column.include.list": r"options.people.(id|name),options\.(pairs|keyless|zz_done)\..*"}),
    Case("tables chosen", {"table.include.list": r"options.p.*,options.zz_done"}),
    Case("tables left out", {"table.exclude.list": r"options.shard.*"}),
    Case("asterisks", {"column.mask.with.5.chars": r"options.people.(name|kind|pay|note)"}),
    Case("no asterisk", {"column.mask.with.0.chars": r"options.people.(name|note)"}),
    Case("cut", {"column.truncate.to.3.chars": r"options.people\..*,options.keyless.y"}),
    Case("digest", {"column.mask.hash.SHA-256.with.salt.pepper": r"options.people.(name|note),options.keyless.y"}),
    Case("second digest", {"column.mask.hash.v2.MD5.with.salt.salz": r"options.people.(name|note),options.pairs.b"}),
    Case("names for Avro", {"schema.name.adjustment.mode": "avro", "field.name.adjustment.mode": "avro"}),
    Case(
        "names for Avro in Unicode",
        {"schema.name.adjustment.mode": "avro_unicode", "field.name.adjustment.mode": "avro_unicode"},
    ),
    Case("types by column", {"column.propagate.source.type": r"options.people.(name|pay)"}),
    Case("types by type", {"datatype.propagate.source.type": r".*\.VARCHAR,.*\.DECIMAL"}),
    Case("skipped", {"skipped.operations": "u,d,t"}),
    Case("truncate told", {"skipped.operations": "none"}),
    Case(
        "unchanged left out", {"skip.messages.without.change": "true", "column.exclude.list": r"options.people.hidden"}
    ),
    Case("schema changes off", {"include.schema.changes": "false"}),
    Case(
        "schema changes of captured tables",
        {
            "schema.history.internal.store.only.captured.tables.ddl": "true",
            "schema.history.internal.store.only.captured.databases.ddl": "true",
            "table.include.list": r"options.p.*,options.zz_done",
        },
    ),
    Case("comments", {"include.schema.comments": "true"}),
    Case("headers off", {"extended.headers.enabled": "false"}),
    Case("delimiter", {"topic.delimiter": "-"}),
    Case("no data", {"snapshot.mode": "no_data"}),
    Case("some tables", {"snapshot.include.collection.list": r"options.people,options.zz_done"}),
    Case(
        "own selects",
        {
            "snapshot.select.statement.overrides": "options.people",
            "snapshot.select.statement.overrides.options.people": "SELECT *, hidden FROM options.people WHERE id = 1",
        },
    ),
    Case(
        "mode by properties",
        {
            "snapshot.mode": "configuration_based",
            "snapshot.mode.configuration.based.snapshot.data": "true",
            "snapshot.mode.configuration.based.snapshot.schema": "true",
            "snapshot.mode.configuration.based.start.stream": "true",
        },
    ),
    Case("statements first", {"database.initial.statements": "SET @a = 1;SET @b = 'x;;y'"}),
    Case("query", {"include.query": "true"}, ("SET SESSION binlog_rows_query_log_events = ON",)),
    # Without a lock Debezium reads definitions side by side, in any order.
    Case("no lock", {"snapshot.locking.mode": "none", "include.schema.changes": "false"}),
    Case("always", {"snapshot.mode": "always"}),
    Case("when needed", {"snapshot.mode": "when_needed"}),
    # Each of the two may have to wait for the whole snapshot of the other.
    Case("locks to the end", {"snapshot.locking.mode": "extended", "snapshot.lock.timeout.ms": "60000"}),
    Case("heartbeats", {"heartbeat.interval.ms": "20", "include.schema.changes": "false"}),
    Case(
        "heartbeats of another name",
        {
            **PLAIN,
            "heartbeat.interval.ms": "20",
            "topic.heartbeat.prefix": "beat",
            "include.schema.changes": "false",
        },
    ),
    Case("all databases but one", {"database.include.list": None, "database.exclude.list": "other.*"}),
    Case("transactions left out by their sources", {"gtid.source.excludes": "00000000-.*"}),
    Case("places without GTIDs", {"gtid.ignore.on.recovery": "true"}),
    Case(
        "settings without an effect on records",
        {
            "connect.keep.alive": "false",
            "connect.keep.alive.interval.ms": "30000",
            "connect.timeout.ms": "20000",
            "database.ssl.mode": "disabled",
            "enable.time.adjuster": "false",
            "errors.max.retries": "1",
            "event.converting.failure.handling.mode": "skip",
            "event.deserialization.failure.handling.mode": "warn",
            "event.processing.failure.handling.mode": "skip",
            "max.queue.size.in.bytes": "10000000",
            "retriable.restart.connector.wait.ms": "1000",
            "table.ignore.builtin": "true",
            "tasks.max": "1",
            "topic.naming.strategy": "io.debezium.schema.DefaultTopicNamingStrategy",
            "unavailable.value.placeholder": "none",
        },
    ),
    Case("rows alone", UNWRAP),
    Case(
        "rows alone, deletes rewritten",
        {
            **UNWRAP,
            "transforms.u.delete.tombstone.handling.mode": "rewrite",
            "transforms.u.add.fields": "op,table,source.file,db:base",
            "transforms.u.add.headers": "op,source.db",
        },
    ),
    Case("rows alone, deletes dropped", {**UNWRAP, "transforms.u.delete.tombstone.handling.mode": "drop"}),
    Case(
        "rows alone, rewritten and tombstone",
        {**UNWRAP, "transforms.u.delete.tombstone.handling.mode": "rewrite-with-tombstone"},
    ),
    Case("outbox", OUTBOX),
    Case("outbox without schemas", {**OUTBOX, **PLAIN}),
    Case(
        "outbox with more columns",
        {
            **OUTBOX,
            "transforms.o.table.fields.additional.placement": "type:header:eventType,extra:envelope,version:header",
            "transforms.o.route.tombstone.on.empty.payload": "true",
            "transforms.o.route.topic.replacement": "events-${routedByValue}",
        },
    ),
    Case("routed", ROUTE),
    Case(
        "routed, keys by regex",
        {
            **ROUTE,
            "transforms.r.key.field.name": "shard",
            "transforms.r.key.field.regex": r".*shard_(\d)",
            "transforms.r.key.field.replacement": "$1",
        },
    ),
    Case("routed without", {**ROUTE, "transforms.r.key.enforce.uniqueness": "false"}),
    Case(
        "named by regex",
        NAMED,
        ("CREATE TABLE `shard ü_3` (id INT PRIMARY KEY)", "INSERT INTO `shard ü_3` VALUES (1)"),
    ),
    Case(
        "named by regex, keys too",
        {
            **NAMED,
            "topic.key.field.name": "shard",
            "topic.key.field.regex": r".*shard_(\d)",
            "topic.key.field.replacement": "$1",
            "provide.transaction.metadata": "true",
            "topic.transaction": "tx",
        },
    ),
    Case("named by regex, keys as they are", {**NAMED, "topic.key.enforce.uniqueness": "false", **PLAIN}),
    Case("named by regex, rows alone", {**NAMED, **UNWRAP, **PLAIN}),
    Case(
        "routed rows alone",
        {**ROUTE, "transforms": "r,u", "transforms.u.type": UNWRAP["transforms.u.type"]},
    ),
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_record_is_as_debezium_writes_it(case: Case, oracle: Oracle, mysql: lab.Server, tmp_path: Path) -> None:
    exercised.update(case.properties)
    after = [*case.first, *AFTER]
    found = run(oracle, mysql, "options", tmp_path, before=BEFORE, after=after, properties=case.properties)
    assert found.theirs, "nothing came"
    met: set[str] = set()
    rest = unexplained(differences(found.theirs, found.ours), met)
    assert not rest, "\n".join(map(str, rest[:20]))
    assert met >= shown_by(case.name), "a difference has gone: it goes from differences.py too"
