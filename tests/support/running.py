"""An engine in this process, on a JSONL sink: signals in, notifications and events out."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Self

from support.connector import Connector
from tailrace.config import load_properties, parse
from tailrace.engine.engine import Engine
from tailrace.lab.server import await_condition
from tailrace.lab.verify import verify
from tailrace.model.progress import State
from tailrace.model.signal import Signal
from tailrace.sinks import sink_fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailrace.lab import Server
    from tailrace.model.notification import Notification

SIGNALS = "CREATE TABLE {} (id VARCHAR(42) PRIMARY KEY, type VARCHAR(32) NOT NULL, data VARCHAR(2048))"
MARKER = "CREATE TABLE {}.marker (id INT PRIMARY KEY)"


class Running:
    """Begins to stream on entering, stops on leaving; what ended the run early is raised there."""

    def __init__(self, folder: Path, server: Server, database: str, **properties: object) -> None:
        """`properties` with `__` for `.`; without others it streams from the end of the binlog."""
        self._server = server
        self._database = database
        self._files = Connector(folder, server, database, **({"snapshot__mode": "no_data"} | properties))
        self._files.write_config()
        self.engine = Engine(parse(load_properties(self._files.config), sink_fields))
        self._thread = threading.Thread(target=self._run)
        self._error: BaseException | None = None
        self._asked = 0

    def __enter__(self) -> Self:
        self.begin()
        self.until(lambda: self.engine.progress.state is State.STREAMING, "it did not stream")
        return self

    def begin(self) -> None:
        """Not awaited to stream; `end` it."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Raises what ended the run early."""
        self.engine.stop()
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            self.engine.run()
        except BaseException as error:  # noqa: BLE001 - raised by __exit__
            self._error = error

    @property
    def ended(self) -> bool:
        """Whether the run has ended by itself."""
        return not self._thread.is_alive()

    def until(self, holds: Any, otherwise: str) -> None:
        def ended_or_holds() -> bool:
            return not self._thread.is_alive() or holds()

        assert await_condition(ended_or_holds, 60), otherwise
        assert self._thread.is_alive(), f"it ended: {self._error!r}"

    def signal(self, kind: str, data: Mapping[str, object] | None = None) -> str:
        """Asks, and gives the signal's id."""
        self._asked += 1
        name = f"signal {self._asked}"
        self.engine.signal(Signal(name, kind, data or {}))
        return name

    def ask(self, *tables: str, **data: object) -> str:
        """For a snapshot of tables; `_` for `-` in the names of data."""
        more = {key.replace("_", "-"): value for key, value in data.items()}
        return self.signal("execute-snapshot", {"data-collections": list(tables), **more})

    def notified(self, kind: str, signal: str | None = None) -> Notification:
        """The first notification of this type (about this signal), which is awaited."""

        def find() -> Notification | None:
            told = self.engine.notifications()
            return next((one for one in told if one.type == kind and signal in {None, one.id}), None)

        self.until(lambda: find() is not None, f"{kind} was not told: {self.engine.notifications()}")
        found = find()
        assert found is not None
        return found

    def read(self, *tables: str, **data: object) -> Notification:
        """An incremental snapshot of tables from its beginning to its end."""
        return self.notified("COMPLETED", self.ask(*tables, **data))

    def catch_up(self) -> None:
        """Until everything written before is in the files. Needs the table `marker`."""
        self._asked += 1
        self._server.execute(f"REPLACE INTO {self._database}.marker VALUES ({self._asked})")
        mark = json.dumps({"id": self._asked}).replace(" ", "").encode()
        self.until(lambda: any(b'"after":' + mark in file.read_bytes() for file in self._files.files), "no marker came")

    def events(self, table: str) -> list[dict[str, Any]]:
        return [event for event in self._files.events() if event["source"]["table"] == table]

    def reads(self, table: str) -> list[Any]:
        """`after` of the rows that came by a snapshot; all that was told of is in the files."""
        self.catch_up()
        return [event["after"] for event in self.events(table) if event["op"] == "r"]

    def wrong(self) -> list[Any]:
        """Tables that are not what their events make of them. A change of a row that was not read yet is no fault."""
        with self._server.connect() as connection:
            verdicts = verify(connection, self._database, self._files.files)
        return [verdict for verdict in verdicts if verdict.rebuilt_hash != verdict.server_hash or verdict.doubled]
