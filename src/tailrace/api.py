"""`tailrace.stream`: changes as a Python iterator, sync or async."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import orjson

from tailrace._kernel import Batch
from tailrace.config import Config, load_properties, parse
from tailrace.engine import Engine, Progress
from tailrace.model.table import TableId
from tailrace.sinks import Acknowledge, SinkState, sink_fields

if TYPE_CHECKING:
    import pyarrow

_AHEAD = 4
"""Batches decoded ahead of the reader."""
