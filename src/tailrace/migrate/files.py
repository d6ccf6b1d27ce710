"""State of an embedded or standalone Debezium: files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tailrace.errors import StorageError
from tailrace.migrate import java_map


class OffsetFile:
    """`offset.storage.file.filename` of FileOffsetBackingStore."""

    remote = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.where = str(path)

    def read(self) -> Mapping[bytes, bytes | None]:
        """None where there is no file yet. Raises StorageError where it is another one."""
        return java_map.load(self._path.read_bytes()) if self._path.exists() else {}

    def write(self, key: bytes, value: bytes) -> None:
        """One offset; the others stay."""
        # Java's store has no null values.
        kept = {name: old for name, old in self.read().items() if old is not None}
        _write(self._path, java_map.dump(kept | {key: value}))


class HistoryFile:
    """`schema.history.internal.file.filename` of FileSchemaHistory: a record a line."""

    remote = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.where = str(path)

    def read(self) -> Iterator[str]:
        """None where there is no file yet. Raises StorageError where it is no text."""
        if not self._path.exists():
            return
        try:
            with self._path.open(encoding="utf-8", newline="\n") as lines:
                yield from lines
        except UnicodeDecodeError:
            raise StorageError("this is no schema history of Debezium's", where=self.where) from None

    def append(self, records: Iterable[str]) -> None:
        """Whole or not at all."""
        old = self._path.read_bytes() if self._path.exists() else b""
        _write(self._path, old + "".join(f"{record}\n" for record in records).encode())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.new")
    scratch.write_bytes(content)
    scratch.replace(path)
