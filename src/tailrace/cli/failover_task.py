"""What the options of `tailrace failover` ask for: of servers of one's own, or of AWS."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import click

from tailrace.cli import failover_view as view
from tailrace.config import Password
from tailrace.errors import TailraceError
from tailrace.ops.aws.rds import name_of
from tailrace.ops.failover import facts as servers_facts
from tailrace.ops.failover import plan as servers_plan
from tailrace.ops.failover.aurora import facts as aurora_facts
from tailrace.ops.failover.aurora import plan as aurora_plan
from tailrace.ops.failover.facts import CANDIDATE, SOURCE
from tailrace.ops.failover.hands import Hands
from tailrace.ops.failover.step import REPLICATION_PASSWORD, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tailrace.config import SourceConfig
    from tailrace.ops.aws.client import Aws
    from tailrace.ops.connect import Connect
    from tailrace.ops.failover.aurora.facts import AuroraFacts
    from tailrace.ops.failover.aurora.refuse import AuroraWish
    from tailrace.ops.failover.facts import Facts
    from tailrace.ops.failover.plan import Refused, Wish
    from tailrace.ops.failover.verify import Finding

PASSWORD_VARIABLE = "TAILRACE_REPLICATION_PASSWORD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Outlook:
    """What is known, and what is made of it."""

    facts: Facts | AuroraFacts
    found: Plan | Refused
    show: Callable[[], None]
    """Prints the facts."""


class Task(Protocol):
    """One of the two below."""

    @property
    def journal(self) -> Path:
        """Of its runs."""

    @property
    def workers(self) -> tuple[Connect, ...]:
        """Whose connectors it moves."""

    @property
    def where(self) -> str:
        """What it is about, in a line."""

    def look(self) -> Outlook:
        """As it is now."""

    def hands(self) -> Hands:
        """Who can carry out its plan."""

    def is_of(self, plan: Plan) -> bool:
        """Whether a plan is about the same servers."""

    def show_end(self, plan: Plan) -> None:
        """What there is when all is done."""

    def verify(self, values: Mapping[str, str], tables: Sequence[str]) -> list[Finding]:
        """Whether all is well. `values`: what the run has remembered."""


@dataclass(frozen=True)
class SelfManaged:
    """A replica is promoted by SQL."""

    servers: dict[str, SourceConfig]
    workers: tuple[Connect, ...]
    connectors: tuple[str, ...]
    journal: Path
    wish: Wish

    @property
    def where(self) -> str:
        """From whom to whom."""
        return " → ".join(_place(self.servers[name]) for name in (SOURCE, CANDIDATE))

    def look(self) -> Outlook:
        """Raises SourceError, WorkerError."""
        facts = servers_facts.gather(self.servers, self.workers, self.connectors)
        return Outlook(facts, servers_plan.make_plan(facts, self.wish), lambda: view.show_facts(facts))

    def hands(self) -> Hands:
        """With the replication user's password, where there is one."""
        secret = Password(os.environ.get(PASSWORD_VARIABLE, ""))
        return Hands(self.servers, self.workers, {REPLICATION_PASSWORD: secret})

    def is_of(self, plan: Plan) -> bool:
        """All the same names and addresses."""
        return set(plan.servers) == {(name, _place(config)) for name, config in self.servers.items()}

    def show_end(self, plan: Plan) -> None:
        """Who it is now."""
        click.echo(f"\n{dict(plan.servers)[CANDIDATE]} is the primary")

    def verify(self, values: Mapping[str, str], tables: Sequence[str]) -> list[Finding]:
        """Tables are compared with all that follow."""
        from tailrace.ops.failover.tables import compare
        from tailrace.ops.failover.verify import verify

        found = verify(self.servers, self.workers, self.connectors, values, seconds=self.wish.seconds)
        if tables:
            facts = servers_facts.gather(self.servers)
            others = {one.name: self.servers[one.name] for one in facts.members if one.is_reachable and one.following}
            for table in tables:
                found += compare(self.servers[CANDIDATE], others, table, self.wish.seconds)
        return found


@dataclass(frozen=True)
class OnAurora:
    """AWS promotes."""

    servers: dict[str, SourceConfig]
    workers: tuple[Connect, ...]
    connectors: tuple[str, ...]
    journal: Path
    cluster: str
    global_name: str
    wish: AuroraWish

    @cached_property
    def aws(self) -> Aws:
        """Raises ConfigError where the SDK is not installed."""
        from tailrace.ops.aws.client import Aws

        return Aws()

    @property
    def where(self) -> str:
        """The cluster."""
        return f"{self.global_name} → {self.wish.target or 'its secondary'}" if self.global_name else self.cluster

    def look(self) -> Outlook:
        """Raises AwsError, SourceError, WorkerError."""
        facts = self._facts(aurora_facts.gather)
        return Outlook(facts, aurora_plan.make_plan(facts, self.wish), lambda: view.show_aurora(facts))

    def _facts(self, gather: Callable[..., AuroraFacts]) -> AuroraFacts:
        return gather(
            self.aws,
            self.cluster,
            self.servers,
            global_name=self.global_name,
            target=self.wish.target if self.global_name else "",
            workers=self.workers,
            connectors=self.connectors,
        )

    def hands(self) -> Hands:
        """With AWS."""
        return Hands(self.servers, self.workers, aws=self.aws)

    def is_of(self, plan: Plan) -> bool:
        """The same cluster or global database, and no other addresses."""
        given = {(name, _place(config)) for name, config in self.servers.items()}
        is_same = (self.global_name or self.cluster) in {plan.cluster, name_of(plan.cluster)}
        # A primary that did not answer is in no plan.
        return is_same and set(plan.servers) <= given

    def show_end(self, plan: Plan) -> None:
        """The instances again: the same GTIDs, and other places in another binlog."""
        del plan
        click.echo()
        try:
            view.show_aurora(self._facts(aurora_facts.gather_after))
        except TailraceError as error:
            # It is done all the same.
            click.echo(f"what there is now cannot be shown: {error.message}")

    def verify(self, values: Mapping[str, str], tables: Sequence[str]) -> list[Finding]:
        """Tables are compared with the instances that can be reached."""
        from tailrace.ops.failover.aurora.verify import compare_tables, verify

        found = verify(
            self.aws,
            self.cluster,
            self.servers,
            values,
            global_name=self.global_name,
            target=self.wish.target if self.global_name else "",
            workers=self.workers,
            connectors=self.connectors,
            seconds=self.wish.seconds,
        )
        writer = self.servers[CANDIDATE if self.global_name else SOURCE]
        if tables:
            facts = self._facts(aurora_facts.gather_after)
            found += compare_tables(facts, writer, tables, self.wish.seconds)
        return found


def _place(config: SourceConfig) -> str:
    return f"{config.host}:{config.port}"
