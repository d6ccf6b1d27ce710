"""A real MySQL for trying things out: servers as processes of the user, primary and replica, an order shop as workload.

from tailrace import lab
with lab.server(options=["--binlog-row-metadata=FULL"]) as server:
    server.execute("CREATE DATABASE shop")
    print(server.dsn)
"""

from tailrace.lab.checksum import TableSum, table_sums
from tailrace.lab.pair import Follow, Lab
from tailrace.lab.provider import MySql, mysql
from tailrace.lab.server import Account, Server, server
from tailrace.lab.workload import Workload

__all__ = ["Account", "Follow", "Lab", "MySql", "Server", "TableSum", "Workload", "mysql", "server", "table_sums"]
