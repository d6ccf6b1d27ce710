"""What a connector begins with, mode by mode."""

from __future__ import annotations

import pytest

from tailrace.config.snapshot import ConfiguredMode, SnapshotConfig, SnapshotMode
from tailrace.snapshot.decide import Known, Start, decide

NOTHING = Known(offset=False, history=False)
UNFINISHED = Known(offset=True, unfinished=True)
STORED = Known(offset=True)
PURGED = Known(offset=True, available=False)
NO_HISTORY = Known(offset=True, history=False)
AGAIN = Start.DEFINITIONS_THEN_RESUME


@pytest.mark.parametrize(
    ("mode", "starts"),
    [
        ("initial", [Start.SNAPSHOT, Start.SNAPSHOT, Start.RESUME, Start.PURGED, Start.SNAPSHOT]),
        ("initial_only", [Start.SNAPSHOT, Start.SNAPSHOT, Start.RESUME, Start.PURGED, Start.SNAPSHOT]),
        ("always", [Start.SNAPSHOT] * 5),
        ("no_data", [Start.DEFINITIONS, Start.DEFINITIONS, Start.RESUME, Start.PURGED, Start.NO_HISTORY]),
        ("when_needed", [Start.SNAPSHOT, Start.SNAPSHOT, Start.RESUME, Start.SNAPSHOT, Start.SNAPSHOT]),
        ("recovery", [Start.NO_OFFSET, AGAIN, AGAIN, Start.PURGED, AGAIN]),
    ],
)
def test_each_mode_begins_as_debezium_says(mode: str, starts: list[Start]) -> None:
    config = SnapshotConfig(mode=SnapshotMode(mode))
    assert [decide(config, known) for known in (NOTHING, UNFINISHED, STORED, PURGED, NO_HISTORY)] == starts


@pytest.mark.parametrize(
    ("based", "known", "start"),
    [
        (ConfiguredMode(data=True), STORED, Start.SNAPSHOT),
        (ConfiguredMode(), NOTHING, Start.DEFINITIONS),
        (ConfiguredMode(stream=True), STORED, Start.RESUME),
        (ConfiguredMode(stream=True), NO_HISTORY, Start.NO_HISTORY),
        (ConfiguredMode(schema=True), STORED, Start.DEFINITIONS_THEN_RESUME),
        (ConfiguredMode(), PURGED, Start.PURGED),
        (ConfiguredMode(on_data_error=True), PURGED, Start.SNAPSHOT),
        (ConfiguredMode(on_schema_error=True), NO_HISTORY, Start.DEFINITIONS_THEN_RESUME),
    ],
)
def test_a_configured_mode_begins_as_its_properties_say(based: ConfiguredMode, known: Known, start: Start) -> None:
    config = SnapshotConfig(mode=SnapshotMode.CONFIGURATION_BASED, based=based)
    assert decide(config, known) is start
