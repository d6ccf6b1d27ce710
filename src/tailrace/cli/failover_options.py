"""The options that all commands of `tailrace failover` have, as one `Task`."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.access import DEFAULT_URL, access_options, complete_connector, connect_to
from tailrace.cli.failover_task import PASSWORD_VARIABLE, OnAurora, SelfManaged
from tailrace.ops.dsn import parse_dsn
from tailrace.ops.failover.aurora.refuse import AuroraWish
from tailrace.ops.failover.facts import CANDIDATE, ENDPOINT, SOURCE
from tailrace.ops.failover.plan import Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailrace.config import SourceConfig

JOURNAL = Path("failover.jsonl")
WAIT, AURORA_WAIT, SETTLE = 60.0, 300.0, 5.0
"""Seconds. AWS: a failover takes under a minute, mostly; a name's DNS record lives for 5 s."""
_DSN = "mysql://user:${env:NAME}@host:port of an administrator"
_SELF_MANAGED = ("replicas", "dead", "replication_user")
_AURORA = ("global_name", "target", "allow_data_loss", "settle")
_OPTIONS = (
    click.option(
        "--source", required=True, metavar="DSN", help=f"The primary of today (Aurora: the cluster endpoint): {_DSN}."
    ),
    click.option(
        "--candidate",
        metavar="DSN",
        help="The replica that is to be the primary; with --global that cluster's endpoint.",
    ),
    click.option("--replica", "replicas", multiple=True, metavar="DSN", help="Another replica; repeatable."),
    click.option("--aurora", metavar="CLUSTER", help="Name or ARN of the Aurora cluster that takes writes today."),
    click.option(
        "--target",
        default="",
        metavar="NAME",
        help="An instance of the cluster, or with --global a secondary cluster. Default: whom AWS would take.",
    ),
    click.option(
        "--global", "global_name", default="", metavar="NAME", help="The global database in which a region takes over."
    ),
    click.option(
        "--allow-data-loss", is_flag=True, help="With --global: its region is gone; what it did not send is given up."
    ),
    click.option(
        "--settle",
        type=click.FloatRange(0),
        metavar="SECONDS",
        help=f"Aurora: how long an endpoint must lead to the new writer without exception.  [default: {SETTLE:g}]",
    ),
    click.option(
        "--connector",
        "connectors",
        multiple=True,
        metavar="NAME",
        shell_complete=complete_connector,
        help="A connector that captures the source; repeatable. With several workers: of each that has one so named.",
    ),
    click.option(
        "--endpoint",
        metavar="HOST:PORT",
        help="A stable address by which connectors reach the primary. Without it their configuration is changed.",
    ),
    click.option(
        "--endpoint-command",
        default="",
        metavar="COMMAND",
        help="What leads the endpoint to the candidate, if it needs it.",
    ),
    click.option("--dead", is_flag=True, help="The source is gone: what it did not send is given up."),
    click.option(
        "--fence-command",
        default="",
        metavar="COMMAND",
        help="What keeps the source from taking writes, by other means.",
    ),
    click.option(
        "--replication-user",
        default="",
        metavar="USER",
        help=f"By whom servers follow the new primary, the old one too; password: {PASSWORD_VARIABLE}.",
    ),
    click.option(
        "--deadline",
        type=click.FloatRange(1),
        metavar="SECONDS",
        help=f"How long one step may wait.  [default: {WAIT:g}, with --aurora {AURORA_WAIT:g}]",
    ),
    click.option(
        "--journal",
        type=click.Path(dir_okay=False, path_type=Path),
        default=JOURNAL,
        show_default=True,
        help="File by which a run that was broken off is resumed.",
    ),
    click.option(
        "--url",
        "urls",
        multiple=True,
        envvar="TAILRACE_URL",
        metavar="URL",
        help="A worker that connectors are on, one of each group; repeatable; or TAILRACE_URL, with spaces between."
        f"  [default: {DEFAULT_URL}]",
    ),
    access_options,
    click.option("--json", "as_json", is_flag=True, help="The result, or the error, as one JSON document."),
)


