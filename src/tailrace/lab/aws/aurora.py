"""What failovers do to the lab's servers: real promotions, in AWS's order and with AWS's statuses and events.

Unlike Aurora: instances have a binlog and a server_uuid each instead of one shared volume; so a failover waits until
the reader has applied all that the writer has committed, and a writer that is down is started again for that. The old
writer is not restarted: its sessions are ended, and it takes no writes. A global database replicates by binlog here.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
from moto.rds.models import rds_backends

from tailrace.errors import LabError
from tailrace.lab.aws import names, procedures
from tailrace.lab.aws.database import Database, wait_until
from tailrace.lab.aws.endpoint import Endpoint
from tailrace.lab.aws.events import SUBJECT, Event, event, message, wanted
from tailrace.lab.aws.timing import Timing

log = logging.getLogger(__name__)
AVAILABLE, FAILING_OVER, SWITCHING_OVER = "available", "failing-over", "switching-over"


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

    @property
    def writer(self) -> str:
        """The instance that takes writes."""
        return self.writers[self.primary]

    def save(self) -> None:
        """For the next start."""
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps({"primary": self.primary, "writers": self.writers}) + "\n", encoding="utf-8")
        draft.replace(self.file)


class Aurora:
    """The lab's clusters. One change at a time."""

    def __init__(
        self, databases: Mapping[str, Database], places: Mapping[str, Place], roles: Roles, timing: Timing
    ) -> None:
        self.databases = databases
        self.places = places
        self.roles = roles
        self.timing = timing
        self.busy = threading.Lock()
        self.lost = ""
        """GTIDs that a global failover has left behind."""

    def arrange(self) -> None:
        """Replication and endpoints, as the roles say."""
        for name, database in self.databases.items():
            if name == self.roles.writer:
                database.make_writable()
        self._follow_writer()
        for place in self.places.values():
            self._lead(place)

    def place(self, arn_or_name: str, region: str = "") -> Place | None:
        """Of ours; None: the cluster is not the lab's."""
        return next(
            (
                place
                for place in self.places.values()
                if arn_or_name == place.arn or (arn_or_name == place.name and region in {"", place.region})
            ),
            None,
        )

    # In the region

    def fail_over(self, place: Place, target: str) -> None:
        """Begins it, in the background; `busy` is held until it is over."""
        threading.Thread(target=self._fail_over, args=(place, target), daemon=True).start()

    def _fail_over(self, place: Place, target: str) -> None:
        old, timing, flipped = self.roles.writers[place.name], self.timing, False
        with self._exclusive(place):
            time.sleep(timing.notice)
            place.cluster.status = FAILING_OVER
            same = names.ZONES[old] == names.ZONES[target]
            place.tell("RDS-EVENT-0072" if same else "RDS-EVENT-0073", instance=target)
            began = time.monotonic()
            place.endpoint.close()
            place.reader.close()
            try:
                self._hand_over(old, target)
            except (LabError, pymysql.Error) as error:
                log.warning("failover to %s failed: %s", target, error)
                place.tell("RDS-EVENT-0069")
                self._give_back(place, old)
                return
            place.tell_instance("RDS-EVENT-0006", target)
            self.roles.writers[place.name] = target
            self.roles.save()
            for member in place.cluster.members:
                member.is_cluster_writer = member.db_instance_identifier == target
            self._follow_writer()
            place.tell_instance("RDS-EVENT-0006", old)
            wait_until(began + timing.outage)
            if timing.stale:
                self._lead(place, writer=old)
            else:
                self._lead(place)
            place.cluster.status = AVAILABLE
            place.tell("RDS-EVENT-0071", instance=target)
        until = time.monotonic() + timing.stale
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(timing.flap or left, left))
            if timing.flap:
                flipped = not flipped
                self._lead(place, writer="" if flipped else old)
        if timing.stale:
            # Who is connected to the old writer stays there, as with a DNS name.
            self._lead(place)

    def _hand_over(self, old: str, new: str) -> None:
        """From the one that writes to one that has all it has. Raises LabError, pymysql.Error."""
        source, target = self.databases[old], self.databases[new]
        source.revive()
        source.make_read_only()
        target.await_executed(source.executed(), self.timing.catch_up)
        target.cut()
        target.promote()
        procedures.put_into_effect(target)
        source.cut()

    def _give_back(self, place: Place, old: str) -> None:
        place.tell("RDS-EVENT-0070", instance=old)
        self.databases[old].make_writable()
        self._lead(place)
        place.cluster.status = AVAILABLE

    # Between regions

    def switch_over(self, cluster: Any, target: Place, *, data_loss: bool) -> None:
        """Of the global cluster, in the background: to `target`, with nothing lost; or at once, with what it has."""
        change = self._fail_over_globally if data_loss else self._switch_over_globally
        threading.Thread(target=change, args=(cluster, target), daemon=True).start()

    def _switch_over_globally(self, cluster: Any, target: Place) -> None:
        old = self.places[self.roles.primary]
        with self._exclusive(old, target):
            time.sleep(self.timing.notice)
            self._state(cluster, old, target, SWITCHING_OVER)
            target.tell("RDS-EVENT-0181")
            began = time.monotonic()
            old.endpoint.close()
            new = self.roles.writers[target.name]
            try:
                source = self.databases[self.roles.writer]
                source.make_read_only()
                behind = self.databases[new].lacks(source.executed())
                target.tell("RDS-EVENT-0183", reason=f"{behind or 'no'} transactions of {old.name}")
                self._hand_over(self.roles.writer, new)
            except (LabError, pymysql.Error) as error:
                log.warning("global switchover to %s failed: %s", target.name, error)
                target.tell("RDS-EVENT-0187")
                self.databases[self.roles.writer].make_writable()
                self._lead(old)
                self._state(cluster, old, target, AVAILABLE)
                return
            old.tell("RDS-EVENT-0182")
            self._become_primary(cluster, target)
            wait_until(began + self.timing.outage)
            self._lead(target)
            self._lead(old)
            self._state(cluster, old, target, AVAILABLE)
            target.tell("RDS-EVENT-0185")

    def _fail_over_globally(self, cluster: Any, target: Place) -> None:
        old = self.places[self.roles.primary]
        source, new = self.databases[self.roles.writer], self.databases[self.roles.writers[target.name]]
        with self._exclusive(old, target):
            time.sleep(self.timing.notice)
            self._state(cluster, old, target, FAILING_OVER, data_loss=True)
            began = time.monotonic()
            old.endpoint.close()
            try:
                new.cut()
                new.promote()
            except pymysql.Error as error:
                log.warning("global failover to %s failed: %s", target.name, error)
                target.tell("RDS-EVENT-0239")
                self._lead(old)
                self._state(cluster, old, target, AVAILABLE)
                return
            if source.reachable:
                # AWS tries to fence the old primary, too.
                source.make_read_only()
                source.cut()
                self.lost = new.lacks(source.executed())
            self._become_primary(cluster, target)
            wait_until(began + self.timing.outage)
            self._lead(target)
            self._state(cluster, old, target, AVAILABLE)
            target.tell("RDS-EVENT-0238")
            old.tell("RDS-EVENT-0240")
            self._lead(old)
            if not self.lost:
                old.tell("RDS-EVENT-0241")

    def _become_primary(self, cluster: Any, target: Place) -> None:
        self.roles.primary = target.name
        self.roles.save()
        target.tell("RDS-EVENT-0184")
        for member in cluster.members:
            member.is_writer = member.arn == target.arn
        self._follow_writer()

    @staticmethod
    def _state(cluster: Any, old: Place, target: Place, status: str, *, data_loss: bool = False) -> None:
        cluster.status = status
        for place in (old, target):
            place.cluster.status = AVAILABLE if status == AVAILABLE else status
        cluster.failover_state = (
            None
            if status == AVAILABLE
            else {
                "Status": status,
                "FromDbClusterArn": old.arn,
                "ToDbClusterArn": target.arn,
                "IsDataLossAllowed": data_loss,
            }
        )

    # A reboot

    def reboot(self, place: Place, instance: Any) -> None:
        """In the background: its sessions end, and its parameter group is in effect."""
        threading.Thread(target=self._reboot, args=(place, instance), daemon=True).start()

    def _reboot(self, place: Place, instance: Any) -> None:
        name = instance.db_instance_identifier
        instance.status = "rebooting"
        place.tell_instance("RDS-EVENT-0004", name)
        self.databases[name].cut()
        time.sleep(self.timing.notice)
        instance.parameters_state = "in-sync"
        instance.status = AVAILABLE
        place.tell_instance("RDS-EVENT-0006", name)

    # All

    def _follow_writer(self) -> None:
        writer = self.databases[self.roles.writer]
        for name, database in self.databases.items():
            if name == self.roles.writer or not database.reachable:
                continue
            if not writer.lacks(database.executed()):
                database.follow(writer)
            else:
                # It has what the writer never had; AWS would make it anew from the writer's storage.
                database.make_read_only()
                database.ask("STOP REPLICA")

    def _lead(self, place: Place, writer: str = "") -> None:
        """Both endpoints, as the roles say; the cluster endpoint to `writer`, where that is given."""
        writes = writer or self.roles.writers[place.name]
        readers = [name for name in place.instances if name != writes] or [writes]
        server = self.databases[writes].server
        if place.name == self.roles.primary:
            place.endpoint.lead_to(server.host, server.port)
        else:
            # Of a secondary of a global database AWS has it inactive.
            place.endpoint.close()
        reader = self.databases[readers[0]].server
        place.reader.lead_to(reader.host, reader.port)

    @contextmanager
    def _exclusive(self, *places: Place) -> Iterator[None]:
        """Whoever asked has taken `busy`."""
        try:
            yield
        except Exception:
            log.exception("a change of %s ended early", ", ".join(place.name for place in places))
            for place in places:
                place.cluster.status = AVAILABLE
            raise
        finally:
            self.busy.release()
