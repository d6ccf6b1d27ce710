"""Distances in a server's binlog, of its list of files."""

from __future__ import annotations

from tailrace._kernel import GtidSet
from tailrace.ops.lag.facts import Files, Source, Stored


def before(files: Files, file: str, position: int) -> int | None:
    """Bytes that the server has before this place; 0 where it is purged, None where it is none of this server's."""
    passed = 0
    for name, size in files:
        if name == file:
            return passed + position
        passed += size
    return 0 if files and follows(files[0][0], file) else None


def after(files: Files, file: str, position: int) -> int | None:
    """Bytes that the server has behind this place."""
    passed = before(files, file, position)
    return None if passed is None else max(0, sum(size for _, size in files) - passed)


def follows(file: str, other: str) -> bool:
    """Whether one file of a binlog comes after another."""
    base, _, number = file.rpartition(".")
    other_base, _, other_number = other.rpartition(".")
    return base == other_base and number.isdigit() and other_number.isdigit() and int(number) > int(other_number)


def written(earlier: Files, later: Files) -> int | None:
    """Bytes written between two looks; None where the binlog was begun anew."""
    return after(later, *earlier[-1]) if earlier else None


def gap(source: Source, stored: Stored) -> int | None:
    """Transactions executed at the source and not in the offset, but for one that it stands in; None without GTIDs."""
    if not source.executed or not stored.gtids:
        return None
    count = GtidSet(source.executed).subtract(GtidSet(stored.gtids)).count()
    return max(0, count - stored.inside)


def ahead(source: Source, stored: Stored) -> int:
    """Transactions in the offset that this source has never executed."""
    if not source.executed or not stored.gtids:
        return 0
    return GtidSet(stored.gtids).subtract(GtidSet(source.executed)).count()


def is_purged(source: Source, stored: Stored) -> bool:
    """Whether something that followed the offset is gone: by GTIDs, or else by the file that it names."""
    if source.executed and stored.gtids:
        return bool(GtidSet(source.purged).subtract(GtidSet(stored.gtids)))
    return bool(source.files) and follows(source.files[0][0], stored.file)
