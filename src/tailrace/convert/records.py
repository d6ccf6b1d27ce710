"""Records that are not rows: transactions, heartbeats, schema changes; and the headers of all."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from tailrace.config.converters import DocumentConfig
from tailrace.config.events import EventsConfig
from tailrace.convert import native
from tailrace.convert.defaults import default_text
from tailrace.convert.envelope import (
    HEARTBEAT_KEY,
    HEARTBEAT_VALUE,
    NOTIFICATION_KEY,
    NOTIFICATION_VALUE,
    SCHEMA_CHANGE_KEY,
    SCHEMA_CHANGE_VALUE,
    TRANSACTION_KEY,
    TRANSACTION_VALUE,
)
from tailrace.convert.names import sanitized
from tailrace.convert.schema import Json, Schema
from tailrace.convert.table import row_key
from tailrace.model.encoding import TableEncoding
from tailrace.model.notification import Notification
from tailrace.model.table import Column, Table, TableId

Record = tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]
"""Topic, key, value, headers: what `tailrace._kernel.Batch.of` takes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record that is not a row came from: the `source` block's variable part."""

    version: str
    timestamp_us: int
    snapshot: str
    server_id: int
    gtid: str | None
    file: str
    position: int


@dataclass(frozen=True, slots=True)
class TableChange:
    """What a statement made of a table; `table` is None where it was dropped."""

    kind: str
    """CREATE, ALTER or DROP."""
    id: TableId
    table: Table | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as the schema-change topic tells of it."""

    database: str
    ddl: str
    changes: tuple[TableChange, ...] = ()
    tables: str | None = None
    """`source.table` where it is not the names of the changed tables."""


def context_headers(connector: str, events: EventsConfig) -> list[tuple[str, str]]:
    """Who wrote a record, in this run: `__debezium.context.*`."""
    context = {
        "connectorLogicalName": events.topics.prefix,
        "taskId": "0",
        "connectorName": connector,
        "runId": str(uuid.uuid4()),
    }
    return [(f"__debezium.context.{name}", json.dumps(value)) for name, value in context.items()]


def transaction_topic(events: EventsConfig) -> tuple[str, str | None, str | None]:
    """Topic, key schema and value schema of transaction records."""
    return (
        sanitized(events.topics.transaction),
        TRANSACTION_KEY.text() if events.key.schemas else None,
        TRANSACTION_VALUE.text() if events.value.schemas else None,
    )


def record_schemas(events: EventsConfig, notifications: str | None) -> dict[str, tuple[Schema, Schema]]:
    """Key schema and value schema of each topic that is no table's; `notifications`: the topic of those, if any."""
    return {
        sanitized(events.topics.transaction): (TRANSACTION_KEY, TRANSACTION_VALUE),
        sanitized(events.topics.heartbeat): (HEARTBEAT_KEY, HEARTBEAT_VALUE),
        sanitized(events.topics.prefix): (SCHEMA_CHANGE_KEY, SCHEMA_CHANGE_VALUE),
        **({notifications: (NOTIFICATION_KEY, NOTIFICATION_VALUE)} if notifications else {}),
    }


def heartbeat(events: EventsConfig, now_ms: int) -> Record:
    """A sign of life."""
    key = _document({"serverName": events.topics.prefix}, HEARTBEAT_KEY, events.key)
    value = _document({"ts_ms": now_ms}, HEARTBEAT_VALUE, events.value)
    return sanitized(events.topics.heartbeat), key, value, ()


def notification(events: EventsConfig, topic: str, told: Notification) -> Record:
    """What a connector tells of its snapshots."""
    payload = {
        "id": told.id,
        "type": told.type,
        "aggregate_type": told.aggregate_type,
        "additional_data": dict(told.additional_data),
        "timestamp": told.timestamp_ms,
    }
    key = _document({"id": told.id}, NOTIFICATION_KEY, events.key)
    return topic, key, _document(payload, NOTIFICATION_VALUE, events.value), ()


