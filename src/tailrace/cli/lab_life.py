"""`tailrace lab up`, `down`, `status` and `reset`: the lab's life."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tailrace.cli.lab_options import answer, common
from tailrace.cli.lab_parts import describe, line
from tailrace.lab import Lab, Server, background, faults
from tailrace.lab.connect import debezium_config
from tailrace.lab.kafka import Broker
from tailrace.lab.pair import PARTS, Alerts
from tailrace.lab.server import server_errors, write_private
from tailrace.lab.worker import Worker, jsonl_config

CONNECTOR = "shop"
"""Name and topic prefix of the connector that `up` tells how to make: for the workload's database."""
CONNECTOR_SERVER_ID = 54001
WORKER_SERVER_ID = 54002
WORKLOAD_DATABASE = "shop"


def _parts(_context: click.Context, _option: click.Parameter, given: str | None) -> frozenset[str] | None:
    if given is None:
        return None
    parts = [part.strip() for part in given.split(",") if part.strip()]
    for part in parts:
        if part not in PARTS:
            raise click.BadParameter(f"{part!r} is no part of the lab; choose from {', '.join(PARTS)}.")
    return frozenset(parts)


_with = click.option(
    "--with",
    "parts",
    callback=_parts,
    metavar="PART,…",
    help="endpoint, worker, kafka, debezium (with kafka), prometheus, aws.",
)


@click.command(epilog="Example: tailrace lab up --port 3306 --option=--binlog-row-metadata=FULL")
@common
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the primary (default: a free one).")
@click.option("--replica-port", type=click.IntRange(1, 65535), help="Port of the replica (default: a free one).")
@click.option("--option", "options", multiple=True, metavar="--NAME=VALUE", help="An option of mysqld; repeatable.")
@_with
def up(
    folder: Path,
    port: int | None,
    replica_port: int | None,
    options: tuple[str, ...],
    parts: frozenset[str] | None,
    *,
    as_json: bool,
) -> None:
    """Start primary and replica; what runs already is left alone.

    Ports and options count when the lab is first made. With endpoint the lab has a proxy that leads to the primary, as
    a cluster's endpoint does; with worker a `tailrace worker`; with kafka a broker; with debezium also a worker of
    Kafka Connect that can run Debezium's MySQL connector. The last two need Java and Maven, and are fetched when first
    asked for. With prometheus it has a Prometheus with Tailrace's alerts and an Alertmanager; it scrapes the lab's
    Connect and its worker, or 127.0.0.1:9404, where another `tailrace worker` serves its metrics. With aws it has a
    third server and an emulator of AWS (not AWS), in which the servers are an Aurora cluster. All live on until
    `tailrace lab down`, and come again with the next `up`.
    """
    answer(*_start(folder, parts, (port, replica_port), options), as_json=as_json)


@click.command(epilog="Example: tailrace lab down")
@common
def down(folder: Path, *, as_json: bool) -> None:
    """Stop the workload and all servers; the data stays for the next `up`."""
    mine = Lab(folder)
    background.stop(mine)
    mine.down()
    answer({"running": False}, "stopped", as_json=as_json)


@click.command(epilog="Example: tailrace lab status --json")
@common
def status(folder: Path, *, as_json: bool) -> None:
    """How servers, replication and workload stand. Exits 1 where something does not run as it should."""
    mine = Lab(folder)
    parts = describe(mine.parts)
    follow, workload = mine.follow(), background.state(mine)
    there = faults.active(mine)
    lines = [line(part) for part in parts.values() if part]
    if follow:
        replication = "follows" if follow.healthy else f"stopped: {follow.error}"
        lines.append(f"{'':12} {replication}; missing {follow.missing or 'nothing'}")
    if workload:
        lines.append(f"{'workload':12} {workload.words}")
    lines += [f"{'fault':12} {'not told' if each.blind else each.name}" for each in there]
    answer(
        {
            **parts,
            "replication": {**asdict(follow), "healthy": follow.healthy} if follow else None,
            "workload": asdict(workload) if workload else None,
            "faults": [each.document() for each in there],
        },
        "\n".join(lines),
        as_json=as_json,
    )
    if not (follow and follow.healthy and all(part["reachable"] for part in parts.values() if part)):
        raise SystemExit(1)


@click.command(epilog="Example: tailrace lab reset --with worker")
@common
@_with
def reset(folder: Path, parts: frozenset[str] | None, *, as_json: bool) -> None:
    """A lab as new: all data is dropped, rules that you gave its Prometheus too; ports and accounts stay. Where there
    is none, it is made.

    With --with it has these parts and no others, as `tailrace lab up` tells them; without, those that it had.
    """
    mine = Lab(folder)
    if mine.exists:
        background.stop(mine)
        if parts is not None:
            mine.keep_only(parts)
        mine.empty()
        faults.forget(mine)
    answer(*_start(folder, parts), as_json=as_json)


def _start(
    folder: Path,
    wanted: frozenset[str] | None,
    ports: tuple[int | None, int | None] = (None, None),
    options: tuple[str, ...] = (),
) -> tuple[dict[str, Any], str]:
    """The lab runs, with these parts beside those it has; what there is to say of it, as JSON and in words."""
    parts = wanted or frozenset()
    alerts = _alerts() if "prometheus" in parts else None
    with server_errors():
        running = Lab(folder).up(parts, alerts=alerts, ports=ports, options=options, keep=True)
    described = describe(running)
    lines = [f"{part['role']:12} {part['address']}" for part in described.values() if part]
    lines.append("next: tailrace lab env, tailrace lab workload start")
    if running.prometheus:
        lines.append(f"alerts: tailrace alerts check --prometheus {running.prometheus.url}")
    if running.worker:
        config = folder / "worker" / f"{CONNECTOR}.json"
        _write_private_json(config, _shop_to_files(running.primary, running.worker))
        lines.append(f"for Tailrace on it: tailrace connector create {config} --url {running.worker.url} --wait")
    if running.aws:
        lines.append(f"AWS, emulated (not AWS; what is added to moto: {running.aws.url}/_lab/status): tailrace lab env")
    if running.kafka and running.connect:
        config = folder / "connect" / f"{CONNECTOR}.json"
        _write_private_json(config, _shop_to_kafka(running.primary, running.kafka))
        lines.append(f"for Debezium on it: tailrace connector create {config} --url {running.connect.url} --wait")
    return {**described, "dir": str(folder)}, "\n".join(lines)


def _alerts() -> Alerts:
    from tailrace.ops.alerts import alertmanager_config, prometheus_rules

    return Alerts(prometheus_rules(), alertmanager_config())


def _shop_to_kafka(primary: Server, kafka: Broker) -> dict[str, str]:
    return debezium_config(primary, kafka.bootstrap, CONNECTOR, WORKLOAD_DATABASE, server_id=CONNECTOR_SERVER_ID)


def _shop_to_files(primary: Server, worker: Worker) -> dict[str, str]:
    return jsonl_config(primary, CONNECTOR, WORKLOAD_DATABASE, worker.events, server_id=WORKER_SERVER_ID)


def _write_private_json(file: Path, config: dict[str, str]) -> None:
    write_private(file, json.dumps(config, indent=1) + "\n")
