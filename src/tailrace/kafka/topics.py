"""Topics that are there before the first record goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from tailrace.config.kafka import KafkaConfig, TopicRule
from tailrace.errors import SinkError
from tailrace.kafka import client

if TYPE_CHECKING:
    from confluent_kafka import KafkaError
    from confluent_kafka.admin import AdminClient

COMPACTED = TopicRule(partitions=1, settings={"cleanup.policy": "compact"})
"""Topics of state: the last record of each key is what counts."""


class Topics:
    """Makes what is missing as the rules of the configuration want it. Raises SinkError."""

    def __init__(self, config: KafkaConfig) -> None:
        self._config = config
        self._admin: AdminClient | None = None
        self._there: set[str] = set()
        self.cluster_id = ""
        """Of the cluster, once it has answered."""
        self._fault: KafkaError | None = None
        """Why no broker answers, as far as librdkafka tells."""

    def open(self) -> None:
        """Ask the cluster what there is."""
        from confluent_kafka import KafkaException  # noqa: PLC0415 - optional, and start-up time

        self._admin = self._admin or client.admin(self._config, self._note)
        try:
            found = self._admin.list_topics(timeout=self._config.timeout)
        except KafkaException as error:
            self._admin.poll(0)
            raise self._refused("topics cannot be listed", self._fault or error.args[0]) from None
        self._there = set(found.topics)
        self.cluster_id = found.cluster_id or ""

    def has(self, name: str) -> bool:
        """Whether the topic was there when the cluster was last asked."""
        return name in self._there

    def _note(self, error: KafkaError) -> None:
        if error.name() in client.HINTS:
            self._fault = error

    def ensure(self, names: Iterable[str], rule: TopicRule | None = None) -> None:
        """Topics of these names exist after this; `rule` in place of the configured ones."""
        missing = [name for name in names if name not in self._there]
        if not missing:
            return
        self.open()
        missing = [name for name in missing if name not in self._there]
        if missing and not self._config.create_topics:
            hint = f"create it (kafka-topics.sh --create --topic {missing[0]} …), or set topic.creation.enable=true"
            raise SinkError(f"topic {missing[0]} does not exist", where=self._config.bootstrap, hint=hint)
        if missing:
            self._create({name: rule or self._rule(name) for name in missing})
            self._there.update(missing)

    def _rule(self, name: str) -> TopicRule:
        return next(rule for rule in self._config.rules if rule.fits(name))

    def _create(self, wanted: Mapping[str, TopicRule]) -> None:
        from confluent_kafka import KafkaError, KafkaException  # noqa: PLC0415 - optional, and start-up time
        from confluent_kafka.cimpl import NewTopic  # noqa: PLC0415 - the same

        assert self._admin is not None
        topics = [
            NewTopic(name, rule.partitions, rule.replication, config=dict(rule.settings))
            for name, rule in wanted.items()
        ]
        futures: dict[str, Future[None]] = self._admin.create_topics(topics, request_timeout=self._config.timeout)
        for name, future in futures.items():
            try:
                future.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise self._refused(f"topic {name} cannot be made", error.args[0]) from None

    def _refused(self, what: str, error: KafkaError) -> SinkError:
        return client.refused(what, error.name(), error.str(), self._config.bootstrap)