def task_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `task: Task` and `as_json: bool`."""

    @functools.wraps(command)
    def wrapped(
        urls: tuple[str, ...],
        credentials: Path | None,
        ca: Path | None,
        connectors: tuple[str, ...],
        journal: Path,
        **given: Any,
    ) -> None:
        workers = tuple(connect_to(url, credentials, ca) for url in dict.fromkeys(urls or (DEFAULT_URL,)))
        ours = {name: given.pop(name) for name in _NAMES}
        servers = _servers(ours)
        if ours["aurora"]:
            task = OnAurora(
                servers, workers, connectors, journal, ours["aurora"], ours["global_name"], _aurora_wish(ours)
            )
            command(task=task, **given)
            return
        if wrong := next((name for name in _AURORA if ours[name]), None):
            raise click.UsageError(f"{_flag(wrong)} needs --aurora")
        wish = Wish(
            ours["dead"],
            ours["fence_command"],
            ours["endpoint_command"],
            ours["replication_user"],
            ours["deadline"] or WAIT,
        )
        command(task=SelfManaged(servers, workers, connectors, journal, wish), **given)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_NAMES = (
    "source",
    "candidate",
    "replicas",
    "aurora",
    "target",
    "global_name",
    "allow_data_loss",
    "settle",
    "endpoint",
    "endpoint_command",
    "dead",
    "fence_command",
    "replication_user",
    "deadline",
)


def _servers(given: dict[str, Any]) -> dict[str, SourceConfig]:
    if given["endpoint_command"] and not given["endpoint"]:
        raise click.UsageError("--endpoint-command needs --endpoint: where to look whether it has worked")
    needs_candidate = bool(given["global_name"]) or not given["aurora"]
    if given["global_name"] and not given["candidate"]:
        raise click.UsageError("--global needs --candidate DSN: the cluster endpoint in the other region")
    if needs_candidate and not given["candidate"]:
        raise click.UsageError("who is to be the primary? --candidate DSN, or --aurora CLUSTER")
    if given["candidate"] and not needs_candidate:
        raise click.UsageError("within an Aurora cluster the endpoint stays: --target INSTANCE, and no --candidate")
    servers = {SOURCE: parse_dsn(given["source"])}
    if given["candidate"]:
        servers[CANDIDATE] = parse_dsn(given["candidate"])
    servers |= {f"replica-{number}": parse_dsn(dsn) for number, dsn in enumerate(given["replicas"], start=1)}
    if given["endpoint"]:
        servers[ENDPOINT] = _at(servers.get(CANDIDATE, servers[SOURCE]), given["endpoint"])
    return servers


def _aurora_wish(given: dict[str, Any]) -> AuroraWish:
    if wrong := next((name for name in _SELF_MANAGED if given[name]), None):
        raise click.UsageError(f"{_flag(wrong)} is for servers of one's own: AWS does that within --aurora")
    if given["fence_command"] and not given["global_name"]:
        raise click.UsageError("within an Aurora cluster AWS sees to it that one instance writes: no --fence-command")
    return AuroraWish(
        target=given["target"],
        allow_data_loss=given["allow_data_loss"],
        fence_command=given["fence_command"],
        endpoint_command=given["endpoint_command"],
        seconds=given["deadline"] or AURORA_WAIT,
        settle=SETTLE if given["settle"] is None else given["settle"],
    )


def _flag(name: str) -> str:
    return {"global_name": "--global", "replicas": "--replica"}.get(name, f"--{name.replace('_', '-')}")


def _at(login: SourceConfig, place: str) -> SourceConfig:
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdigit():
        raise click.BadParameter(f"{place!r} is not HOST:PORT", param_hint="--endpoint")
    return replace(login, host=host.strip("[]"), port=int(port))
