"""Puts into the cache what the lab runs, and says what it found: `python -m tailrace.lab [mysql|kafka|prometheus]`.

`kafka` is Kafka and Debezium, where Java and Maven are; without a word it is MySQL.
"""

import sys

from tailrace.errors import LabError
from tailrace.lab import kafka, maven, monitoring
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


def _prometheus() -> str:
    return f"Prometheus: {monitoring.programs().prometheus.path}"


PARTS = {"mysql": _mysql, "kafka": _kafka, "prometheus": _prometheus}

try:
    sys.stdout.writelines(f"{PARTS[part]()}\n" for part in sys.argv[1:] or ["mysql"])
except LabError as error:
    sys.exit(str(error))
