"""Transforms that see each record, behind converters."""

from __future__ import annotations

from tailrace._kernel import Batch
from tailrace.config.transforms import TransformsConfig
from tailrace.convert.table import Described
from tailrace.engine.converted import Converted
from tailrace.model.encoding import Output
from tailrace.model.table import Table
from tailrace.transforms import Chain
from tailrace.transforms.configured import transforms


class Chained:
    """Every record, one by one."""

    def __init__(self, config: TransformsConfig, output: Output, converted: Converted | None) -> None:
        """Raises ConfigError."""
        self._converted = converted
        first = [("converters", converted.transform)] if converted is not None else []
        self._chain = Chain([*first, *transforms(config)], output)

    def learn(self, table: Table, described: Described) -> None:
        """How the rows of the table are written from here on."""
        if self._converted is not None:
            self._converted.learn(table, described)
        self._chain.learn(table, described)

    def apply(self, batch: Batch) -> Batch:
        """Raises TransformError."""
        return self._chain.apply(batch)
