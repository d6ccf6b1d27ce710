"""A real MySQL for trying things out: servers as processes of the user, primary and replica, an order shop as workload.

from tailrace import lab
with lab.server(options=["--binlog-row-metadata=FULL"]) as server:
    server.execute("CREATE DATABASE shop")
    print(server.dsn)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tailrace.lab.provider import MySql, mysql
from tailrace.lab.server import Account, Server, server

if TYPE_CHECKING:
    from tailrace.lab.checksum import TableSum, table_sums
    from tailrace.lab.pair import Follow, Lab
    from tailrace.lab.workload import Workload

__all__ = ["Account", "Follow", "Lab", "MySql", "Server", "TableSum", "Workload", "mysql", "server", "table_sums"]

_LATER = {"Follow": "pair", "Lab": "pair", "TableSum": "checksum", "Workload": "workload", "table_sums": "checksum"}
"""Name → module."""


def __getattr__(name: str) -> Any:
    """Imported when it is used: whoever needs one server does not wait for the whole lab."""
    if name in _LATER:
        return getattr(importlib.import_module(f"tailrace.lab.{_LATER[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
