"""Times and sizes in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Of two units at most: `3 h 10 m`, `41 s`, `0.35 s`, `120 ms`."""
    if 0 < seconds < 0.1:  # noqa: PLR2004 - where milliseconds read better
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:  # noqa: PLR2004 - where a fraction still says something
        return f"{seconds:.2g} s"
    whole = round(seconds)
    for size, name, small, small_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{whole} s"


def size(count: float) -> str:
    """`812 B`, `1.4 MB`; a thousand of each is one of the next."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:  # noqa: PLR2004 - as the docstring says
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"  # noqa: PLR2004
        count /= 1000
    return f"{count:.1f} TB"
