"""Confluent's producer by itself: records that are ready in memory, `produce_batch`, until all are acknowledged.

Arguments: a JSON object {producer (settings of librdkafka), topic, rows, records}; `records` is a file of lines
`[key, value]` that are sent again and again. One JSON line at the end.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from confluent_kafka import KafkaException, Producer

PIECE = 10_000


def main() -> None:
    """Send, and tell."""
    asked = json.loads(sys.argv[1])
    records = [json.loads(line) for line in Path(asked["records"]).read_text(encoding="utf-8").splitlines()]
    piece = [{"key": key.encode(), "value": value.encode()} for key, value in records[:PIECE]]
    producer = Producer(asked["producer"])
    producer.list_topics(asked["topic"])
    began = time.time()
    left = asked["rows"]
    while left:
        waiting = piece[:left]
        left -= len(waiting)
        while waiting:
            if producer.produce_batch(asked["topic"], waiting) < len(waiting):
                # Those that did not fit are marked, and come again.
                waiting = [record for record in waiting if record.pop("_error", None)]
            else:
                waiting = []
            producer.poll(0)
            if waiting:
                producer.poll(0.01)
    if producer.flush(120):
        raise KafkaException("not all was acknowledged")
    print(json.dumps({"events": asked["rows"], "first_ms": began * 1000, "last_ms": time.time() * 1000}))


if __name__ == "__main__":
    main()
