"""MySQL change data capture: binlog and snapshots to Debezium-format events.

import tailrace
for change in tailrace.stream("shop.properties"):
    print(change["op"], change["source"]["table"], change["after"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailrace.api import ChangeStream, stream

__version__ = "0.1.0"
__all__ = ["ChangeStream", "__version__", "stream"]


def __getattr__(name: str) -> Any:
    """`stream` is imported when it is used: the command line starts without it."""
    if name in ("stream", "ChangeStream"):
        from tailrace import api  # noqa: PLC0415 - see above

        return getattr(api, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
