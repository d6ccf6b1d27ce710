"""A numbered series of files that one connector appends to, found again after a crash."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tailrace.errors import ConfigError, SinkError
from tailrace.model.names import file_name
from tailrace.sinks.owner import Owner, sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tailrace.sinks import SinkState

sync_data = getattr(os, "fdatasync", os.fsync)
"""macOS has fsync only."""

_SUFFIXES = re.compile(r"\.jsonl(\.gz|\.zst)?\Z")


class Series:
    """Files `stem-000001.jsonl` and on in `folder`. `first` is the whole name of number 1 where it has another.

    A hidden file beside them says who owns them, so that no connector ever cuts a file that another one wrote.
    """

    def __init__(self, folder: Path, stem: str, suffix: str, first: str | None = None) -> None:
        self.folder = folder
        self._stem = stem
        self._suffix = suffix
        self._first = first
        self._pattern = re.compile(rf"{re.escape(stem)}-(\d{{6,}})\.jsonl(\.gz|\.zst)?")
        self._owner = Owner(folder / f".{stem}.series")
        self._file = ""
        self._names_changed = False

    @classmethod
    def at(cls, path: Path, suffix: str, connector: str) -> Series:
        """For a `sink.path`: a folder, or a file name that ends with `suffix`. Raises ConfigError on another ending."""
        named = _SUFFIXES.search(path.name)
        if named is None or path.is_dir():
            return cls(path, file_name(connector), suffix)
        if named[0] != suffix:
            message = f"sink.path ends with {named[0]}, but with this sink.compression files end with {suffix}"
            raise ConfigError(message, where=str(path))
        return cls(path.parent, path.name.removesuffix(suffix), suffix, path.name)

    @property
    def current(self) -> Path:
        """The file that is written now."""
        return self.folder / self._file

    def state(self, length: int) -> SinkState:
        """The current file, whole up to `length`."""
        return {"type": "jsonl", "series": self._owner.id, "file": self._file, "length": length}

    def begin(self) -> SinkState:
        """A new id, and a number above every file that is there; an empty last file is taken over."""
        self._owner.begin()
        taken = [number for number, name in self._numbers().items() if (self.folder / name).stat().st_size]
        self._file = self._name(max(taken, default=0) + 1)
        return self.state(0)

    def resume(self, state: SinkState) -> SinkState:
        """Cut back to `state`: later files go, the last one loses what came after its committed length."""
        if state.get("type") != "jsonl":  # the connector had another sink before
            return self.begin()
        self._owner.resume(str(state["series"]))
        self._file, length = str(state["file"]), int(str(state["length"]))
        self._check_length(length)
        last = self._number(self._file) or 0
        for number, name in self._numbers().items():
            if number > last:
                (self.folder / name).unlink()
        if self._file in (self._name(last), f"{self._stem}-{last:06d}{self._suffix}"):
            return state
        if length:  # the compression was changed: this file stays as it is
            os.truncate(self.current, length)
        self._file = self._name(last + 1)
        return self.state(0)

    def open_last(self, state: SinkState) -> tuple[int, int]:
        """(descriptor, length) of the file of `state`, cut to its length."""
        length = int(str(state["length"]))
        descriptor = self._create(self.current, 0)
        os.ftruncate(descriptor, length)
        os.lseek(descriptor, length, os.SEEK_SET)
        return descriptor, length

    def create_next(self) -> int:
        """Descriptor of a new file, which becomes the current one."""
        self._file = self._name((self._number(self._file) or 0) + 1)
        return self._create(self.current, os.O_EXCL)

    def sync_names(self) -> None:
        """Make the names of new files durable."""
        if self._names_changed:
            self._names_changed = False
            sync_folder(self.folder)

    def release(self) -> None:
        """Let another connector have the series. Twice is once."""
        self._owner.release()

    def _create(self, path: Path, flags: int) -> int:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o644)
        self._names_changed = True
        return descriptor

    def _check_length(self, length: int) -> None:
        path = self.current
        found = path.stat().st_size if path.exists() else 0
        if found < length:
            happened = f"has {found} bytes" if path.exists() else "is gone"
            message = f"{path.name} {happened}, but {length} bytes of it were delivered: it was changed from outside"
            raise SinkError(
                message,
                where=str(path),
                hint="put the file (or sink.path) back; or start under a new connector name, with a new snapshot. Only "
                "files with lower numbers than the last may be moved away",
            )

    def _name(self, number: int) -> str:
        if number == 1 and self._first:
            return self._first
        return f"{self._stem}-{number:06d}{self._suffix}"

    def _number(self, name: str) -> int | None:
        if _SUFFIXES.sub("", name) == self._stem:
            return 1
        match = self._pattern.fullmatch(name)
        return int(match[1]) if match else None

    def _numbers(self) -> dict[int, str]:
        names = (entry.name for entry in os.scandir(self.folder))
        return {number: name for name in names if (number := self._number(name)) is not None}
