"""Faults of Kafka."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tailrace.errors import LabError
from tailrace.lab import jvm
from tailrace.lab.faults.fault import RESTART_FAILED, RESTART_TASKS, Engine, Fault, Need, doctor, lag, recovery, shell
from tailrace.lab.faults.scene import Scene
from tailrace.lab.process import await_condition

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

TOOL_SECONDS = 60.0
KAFKA_SECONDS = 60.0
SLOW_WRITES, SLOW_ROWS = 10, 2000
LARGEST = 1048588
"""max.message.bytes, if nothing is said."""
CONFIGS = "kafka-configs.sh --bootstrap-server $TAILRACE_KAFKA --alter"
QUOTA = "--entity-type clients --entity-default"
HISTORY = "schema.history.internal.kafka.topic"


def _quota(scene: Scene, *change: str) -> None:
    """As `kafka-configs.sh` does it. Taking away what is not there is fine."""
    command = [*jvm.command("128m"), "kafka.admin.ConfigCommand", "--bootstrap-server", scene.kafka.bootstrap]
    done = subprocess.run(
        [*command, "--alter", *QUOTA.split(), *change],
        capture_output=True,
        text=True,
        timeout=TOOL_SECONDS,
        check=False,
    )
    if done.returncode and "Invalid config(s)" not in done.stderr:
        raise LabError(f"kafka-configs refuses: {done.stderr.strip()[-300:]}", where=scene.kafka.bootstrap)


def _admin(scene: Scene) -> AdminClient:
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - optional, and start-up time

    return AdminClient({"bootstrap.servers": scene.kafka.bootstrap})


def _set(scene: Scene, topic: str, name: str, value: int) -> None:
    # The package exports them, and its types do not say so.
    from confluent_kafka.admin import (  # type: ignore[attr-defined]  # noqa: PLC0415 - as above
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        ResourceType,
    )

    entry = ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin = _admin(scene)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(KAFKA_SECONDS)


def _made_topic(scene: Scene) -> str:
    """Of a new table whose rows have come there."""
    table = scene.make_table()
    topic = f"{scene.at.config(scene.connector)['topic.prefix']}.{table}"
    scene.values["TOPIC"] = topic
    admin = _admin(scene)
    await_condition(lambda: topic in admin.list_topics(timeout=10).topics, KAFKA_SECONDS, every=0.2)
    return topic


def _inject_down(scene: Scene) -> None:
    _made_topic(scene)
    scene.kafka.process.stop()
    scene.write(20)


def _heal_down(scene: Scene) -> None:
    scene.lab.up(keep=True)
    scene.heal_table()


def _inject_slow(scene: Scene) -> None:
    _made_topic(scene)
    scene.values["RATE"] = str(scene.random.randrange(1000, 3000))
    _quota(scene, "--add-config", f"producer_byte_rate={scene.values['RATE']}")
    # More than the quota lets through in minutes, and than Debezium's producer and queue hold: it is full.
    for _ in range(SLOW_WRITES):
        scene.write(SLOW_ROWS)


def _heal_slow(scene: Scene) -> None:
    _quota(scene, "--delete-config", "producer_byte_rate")
    scene.heal_table()


def _inject_small(scene: Scene) -> None:
    topic = _made_topic(scene)
    _set(scene, topic, "max.message.bytes", scene.random.randrange(800, 1200))
    scene.primary.execute(f"ALTER TABLE {scene.values['TABLE']} MODIFY note TEXT")
    # Nothing that compresses well.
    note = scene.random.randbytes(4000).hex()
    scene.primary.execute(f"INSERT INTO {scene.values['TABLE']} (note) VALUES ('{note}')")


def _heal_small(scene: Scene) -> None:
    if topic := scene.values.get("TOPIC"):
        _set(scene, topic, "max.message.bytes", LARGEST)
    scene.heal_table()


def _history(scene: Scene) -> str:
    found = scene.at.config(scene.connector).get(HISTORY)
    if not found:
        raise LabError("this fault needs a connector that keeps its schema history in Kafka: one of Debezium's")
    scene.values["HISTORY"] = found
    return found


def _inject_expiring(scene: Scene) -> None:
    _set(scene, _history(scene), "retention.ms", scene.random.randrange(1, 200) * 3_600_000)


def _heal_expiring(scene: Scene) -> None:
    if topic := scene.values.get("HISTORY"):
        _set(scene, topic, "retention.ms", -1)


def _inject_lost(scene: Scene) -> None:
    topic = _history(scene)
    scene.stop()
    admin = _admin(scene)
    admin.delete_topics([topic])[topic].result(KAFKA_SECONDS)
    scene.at.resume(scene.connector)


def _heal_lost(scene: Scene) -> None:
    if scene.has_connector:
        scene.at.patch(scene.connector, {"snapshot.mode": "initial"})


TOPICS = (
    Fault(
        "kafka-down",
        "No broker answers",
        "Every connector stops delivering at once. Tasks may stay RUNNING while they try again; lag grows.",
        (lag("connector → sink", "behind", "delivered transactions wait"),),
        "The brokers are away, or cannot be reached under the names that they advertise. What is read waits in the "
        "queue; when that is full reading stops. Nothing is lost as long as the binlog is kept.",
        (shell("tailrace lab up", words="Bring the brokers back; in the lab:"),),
        "Three brokers, `min.insync.replicas=2`; keep the binlog for longer than the longest outage of Kafka.",
        _inject_down,
        _heal_down,
        needs=frozenset({Need.CONNECTOR, Need.KAFKA}),
        alerts=("CdcOffsetNotStored",),
    ),
    Fault(
        "slow-sink",
        "Kafka lets the connector write only so much",
        "Lag grows steadily at all hours, the queue is full, and the server is idle.",
        (lag("connector → sink", "behind", ""),),
        "A quota of the broker (`producer_byte_rate`) throttles the producer, with no error: it just waits. A slow "
        "disk of a broker or a slow consumer of another sink looks alike: a full queue says that the sink is what "
        "holds up, an empty one that the source is.",
        (
            shell(
                f"{CONFIGS} {QUOTA} --delete-config producer_byte_rate",
                words="Take the quota away, or give the connector's client one of its own:",
            ),
            shell(
                RESTART_TASKS,
                words="Connect that writes exactly once ends its task when Kafka's transaction has lasted too long (a "
                "minute, by default); begun anew, it writes what was not committed:",
            ),
        ),
        "Watch `produce-throttle-time-avg` of the producers; quotas by client, with room for the catching up after an "
        "outage.",
        _inject_slow,
        _heal_slow,
        needs=frozenset({Need.CONNECTOR, Need.KAFKA}),
        alerts=("CdcLagHigh",),
    ),
    Fault(
        "small-topic",
        "The topic refuses a large row",
        "The task fails at one row, and at the same row after each restart.",
        (doctor("kafka.size", "max.message.bytes"), doctor("connector.state", "FAILED")),
        "A record has the row twice, before and after. `max.message.bytes` of the topic is below what the producer may "
        "send (`max.request.size`), so the broker refuses it.",
        (
            shell(
                f"{CONFIGS} --entity-type topics --entity-name $TOPIC --add-config max.message.bytes={LARGEST}",
                RESTART_FAILED,
                words="Let the topic take it; the task goes on at that row:",
            ),
        ),
        "Create topics with what their largest row needs; `column.exclude.list` or a truncated column where nobody "
        "reads it.",
        _inject_small,
        _heal_small,
        needs=frozenset({Need.CONNECTOR, Need.KAFKA}),
        log=("larger", "RecordTooLargeException"),
        alerts=("CdcTaskFailed",),
    ),
    Fault(
        "history-expires",
        "The schema history is deleted by age",
        "Nothing, until a restart after that time: the task fails, though nobody changed anything.",
        (doctor("kafka.history", "retention.ms"),),
        "Debezium reads the whole topic of its schema history at each start. A retention that somebody set for all "
        "topics deletes its beginning.",
        (
            shell(
                f"{CONFIGS} --entity-type topics --entity-name $HISTORY --add-config retention.ms=-1",
                words="For ever, while it is still whole:",
            ),
        ),
        "Create the topic by hand with `retention.ms=-1`, `cleanup.policy=delete` and one partition. Tailrace keeps "
        "its history with the offset.",
        _inject_expiring,
        _heal_expiring,
        needs=frozenset({Need.CONNECTOR, Need.KAFKA}),
        engine=Engine.DEBEZIUM,
    ),
    Fault(
        "history-lost",
        "The schema history is gone",
        "The task fails at a start: the history topic, or its content, is missing.",
        (doctor("kafka.history", "no topic"), doctor("connector.state", "FAILED")),
        "Without the history of a table's columns Debezium cannot say what the values of a row are. Somebody deleted "
        "the topic, or retention did.",
        recovery(
            "Rebuild it from the tables as they are now; that is right only where no DDL came after the "
            "offset (else read everything anew, as for [binlog-purged](#binlog-purged)):"
        ),
        "`retention.ms=-1` for the topic, and a broker where not everybody may delete topics. Tailrace "
        "looks first whether rows in between can be read so, and with `binlog_row_metadata=FULL` they can.",
        _inject_lost,
        _heal_lost,
        needs=frozenset({Need.CONNECTOR, Need.KAFKA}),
        engine=Engine.DEBEZIUM,
        log=("The db history topic is missing",),
        alerts=("CdcTaskFailed",),
    ),
)
