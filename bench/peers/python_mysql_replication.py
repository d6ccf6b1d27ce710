"""python-mysql-replication from a position: counts rows up to a number, then prints one JSON line."""

import json
import sys
import time

from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.row_event import DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent

settings = json.loads(sys.argv[1])
file, position, wanted = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
reader = BinLogStreamReader(
    connection_settings=settings,
    server_id=4712,
    log_file=file,
    log_pos=position,
    resume_stream=True,
    blocking=True,
    only_schemas=["bench"],
    only_events=[WriteRowsEvent, UpdateRowsEvent, DeleteRowsEvent],
)
rows = 0
first = 0.0
for event in reader:
    rows += len(event.rows)
    first = first or time.time()
    if rows >= wanted:
        break
print(json.dumps({"events": rows, "first_ms": int(first * 1000), "last_ms": int(time.time() * 1000)}), flush=True)
reader.close()