def schema_changes(
    events: EventsConfig,
    origin: Origin,
    *,
    now_ms: int,
    statement: Statement,
    headers: Sequence[tuple[str, str]],
) -> list[Record]:
    """A statement that changed tables; one that drops several is told table by table."""
    changes = statement.changes
    if not changes or changes[0].kind != "DROP":
        return [_schema_change(events, origin, now_ms, statement, headers)]
    exists = "IF EXISTS " if re.match(r"\s*DROP\s+TABLE\s+IF\s+EXISTS", statement.ddl, re.IGNORECASE) else ""
    names = ",".join(change.id.table for change in changes)
    return [
        _schema_change(
            events,
            origin,
            now_ms,
            Statement(change.id.database, f"DROP TABLE {exists}{_quoted(change.id)}", (change,), names),
            headers,
        )
        for change in changes
    ]


def _quoted(table: TableId) -> str:
    return ".".join("`" + name.replace("`", "``") + "`" for name in table)


def _schema_change(
    events: EventsConfig, origin: Origin, now_ms: int, statement: Statement, headers: Sequence[tuple[str, str]]
) -> Record:
    tables = statement.tables
    if tables is None and statement.changes:
        tables = ",".join(change.id.table for change in statement.changes)
    payload = {
        "source": _source(events, origin, statement.database, tables),
        "ts_ms": now_ms,
        "databaseName": statement.database,
        "schemaName": None,
        "ddl": statement.ddl,
        "tableChanges": [_change(change, comments=events.schema_comments) for change in statement.changes],
    }
    key = _document({"databaseName": statement.database}, SCHEMA_CHANGE_KEY, events.key)
    value = _document(payload, SCHEMA_CHANGE_VALUE, events.value)
    texts = [(name, value.encode()) for name, value in headers]
    return sanitized(events.topics.prefix), key, value, texts


def truncate(
    events: EventsConfig,
    origin: Origin,
    *,
    now_us: int,
    described: TableEncoding,
    table: TableId,
    headers: Sequence[tuple[str, str]],
) -> Record:
    """TRUNCATE TABLE as an event of the table's topic, without a key; `described`: how its rows are written."""
    payload = {
        "before": None,
        "after": None,
        "source": _source(events, origin, *table),
        "transaction": None,
        "op": "t",
        "ts_ms": now_us // 1000,
        "ts_us": now_us,
        "ts_ns": now_us * 1000,
    }
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    if described.value_schema is not None:
        text = f'{{"schema":{described.value_schema},"payload":{text}}}'
    return described.topic, None, text.encode(), [(name, value.encode()) for name, value in headers]


def _source(events: EventsConfig, origin: Origin, database: str, table: str | None) -> Json:
    return {
        "version": origin.version,
        "connector": "mysql",
        "name": events.topics.prefix,
        "ts_ms": origin.timestamp_us // 1000,
        "snapshot": origin.snapshot,
        "db": database,
        "sequence": None,
        "ts_us": origin.timestamp_us,
        "ts_ns": origin.timestamp_us * 1000,
        "table": table,
        "server_id": origin.server_id,
        "gtid": origin.gtid,
        "file": origin.file,
        "pos": origin.position,
        "row": 0,
        "thread": None,
        "query": None,
    }


def _change(change: TableChange, *, comments: bool) -> Json:
    name = f'"{change.id.database}"."{change.id.table}"'
    table = _table(change.table, comments=comments) if change.table is not None else None
    return {"type": change.kind, "id": name, "table": table}


def _table(table: Table, *, comments: bool) -> Json:
    return {
        "defaultCharsetName": table.charset,
        "primaryKeyColumnNames": list(row_key(table)),
        "columns": [
            _column(column, position, comments=comments) for position, column in enumerate(table.columns, start=1)
        ],
        "comment": (table.comment or None) if comments else None,
    }


def _column(column: Column, position: int, *, comments: bool) -> Json:
    return {
        "name": column.name,
        "jdbcType": native.jdbc_type(column),
        "nativeType": None,
        "typeName": native.type_name(column),
        "typeExpression": native.type_name(column),
        "charsetName": column.charset,
        "length": native.length(column),
        "scale": native.scale(column),
        "position": position,
        "optional": column.nullable,
        "autoIncremented": column.auto_increment,
        "generated": column.auto_increment,
        "comment": (column.comment or None) if comments else None,
        "defaultValueExpression": default_text(column),
        "enumValues": [f"'{label}'" for label in column.labels] or None,
    }


def _document(payload: Json, schema: Schema, document: DocumentConfig) -> bytes:
    if document.schemas:
        payload = {"schema": schema.document(), "payload": payload}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
