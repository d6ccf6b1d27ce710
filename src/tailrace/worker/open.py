"""A worker by itself, or one of a group."""

from __future__ import annotations

from collections.abc import Callable

from tailrace.worker.settings import Settings
from tailrace.worker.sqlite import SqliteStore
from tailrace.worker.worker import Worker


def open_worker(settings: Settings, worker_id: str) -> tuple[Worker, Callable[[], None]]:
    """One that has begun, and what to call once it is closed. Raises StorageError, or SinkError for Kafka."""
    if settings.group is not None:
        return _join(settings, settings.group, worker_id)
    worker = Worker(SqliteStore(settings.folder / "worker.db"), settings, worker_id)
    worker.start()
    return worker, lambda: None


def _join(settings: Settings, name: str, worker_id: str) -> tuple[Worker, Callable[[], None]]:
    from tailrace.config.parse import parse_kafka  # noqa: PLC0415 - start-up time
    from tailrace.worker.group import Group  # noqa: PLC0415 - the same
    from tailrace.worker.kafka import KafkaStore  # noqa: PLC0415 - the same

    kafka = parse_kafka(settings.defaults)
    store, group = KafkaStore(kafka, name), Group(kafka, name)
    worker = Worker(
        store,
        settings,
        worker_id,
        cluster_id=store.cluster_id,
        owns=lambda connector: group.has(store.slot(connector)),
        ask_restart=store.ask_restart,
        ask_signal=store.ask_signal,
    )
    store.watch(worker.heard, worker.restart_if_here, worker.signal_if_here)
    group.join(worker.start)
    return worker, group.leave
