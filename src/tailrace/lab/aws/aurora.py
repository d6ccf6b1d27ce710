"""What failovers do to the lab's servers: real promotions, in AWS's order and with AWS's statuses and events.

Unlike Aurora: instances have a binlog and a server_uuid each instead of one shared volume; so a failover waits until
the reader has applied all that the writer has committed, and a writer that is down is started again for that. The old
writer is not restarted: its sessions are ended, it has the parameters of its group, and it takes no writes. A global
database replicates by binlog here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymysql

from tailrace.errors import LabError
from tailrace.lab.aws import names, procedures
from tailrace.lab.aws.database import Database, wait_until
from tailrace.lab.aws.places import Place, Roles
from tailrace.lab.aws.timing import Timing

log = logging.getLogger(__name__)
MOST_SECONDS = 0.5
"""Of sleep, at once."""
SETTLE_SECONDS = 0.5
"""A replica may have a transaction before its source counts it as executed: it is sent when the binlog has it."""
IN_SYNC = "in-sync"
AVAILABLE, FAILING_OVER, SWITCHING_OVER = "available", "failing-over", "switching-over"


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
        """Taken by who asks for a change, until it is done."""
        self._servers = threading.Lock()
        """Taken by who changes servers."""
        self._changes = 0
        self.lost = ""
        """GTIDs that a global failover has left behind."""

    def arrange(self) -> None:
        """Replication and endpoints, as the roles say."""
        for name, database in self.databases.items():
            if name == self.roles.writer or self._is_detached(name):
                database.make_writable()
        self._follow_writer(self.databases)
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
        old, timing = self.roles.writers[place.name], self.timing
        self._changes += 1
        mine = self._changes
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
            self._restarted(place, target, old)
            place.tell_instance("RDS-EVENT-0006", target)
            self.roles.writers[place.name] = target
            self.roles.save()
            for member in place.cluster.members:
                member.is_cluster_writer = member.db_instance_identifier == target
            self._follow_writer(place.instances)
            place.tell_instance("RDS-EVENT-0006", old)
            wait_until(began + timing.outage)
            if timing.stale:
                self._lead(place, writer=old)
            else:
                self._lead(place)
            place.tell("RDS-EVENT-0071", instance=target)
        self._be_stale(place, old, mine)

    def _be_stale(self, place: Place, old: str, change: int) -> None:
        """It leads to the old writer, or to both by turns, for as long as `stale` says; at last to the new one,
        unless there was another change meanwhile.
        """
        began, flipped = time.monotonic(), False
        while (left := began + self.timing.stale - time.monotonic()) > 0 and self._changes == change:
            time.sleep(min(self.timing.flap or left, left, MOST_SECONDS))
            if self.timing.flap and self._changes == change:
                flipped = not flipped
                self._lead(place, writer="" if flipped else old)
        if self._changes == change:
            # Who is connected to the old writer stays there, as with a DNS name.
            self._lead(place)

    def _hand_over(self, old: str, new: str) -> None:
        """From the one that writes to one that has all it has. Raises LabError, pymysql.Error."""
        source, target = self.databases[old], self.databases[new]
        source.revive()
        source.make_read_only()
        if not target.follows(source):
            # It was away at the last change.
            _follow(target, source)
        target.await_executed(source.executed(), self.timing.catch_up)
        target.cut()
        target.promote()
        procedures.put_into_effect(target)
        source.cut()

    def _give_back(self, place: Place, old: str) -> None:
        place.tell("RDS-EVENT-0070", instance=old)
        self.databases[old].make_writable()
        self._lead(place)

    # Between regions

    def switch_over(self, cluster: Any, target: Place, *, data_loss: bool) -> None:
        """Of the global cluster, in the background: to `target`, with nothing lost; or at once, with what it has."""
        change = self._fail_over_globally if data_loss else self._switch_over_globally
        threading.Thread(target=self._change_globally, args=(change, cluster, target), daemon=True).start()

    def _change_globally(self, change: Callable[[Any, Place, Place], None], cluster: Any, target: Place) -> None:
        old = self.places[self.roles.primary]
        self._changes += 1
        try:
            with self._exclusive(old, target):
                time.sleep(self.timing.notice)
                change(cluster, old, target)
        finally:
            cluster.status, cluster.failover_state = AVAILABLE, None

    def _switch_over_globally(self, cluster: Any, old: Place, target: Place) -> None:
        _begin(SWITCHING_OVER, cluster, old, target)
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
            return
        old.tell("RDS-EVENT-0182")
        self._become_primary(cluster, old, target)
        wait_until(began + self.timing.outage)
        self._lead(target)
        self._lead(old)
        target.tell("RDS-EVENT-0185")

    def _fail_over_globally(self, cluster: Any, old: Place, target: Place) -> None:
        source, new = self.databases[self.roles.writer], self.databases[self.roles.writers[target.name]]
        _begin(FAILING_OVER, cluster, old, target, data_loss=True)
        began = time.monotonic()
        old.endpoint.close()
        try:
            new.cut()
            new.promote()
        except pymysql.Error as error:
            log.warning("global failover to %s failed: %s", target.name, error)
            target.tell("RDS-EVENT-0239")
            self._lead(old)
            return
        if source.reachable:
            # AWS tries to fence the old primary, too.
            source.make_read_only()
            source.cut()
            self.lost = new.lacks(source.executed())
        self._become_primary(cluster, old, target)
        wait_until(began + self.timing.outage)
        self._lead(target)
        target.tell("RDS-EVENT-0238")
        old.tell("RDS-EVENT-0240")
        self._lead(old)
        if not self.lost:
            old.tell("RDS-EVENT-0241")

    def _become_primary(self, cluster: Any, old: Place, target: Place) -> None:
        self.roles.primary = target.name
        self.roles.save()
        target.tell("RDS-EVENT-0184")
        for member in cluster.members:
            member.is_writer = member.arn == target.arn
        self._follow_writer((*old.instances, *target.instances))

    def detach(self, place: Place) -> None:
        """A secondary leaves the global database: it follows nobody, and takes writes. `lab reset` brings it back."""
        with self._servers:
            self.databases[self.roles.writers[place.name]].promote()
            self.roles.detached = True
            self.roles.save()
            self._lead(place)

    def _is_detached(self, instance: str) -> bool:
        secondaries = [place for place in self.places.values() if place.name != self.roles.primary]
        return self.roles.detached and any(instance in place.instances for place in secondaries)

    # A reboot

    def reboot(self, place: Place, instance: Any) -> None:
        """In the background: its sessions end, and its parameter group is in effect."""
        instance.status = "rebooting"
        threading.Thread(target=self._reboot, args=(place, instance), daemon=True).start()

    def _reboot(self, place: Place, instance: Any) -> None:
        name = instance.db_instance_identifier
        place.tell_instance("RDS-EVENT-0004", name)
        time.sleep(self.timing.notice)
        with self._servers:
            self._restarted(place, name)
        instance.status = AVAILABLE
        place.tell_instance("RDS-EVENT-0006", name)

    def _restarted(self, place: Place, *instances: str) -> None:
        """They have what the parameter group says, and no session from before."""
        for name in instances:
            try:
                self.databases[name].take(place.cluster.assignments)
                self.databases[name].cut()
            except pymysql.Error as error:
                log.warning("%s does not take its parameters: %s", name, error)
                continue
            member = next(each for each in place.cluster.members if each.db_instance_identifier == name)
            member.parameters_state = IN_SYNC

    # All

    def tend(self) -> None:
        """Servers that came again after a crash become readers again. What was stopped on purpose stays stopped."""
        for name in self.databases:
            # One by one: a change must not wait for all of them.
            with self._servers:
                if not self.busy.locked():
                    self._tend(name)

    def _tend(self, name: str) -> None:
        database, writer = self.databases[name], self.databases[self.roles.writer]
        if not (self._is_reader(name) and writer.reachable):
            return
        if not database.follows(writer):
            _follow(database, writer)
        elif not database.is_read_only:
            database.make_read_only()

    def _follow_writer(self, instances: Iterable[str]) -> None:
        for name in instances:
            if self._is_reader(name):
                _follow(self.databases[name], self.databases[self.roles.writer])

    def _is_reader(self, name: str) -> bool:
        """Whether it is to follow the writer, and can be reached."""
        return name != self.roles.writer and not self._is_detached(name) and self.databases[name].reachable

    def _lead(self, place: Place, writer: str = "") -> None:
        """Both endpoints, as the roles say; the cluster endpoint to `writer`, where that is given."""
        writes = writer or self.roles.writers[place.name]
        readers = [name for name in place.instances if name != writes] or [writes]
        server = self.databases[writes].server
        if self.roles.leads(place):
            place.endpoint.lead_to(server.host, server.port)
        else:
            place.endpoint.close()
        reader = self.databases[readers[0]].server
        place.reader.lead_to(reader.host, reader.port)

    @contextmanager
    def _exclusive(self, *places: Place) -> Iterator[None]:
        """Whoever asked has taken `busy`; who sees that they are available may ask."""
        try:
            with self._servers:
                yield
        except Exception:
            log.exception("a change of %s ended early", ", ".join(place.name for place in places))
            raise
        finally:
            self.busy.release()
            for place in places:
                place.cluster.status = AVAILABLE


def _begin(status: str, cluster: Any, old: Place, target: Place, *, data_loss: bool = False) -> None:
    """Of a change of the global cluster's primary."""
    for each in (cluster, old.cluster, target.cluster):
        each.status = status
    cluster.failover_state = {
        "Status": status,
        "FromDbClusterArn": old.arn,
        "ToDbClusterArn": target.arn,
        "IsDataLossAllowed": data_loss,
    }


def _follow(database: Database, writer: Database) -> None:
    """Who does not come to it now is tended later."""
    try:
        if writer.comes_to(database.executed(), SETTLE_SECONDS):
            database.follow(writer)
        else:
            # It has what the writer never had; AWS would make it anew from the writer's storage.
            database.make_read_only()
            database.ask("STOP REPLICA")
    except pymysql.Error as error:
        log.warning("%s does not follow %s yet: %s", database.server.folder.name, writer.server.folder.name, error)
