"""The lab's clusters: where their endpoints are, what has happened to them, and who writes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.rds.models import rds_backends

from tailrace.lab.aws import names
from tailrace.lab.aws.endpoint import Endpoint
from tailrace.lab.aws.events import SUBJECT, Event, event, message, wanted

log = logging.getLogger(__name__)


@dataclass
class Place:
    """A cluster's two endpoints, and who it has."""

    region: str
    name: str
    instances: tuple[str, ...]
    endpoint: Endpoint
    reader: Endpoint
    publish: Callable[[str, str, str, str], None]
    """To SNS: region, topic, subject, message. Raises LookupError where there is no such topic."""

    @property
    def arn(self) -> str:
        """Of the cluster."""
        return names.cluster_arn(self.region, self.name)

    @property
    def cluster(self) -> Any:
        """moto's."""
        return rds_backends[names.ACCOUNT][self.region].clusters[self.name]

    def tell(self, number: str, **words: str) -> None:
        """An event of this cluster."""
        self.add(event(number, self.arn, **({"cluster": self.name, "region": self.region} | words)))

    def tell_instance(self, number: str, instance: str) -> None:
        """An event of one of its instances."""
        self.add(event(number, f"arn:aws:rds:{self.region}:{names.ACCOUNT}:db:{instance}"))

    def add(self, happened: Event) -> None:
        """To what DescribeEvents shows."""
        log.info("%s %s: %s", happened.number, happened.source_identifier, happened.message)
        backend = rds_backends[names.ACCOUNT][self.region]
        events: list[Any] = backend.events
        events.append(happened)
        for subscription in backend.event_subscriptions.values():
            if wanted(happened, subscription):
                with suppress(LookupError):
                    self.publish(self.region, str(subscription.sns_topic_arn), SUBJECT, json.dumps(message(happened)))


@dataclass
class Roles:
    """Who writes; kept, for servers outlive this process."""

    file: Path
    primary: str = names.CLUSTER
    """The cluster that writes."""
    writers: dict[str, str] = field(default_factory=lambda: {names.CLUSTER: "lab-1", names.SECOND_CLUSTER: "lab-eu-1"})
    """Of each cluster the instance that writes, or would."""

    @classmethod
    def read(cls, file: Path) -> Roles:
        """As they were left; as new where nothing is kept."""
        try:
            return cls(file, **json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls(file)

    detached: bool = False
    """The second region has left the global database, and writes on its own."""

    @property
    def writer(self) -> str:
        """The instance that takes writes."""
        return self.writers[self.primary]

    def leads(self, place: Place) -> bool:
        """Whether the cluster endpoint is open: of a secondary of a global database AWS has it inactive."""
        return place.name == self.primary or self.detached

    def save(self) -> None:
        """For the next start."""
        draft = self.file.with_suffix(".new")
        kept = {"primary": self.primary, "writers": self.writers, "detached": self.detached}
        draft.write_text(json.dumps(kept) + "\n", encoding="utf-8")
        draft.replace(self.file)
