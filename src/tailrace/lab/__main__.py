"""Puts into the cache what the lab and its tests run, and says what it found: `python -m tailrace.lab [PART]…`.

Parts: mysql, kafka, prometheus, chromium; without a word it is MySQL. `kafka` is Kafka and Debezium, where Java and
Maven are.
"""

import sys

from tailrace.errors import LabError
from tailrace.lab import browser, kafka, maven, monitoring
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


def _chromium() -> str:
    return f"Chromium: {browser.chromium().path}"


PARTS = {"mysql": _mysql, "kafka": _kafka, "prometheus": _prometheus, "chromium": _chromium}

try:
    sys.stdout.writelines(f"{PARTS[part]()}\n" for part in sys.argv[1:] or ["mysql"])
except LabError as error:
    sys.exit(str(error))
