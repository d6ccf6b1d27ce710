"""What a producer makes of a transaction that is lost: another process has taken over, or it is worth another try."""

from __future__ import annotations

import pytest

from tailrace._kernel import KafkaFailure
from tailrace.config import load_properties, parse
from tailrace.errors import DestinationLost, Fenced, SinkError
from tailrace.kafka import producer
from tailrace.sinks import sink_fields

FENCED = KafkaFailure("_FENCED", "There is a newer producer with the same transactionalId", "fatal")
STATE = KafkaFailure("_STATE", "Erroneous state", "")


class Kernel:
    """librdkafka as it is once a transaction has failed; `coordinator` is what it hears when it asks to abort."""

    lost: tuple[tuple[str, str, str], ...] = (("lost", "_PURGE_QUEUE", "topic t: purged in queue"),)
    coordinator: KafkaFailure | None = None

    def __init__(self, *_: object) -> None:
        self.told = list(self.lost)

    def poll(self, _timeout: float) -> list[tuple[str, str, str]]:
        told, self.told = self.told, []
        return told

    def purge(self) -> None:
        pass

    def send(self, *_: object) -> bool:
        raise STATE

    def abort_transaction(self, _timeout: float) -> None:
        if self.coordinator is not None:
            raise self.coordinator


def made(
    monkeypatch: pytest.MonkeyPatch, transactional_id: str | None = "tailrace-c", **kernel: object
) -> producer.KafkaProducer:
    given = {"name": "c", "topic.prefix": "c", "database.hostname": "h", "database.user": "u", "sink.type": "kafka"}
    config = parse(load_properties({**given, "bootstrap.servers": "127.0.0.1:1"}), sink_fields).kafka
    monkeypatch.setattr(producer, "KernelProducer", type("Told", (Kernel,), kernel))
    return producer.KafkaProducer(config, transactional_id)


def test_records_that_are_dropped_because_another_process_took_over_are_no_reason_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Fenced):
        made(monkeypatch, coordinator=FENCED).check(0)


def test_a_refused_record_of_a_failed_transaction_is_asked_about_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Fenced):
        made(monkeypatch, coordinator=FENCED, lost=()).send("t", None, b"")


@pytest.mark.parametrize("name", ["_PURGE_QUEUE", "INVALID_PRODUCER_EPOCH", "_MSG_TIMED_OUT"])
def test_a_transaction_that_nobody_else_ended_is_tried_again(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(DestinationLost):
        made(monkeypatch, lost=(("lost", name, "topic t: lost"),)).check(0)


def test_a_record_that_is_too_large_stays_that(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SinkError, match="not taken") as refusal:
        made(monkeypatch, lost=(("lost", "MSG_SIZE_TOO_LARGE", "topic t: too large"),)).check(0)
    assert not refusal.value.retriable
    assert "max.request.size" in str(refusal.value.hint)


def test_a_fatal_error_counts_before_the_records_it_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    told = (*Kernel.lost, ("fatal", "_FENCED", "fenced"))
    with pytest.raises(Fenced):
        made(monkeypatch, lost=told).check(0)


def test_without_transactions_a_lost_record_is_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DestinationLost):
        made(monkeypatch, None, coordinator=FENCED).check(0)
