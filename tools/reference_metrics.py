"""The tables of docs/reference/metrics.md, from those of the metrics and the differences that tests accept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tailrace.metrics import METRICS, Metric

NOT_TOLD = {
    "LastEvent": "the header of the last event; `tailrace_read_position_bytes` says where it was",
    "LastTransactionId": "`GtidSet` has it",
    "LastRecoveredChange": "stored definitions are not kept as texts once they are read",
    "ChunkId": "pieces have no names here",
    "ChunkTo": "a piece comes out whole: its end is the next one's `ChunkFrom`",
    "TableFrom": "the table's first key, which a piece does not need",
    "TableChunkCounts": "empty unless tables are read side by side; the exporter puts the table into the label `name`",
    "TableChunksCompletedCounts": "the same",
    "NumberOfTruncateEventsSeen": "TRUNCATE is a record of the schema-change topic",
}
"""Attributes of Debezium's beans that are no metrics here."""


def sections(differences: Iterable[tuple[str, str]]) -> Mapping[str, Iterable[str]]:
    """What stands between the marks of each name; `differences`: (what, why) of those that tests accept."""
    return {
        "own": _table(""),
        "snapshot": _table("snapshot"),
        "streaming": _table("streaming"),
        "schema history": _table("schema-history"),
        "differences": ["| what | why |", "|---|---|", *(f"| {what} | {why} |" for what, why in differences)],
        "not told": ["| attribute | why |", "|---|---|", *(f"| `{name}` | {why} |" for name, why in NOT_TOLD.items())],
    }


def _table(context: str) -> Iterator[str]:
    yield "| metric | labels | unit | |"
    yield "|---|---|---|---|"
    for metric in METRICS:
        if metric.context == context:
            name = metric.name + {"counter": "_total", "gauge": "", "histogram": ""}[metric.type]
            labels = ", ".join(f"`{label}`" for label in metric.labels)
            yield f"| `{name}` | {labels} | {metric.unit} | {_meaning(metric)} |"


def _meaning(metric: Metric) -> str:
    kind = f" ({metric.type})" if metric.type != "gauge" else ""
    return metric.doc + kind + (" Only with `?texts=all`." if metric.restless else "")
