"""Sets the lab's MySQL up (once) and says what it found: `python -m tailrace.lab`."""

import sys

from tailrace.errors import LabError
from tailrace.lab.provider import mysql
from tailrace.lab.template import datadir_template

try:
    found = mysql()
    datadir_template(found)
except LabError as error:
    sys.exit(str(error))
sys.stdout.write(f"MySQL {found.release} ({found.provider}): {found.mysqld}\n")
