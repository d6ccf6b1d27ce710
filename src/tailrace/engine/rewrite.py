"""What takes the place of the records that the kernel made: converters first, then transforms, or Avro."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from tailrace._kernel import Batch
from tailrace.config import Config
from tailrace.convert.table import Described
from tailrace.errors import ConfigError
from tailrace.model.encoding import Output
from tailrace.model.table import Table

if TYPE_CHECKING:
    from tailrace.converters import Converter


class Rewrite(Protocol):
    """Batches whose records are in parts, made into what the sink wants."""

    def learn(self, table: Table, described: Described) -> None:
        """How the rows of the table are written from here on."""

    def apply(self, batch: Batch) -> Batch:
        """Raises TransformError, SinkError, SchemaError."""


def converters(config: Config, encoding: Literal["json", "arrow"]) -> Sequence[Converter]:
    """Those that are configured. Raises ConfigError."""
    if not config.events.converters:
        return ()
    if encoding == "arrow":
        raise ConfigError("converters: Arrow has the types of MySQL", hint="use another sink")
    from tailrace.converters import create  # noqa: PLC0415 - start-up time

    return [create(kind, dict(options)) for _, kind, options in config.events.converters]


def rewrite(config: Config, output: Output, encoding: Literal["json", "arrow"], *, own_sink: bool) -> Rewrite | None:
    """None: the records go out as the kernel made them. Raises ConfigError."""
    events = config.events
    avro = events.avro and not own_sink
    converted = None
    if _has_functions(config):
        from tailrace.engine.converted import Converted  # noqa: PLC0415 - start-up time

        converted = Converted(events, output)
    if avro and events.transforms.others:
        message = "transforms: those that see each record give JSON, and Avro is written by the table's definition"
        raise ConfigError(message, hint="leave key.converter and value.converter out, or those transforms")
    if avro:
        if output == "values":
            message = "key.converter, value.converter: Avro is written record by record"
            raise ConfigError(message, hint="use sink.type=jsonl or stdout with sink.format=record")
        from tailrace.engine.avro import AvroRecords  # noqa: PLC0415 - start-up time

        return AvroRecords(events, output, config.notifications.topic, converted)
    if not events.transforms.others:
        return converted
    if encoding == "arrow":
        raise ConfigError("transforms: those that see each record have no Arrow to give", hint="use another sink")
    from tailrace.engine.chained import Chained  # noqa: PLC0415 - start-up time

    return Chained(events.transforms, output, converted)


def _has_functions(config: Config) -> bool:
    """Whether a converter may have a function: Debezium's own have none."""
    if not config.events.converters:
        return False
    from tailrace.converters import BUILTIN  # noqa: PLC0415 - start-up time

    return any(kind not in BUILTIN for _, kind, _ in config.events.converters)
