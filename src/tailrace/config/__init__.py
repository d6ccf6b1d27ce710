"""Configuration: flat properties with Debezium's names in, one frozen `Config` out.

`load_properties` reads a file or mapping; `parse` turns the properties into a `Config` or raises one ConfigError
with every problem. No part of the product looks a property up by its text: it takes the value it needs.
"""

from tailrace.config.engine import EngineConfig, StorageConfig
from tailrace.config.events import EventsConfig
from tailrace.config.field import Family, Field, Password, Values
from tailrace.config.filters import NameFilter, TableFilter
from tailrace.config.load import load_properties
from tailrace.config.parse import FIELDS, Config, parse
from tailrace.config.sink import SinkConfig
from tailrace.config.snapshot import LockingMode, SnapshotConfig, SnapshotMode
from tailrace.config.source import SourceConfig, SslMode

__all__ = [
    "FIELDS",
    "Config",
    "EngineConfig",
    "EventsConfig",
    "Family",
    "Field",
    "LockingMode",
    "NameFilter",
    "Password",
    "SinkConfig",
    "SnapshotConfig",
    "SnapshotMode",
    "SourceConfig",
    "SslMode",
    "StorageConfig",
    "TableFilter",
    "Values",
    "load_properties",
    "parse",
]
