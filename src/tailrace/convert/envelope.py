"""Schemas that are the same for every table: source, transaction, and the records that are not rows."""

from __future__ import annotations

from tailrace.convert.schema import (
    INT32,
    INT64,
    OPTIONAL_BOOLEAN,
    OPTIONAL_INT32,
    OPTIONAL_INT64,
    OPTIONAL_STRING,
    STRING,
    Schema,
    struct,
)

SOURCE = struct(
    "io.debezium.connector.mysql.Source",
    ("version", STRING),
    ("connector", STRING),
    ("name", STRING),
    ("ts_ms", INT64),
    (
        "snapshot",
        Schema(
            "string",
            optional=True,
            name="io.debezium.data.Enum",
            version=1,
            parameters=(
                ("allowed", "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"),
            ),
            default="false",
        ),
    ),
    ("db", STRING),
    ("sequence", OPTIONAL_STRING),
    ("ts_us", OPTIONAL_INT64),
    ("ts_ns", OPTIONAL_INT64),
    ("table", OPTIONAL_STRING),
    ("server_id", INT64),
    ("gtid", OPTIONAL_STRING),
    ("file", STRING),
    ("pos", INT64),
    ("row", INT32),
    ("thread", OPTIONAL_INT64),
    ("query", OPTIONAL_STRING),
    version=1,
)
TRANSACTION_BLOCK = struct(
    "event.block",
    ("id", STRING),
    ("total_order", INT64),
    ("data_collection_order", INT64),
    version=1,
    optional=True,
)
TRANSACTION_KEY = struct("io.debezium.connector.common.TransactionMetadataKey", ("id", STRING), version=1)
TRANSACTION_VALUE = struct(
    "io.debezium.connector.common.TransactionMetadataValue",
    ("status", STRING),
    ("id", STRING),
    ("event_count", OPTIONAL_INT64),
    (
        "data_collections",
        Schema(
            "array",
            optional=True,
            items=struct(
                "event.collection",
                ("data_collection", STRING),
                ("event_count", INT64),
                version=1,
                optional=True,
            ),
        ),
    ),
    ("ts_ms", INT64),
    version=1,
)
HEARTBEAT_KEY = struct("io.debezium.connector.common.ServerNameKey", ("serverName", STRING), version=1)
HEARTBEAT_VALUE = struct("io.debezium.connector.common.Heartbeat", ("ts_ms", INT64), version=1)
NOTIFICATION_KEY = struct("io.debezium.connector.common.NotificationKey", ("id", STRING), version=1)
NOTIFICATION_VALUE = struct(
    "io.debezium.connector.common.Notification",
    ("id", STRING),
    ("type", STRING),
    ("aggregate_type", STRING),
    ("additional_data", Schema("map", optional=True, keys=STRING, values=STRING)),
    ("timestamp", INT64),
    version=1,
)

_COLUMN = struct(
    "io.debezium.connector.schema.Column",
    ("name", STRING),
    ("jdbcType", INT32),
    ("nativeType", OPTIONAL_INT32),
    ("typeName", STRING),
    ("typeExpression", OPTIONAL_STRING),
    ("charsetName", OPTIONAL_STRING),
    ("length", OPTIONAL_INT32),
    ("scale", OPTIONAL_INT32),
    ("position", INT32),
    ("optional", OPTIONAL_BOOLEAN),
    ("autoIncremented", OPTIONAL_BOOLEAN),
    ("generated", OPTIONAL_BOOLEAN),
    ("comment", OPTIONAL_STRING),
    ("defaultValueExpression", OPTIONAL_STRING),
    ("enumValues", Schema("array", optional=True, items=STRING)),
    version=1,
)
_TABLE = struct(
    "io.debezium.connector.schema.Table",
    ("defaultCharsetName", OPTIONAL_STRING),
    ("primaryKeyColumnNames", Schema("array", optional=True, items=STRING)),
    ("columns", Schema("array", items=_COLUMN)),
    ("comment", OPTIONAL_STRING),
    version=1,
    optional=True,
)
_CHANGE = struct("io.debezium.connector.schema.Change", ("type", STRING), ("id", STRING), ("table", _TABLE), version=1)
SCHEMA_CHANGE_KEY = struct("io.debezium.connector.mysql.SchemaChangeKey", ("databaseName", STRING), version=1)
SCHEMA_CHANGE_VALUE = struct(
    "io.debezium.connector.mysql.SchemaChangeValue",
    ("source", SOURCE),
    ("ts_ms", INT64),
    ("databaseName", OPTIONAL_STRING),
    ("schemaName", OPTIONAL_STRING),
    ("ddl", OPTIONAL_STRING),
    ("tableChanges", Schema("array", items=_CHANGE)),
    version=1,
)


def row_envelope(name: str, row: Schema) -> Schema:
    """The envelope of a table's rows; `row` is the schema of an image."""
    return struct(
        name,
        ("before", row),
        ("after", row),
        ("source", SOURCE),
        ("transaction", TRANSACTION_BLOCK),
        ("op", STRING),
        ("ts_ms", OPTIONAL_INT64),
        ("ts_us", OPTIONAL_INT64),
        ("ts_ns", OPTIONAL_INT64),
        version=2,
    )
