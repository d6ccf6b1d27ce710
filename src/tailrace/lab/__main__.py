"""Puts into the cache what the lab runs, and says what it found: `python -m tailrace.lab [kafka]`.

Without a word it is MySQL; with `kafka` it is Kafka and Debezium, where Java and Maven are.
"""

import sys

from tailrace.errors import LabError
from tailrace.lab import kafka, maven
from tailrace.lab.provider import mysql
from tailrace.lab.template import datadir_template


def _mysql() -> str:
    found = mysql()
    datadir_template(found)
    return f"MySQL {found.release} ({found.provider}): {found.mysqld}"


def _kafka() -> str:
    kafka.prepare()
    plugin = maven.fetched("debezium-plugin")
    return f"Kafka {maven.version('kafka')}, Debezium {maven.version('debezium-plugin')}: {plugin.parent}"


try:
    sys.stdout.write((_kafka() if sys.argv[1:] == ["kafka"] else _mysql()) + "\n")
except LabError as error:
    sys.exit(str(error))
