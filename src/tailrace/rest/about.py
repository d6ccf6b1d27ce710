"""What the worker is and whether it is well: Connect's `/` and `/health`, and what only Tailrace has."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import orjson

from tailrace import __version__
from tailrace.model.progress import Progress
from tailrace.rest.answers import Answer, Question, RestError
from tailrace.worker.worker import Worker

CONNECT_VERSION = "4.3.1"
"""Of the interface: clients ask it to know which requests there are."""


def root(worker: Worker, _: Question) -> Answer:
    """Connect's version, for its clients; ours stands in the commit."""
    about = {"version": CONNECT_VERSION, "commit": f"tailrace-{__version__}", "kafka_cluster_id": worker.cluster_id}
    return Answer(body=about)


def health(_: Worker, __: Question) -> Answer:
    """Who can answer is ready: all that is stored was taken up before."""
    message = "Worker has completed startup and is ready to handle requests."
    return Answer(body={"status": "healthy", "message": message})


def summary(worker: Worker, _: Question) -> Answer:
    """The worker and its connectors at a glance."""
    told = [worker.status(name) for name in worker.names()]
    states = Counter(status.task.state.value if status.task else status.connector.state.value for status in told)
    failed = states.get("FAILED", 0)
    body = {
        "status": "degraded" if failed else "healthy",
        "version": __version__,
        "worker_id": worker.id,
        "connectors": {"total": len(told), **dict(sorted(states.items()))},
    }
    return Answer(body=body)


def progress(worker: Worker, question: Question) -> Answer:
    """What the connector does now, down to `reconnecting since`."""
    name = question.path["connector"]
    found = worker.progress(name)
    if found is None:
        raise RestError(404, f"connector {name} has not run here since the worker was started")
    return Answer(body=fields(found))


def fields(progress: Progress) -> dict[str, Any]:
    """As JSON takes it."""
    found = asdict(progress)
    found["tables"] = {str(table): asdict(count) for table, count in progress.tables.items()}
    found["captured"] = [str(table) for table in progress.captured]
    snapshot = progress.snapshot
    found["snapshot"] |= {
        "rows": {str(table): rows for table, rows in snapshot.rows.items()},
        "table": str(snapshot.table) if snapshot.table is not None else None,
    }
    latency = progress.latency
    found["latency"] = {"count": latency.count} | {
        name: latency.quantile(share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    for name in ("offset", "stored"):
        offset = getattr(progress, name)
        found[name] = orjson.loads(offset.to_json()) if offset is not None else None
    return found
