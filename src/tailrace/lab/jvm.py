"""The Java that runs Kafka and Connect, and how it is called."""

from __future__ import annotations

import re
import shutil
import subprocess

from tailrace.errors import LabError
from tailrace.lab import maven

OLDEST_JAVA = 17
CLASSES = "classes.jsa"
"""In the folder of `kafka`: what its classes look like once loaded (class data sharing), which halves a start."""


def java() -> str:
    """The `java` on PATH. Raises LabError where there is none, or it is too old."""
    found = shutil.which("java")
    hint = f"install Java {OLDEST_JAVA} or newer: apt install openjdk-{OLDEST_JAVA}-jre-headless"
    if found is None:
        raise LabError("Kafka needs Java, which is not on PATH", hint=hint)
    done = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=30, check=False)
    number = re.search(r'version "(\d+)', done.stderr)
    if number is None or int(number[1]) < OLDEST_JAVA:
        told = (done.stderr or done.stdout).strip().partition("\n")[0]
        raise LabError(f"Kafka needs Java {OLDEST_JAVA} or newer; this is {told or 'broken'}", where=found, hint=hint)
    return found


def command(heap: str, *options: str) -> list[str]:
    """The start of a command line with Kafka's classes; a main class follows. `heap` is as in `256m`."""
    home = maven.fetched("kafka")
    shared = [f"-XX:SharedArchiveFile={home / CLASSES}"] if (home / CLASSES).exists() else []
    return [
        java(),
        f"-Xmx{heap}",
        # Small and quick to start, which here is worth more than the last tenth of throughput.
        "-XX:+UseSerialGC",
        *shared,
        "-cp",
        f"{home}/*",
        f"-Dlog4j2.configurationFile={maven.SETS / 'log4j2.properties'}",
        *options,
    ]
