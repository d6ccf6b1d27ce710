"""`tailrace lab`: a real MySQL primary and replica, and what else is wanted, as processes of the user."""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.lab_fault import fault
from tailrace.cli.lab_kafka import kafka_topics
from tailrace.cli.lab_options import DEFAULT_FOLDER, common, server_option
from tailrace.cli.lab_promtool import promtool
from tailrace.cli.lab_verify import verify
from tailrace.lab import Lab, Server, background, faults
from tailrace.lab.connect import Connect, debezium_config
from tailrace.lab.kafka import Broker
from tailrace.lab.pair import PARTS, Alerts, Running
from tailrace.lab.server import server_errors, write_private
from tailrace.lab.worker import Worker, jsonl_config

if TYPE_CHECKING:
    from click.decorators import FC

    from tailrace.lab.aws import Aws
    from tailrace.lab.pair import Part

CONNECTOR = "shop"
"""Name and topic prefix of the connector that `up` tells how to make: for the workload's database."""
CONNECTOR_SERVER_ID = 54001
WORKER_SERVER_ID = 54002
WORKLOAD_DATABASE = "shop"
CLIENT_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": True}


def _client_options(command: FC) -> FC:
    """Those of a MySQL client; all it does not know are the client's."""
    folder = click.option(
        "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=DEFAULT_FOLDER, hidden=True
    )
    arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    return folder(server_option(arguments(command)))


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


@click.group(epilog="Example: tailrace lab up && tailrace lab status")
def lab() -> None:
    """A real MySQL primary and replica, as processes of yours, to try things out on.

    With --json an error is a JSON document too, on standard error.
    Exit codes: 0 fine, 1 a problem found, 2 wrong usage, 3 a server was not reached.
    """


@lab.command(epilog="Example: tailrace lab up --port 3306 --option=--binlog-row-metadata=FULL")
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
    _answer(*_start(folder, parts, (port, replica_port), options), as_json=as_json)


@lab.command(epilog="Example: tailrace lab down")
@common
def down(folder: Path, *, as_json: bool) -> None:
    """Stop the workload and all servers; the data stays for the next `up`."""
    mine = Lab(folder)
    background.stop(mine)
    mine.down()
    _answer({"running": False}, "stopped", as_json=as_json)


@lab.command(epilog="Example: tailrace lab status --json")
@common
def status(folder: Path, *, as_json: bool) -> None:
    """How servers, replication and workload stand. Exits 1 where something does not run as it should."""
    mine = Lab(folder)
    parts = _describe_all(mine.parts)
    follow, workload = mine.follow(), background.state(mine)
    there = faults.active(mine)
    lines = [_words(part) for part in parts.values() if part]
    if follow:
        replication = "follows" if follow.healthy else f"stopped: {follow.error}"
        lines.append(f"{'':12} {replication}; missing {follow.missing or 'nothing'}")
    if workload:
        lines.append(f"{'workload':12} {_workload_words(workload)}")
    lines += [f"{'fault':12} {'not told' if each.blind else each.name}" for each in there]
    _answer(
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


@lab.command(epilog="Example: tailrace lab reset --with worker")
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
    _answer(*_start(folder, parts), as_json=as_json)


@lab.command(epilog='Example: eval "$(tailrace lab env)" && echo $TAILRACE_PRIMARY_DSN')
@common
def env(folder: Path, *, as_json: bool) -> None:
    """The servers' addresses and accounts as shell variables. They hold passwords: of the lab, and of nothing else.

    Of faults that are in the lab, what their texts name ($CONNECTOR, $TABLE) is among them, but for blind ones.
    """
    mine = Lab(folder)
    parts = mine.parts
    variables = {
        "TAILRACE_PRIMARY_DSN": parts.primary.dsn,
        "TAILRACE_PRIMARY_ADMIN_DSN": parts.primary.admin_dsn,
        # Where a configuration asks for the port alone: `"database.port": "${env:TAILRACE_PRIMARY_PORT}"`.
        "TAILRACE_PRIMARY_PORT": str(parts.primary.port),
        # By reference: a password within it would be refused, as it is anywhere on a command line.
        "TAILRACE_SOURCE": "${env:TAILRACE_PRIMARY_ADMIN_DSN}",
        "TAILRACE_REPLICA_DSN": parts.replica.dsn,
        "TAILRACE_REPLICA_ADMIN_DSN": parts.replica.admin_dsn,
        "TAILRACE_REPLICA_PORT": str(parts.replica.port),
        "TAILRACE_LAB_CA": str(parts.primary.ca),
        # Of the account that captures: a worker does not tell it.
        "MYSQL_PWD": parts.primary.password,
    }
    if parts.endpoint:
        variables["TAILRACE_ENDPOINT_DSN"] = parts.primary.dsn_at(parts.endpoint.port)
    if parts.kafka:
        variables["TAILRACE_KAFKA"] = parts.kafka.bootstrap
    # Whose connectors commands speak of where nothing else is said: ours, where there are both.
    if engine := parts.worker or parts.connect:
        variables |= {"TAILRACE_URL": engine.url, "TAILRACE_METRICS_URL": engine.metrics_url}
    if parts.connect:
        variables |= {
            "TAILRACE_DEBEZIUM_URL": parts.connect.url,
            "TAILRACE_DEBEZIUM_METRICS_URL": parts.connect.metrics_url,
        }
    if parts.prometheus and parts.alertmanager:
        variables |= {
            "TAILRACE_PROMETHEUS": parts.prometheus.url,
            "TAILRACE_ALERTMANAGER": parts.alertmanager.url,
        }
    if parts.aws:
        port = parts.aws.endpoint[1]
        variables |= {
            **parts.aws.environment,
            "TAILRACE_AURORA_DSN": parts.primary.dsn_at(port),
            "TAILRACE_AURORA_ADMIN_DSN": parts.primary.dsn_at(port, parts.primary.admin),
        }
    if parts.follower:
        variables |= {
            "TAILRACE_AURORA_REPLICA_DSN": parts.follower.dsn,
            "TAILRACE_AURORA_REPLICA_ADMIN_DSN": parts.follower.admin_dsn,
        }
    for each in faults.active(mine):
        variables |= {} if each.blind else each.values
    _answer(
        variables,
        "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        as_json=as_json,
    )


@lab.command(
    "mysql",
    epilog="Example: tailrace lab mysql --replica -e 'SHOW REPLICA STATUS\\G'",
    context_settings=CLIENT_SETTINGS,
)
@_client_options
def mysql_client(folder: Path, arguments: tuple[str, ...], *, role: str | None) -> None:
    """The mysql client on the primary, as its administrator; ARGUMENTS are its own (mysql --help)."""
    _become_client("mysql", folder, arguments, role)


@lab.command(
    "mysqlbinlog",
    epilog="Example: tailrace lab mysqlbinlog -vv binlog.000002 | less",
    context_settings=CLIENT_SETTINGS,
)
@_client_options
def mysqlbinlog_client(folder: Path, arguments: tuple[str, ...], *, role: str | None) -> None:
    """Mysqlbinlog on the primary's binlogs, read from the server; ARGUMENTS are its own (mysqlbinlog --help)."""
    _become_client("mysqlbinlog", folder, ("--read-from-remote-server", *arguments), role)


lab.add_command(kafka_topics)
lab.add_command(promtool)
lab.add_command(verify)


@lab.group(epilog="Example: tailrace lab workload start --rate 500")
def workload() -> None:
    """An order shop that writes to the primary: inserts, updates, deletes, and DDL now and then."""


@workload.command(epilog="Example: tailrace lab workload start --rate 500 --seed 7")
@common
@click.option("--rate", type=click.FloatRange(0.1), default=100.0, show_default=True, help="Transactions a second.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed writes the same statements.")
@click.option("--ddl-every", type=click.FloatRange(0), default=5.0, show_default=True, help="Seconds; 0 for no DDL.")
def start(folder: Path, rate: float, seed: int, ddl_every: float, *, as_json: bool) -> None:
    """Start the workload in the background."""
    begun = background.start(Lab(folder), rate=rate, seed=seed, ddl_every=ddl_every)
    _answer(asdict(begun), _workload_words(begun), as_json=as_json)


@workload.command(epilog="Example: tailrace lab workload stop")
@common
def stop(folder: Path, *, as_json: bool) -> None:
    """Stop the workload after its last whole transaction."""
    ended = background.stop(Lab(folder))
    _answer(asdict(ended) if ended else None, _workload_words(ended) if ended else "never started", as_json=as_json)


@workload.command("status", epilog="Example: tailrace lab workload status")
@common
def workload_status(folder: Path, *, as_json: bool) -> None:
    """What the workload has done. Exits 1 where it does not run."""
    now = background.state(Lab(folder))
    _answer(asdict(now) if now else None, _workload_words(now) if now else "never started", as_json=as_json)
    if not (now and now.running):
        raise SystemExit(1)


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
    described = _describe_all(running)
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


def _become_client(program: str, folder: Path, arguments: tuple[str, ...], role: str | None) -> None:
    command = Server.open(folder / (role or "primary")).client(program, *arguments)
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606 - in place of us, so that it has the terminal


lab.add_command(fault)


def _describe_all(parts: Running) -> dict[str, dict[str, Any] | None]:
    endpoint = parts.endpoint
    return {
        "primary": _describe(parts.primary),
        "replica": _describe(parts.replica),
        "endpoint": _describe_part(endpoint, endpoint.address, leads_to=endpoint.settings.target) if endpoint else None,
        "worker": _describe_engine(parts.worker) if parts.worker else None,
        "kafka": _describe_part(parts.kafka, parts.kafka.bootstrap) if parts.kafka else None,
        "connect": _describe_engine(parts.connect) if parts.connect else None,
        "prometheus": _describe_part(parts.prometheus, parts.prometheus.url) if parts.prometheus else None,
        "alertmanager": _describe_part(parts.alertmanager, parts.alertmanager.url) if parts.alertmanager else None,
        "distant": _describe(parts.distant) if parts.distant else None,
        "follower": _describe(parts.follower) if parts.follower else None,
        "aws": _describe_aws(parts.aws) if parts.aws else None,
    }


def _alerts() -> Alerts:
    from tailrace.ops.alerts import alertmanager_config, prometheus_rules

    return Alerts(prometheus_rules(), alertmanager_config())


def _describe(server: Server) -> dict[str, Any]:
    return {
        "role": server.folder.name,
        "running": server.pid is not None,
        "reachable": server.is_reachable(),
        "pid": server.pid,
        "host": server.host,
        "port": server.port,
        "address": f"{server.host}:{server.port}",
        "socket": str(server.socket),
        "version": server.mysql.release,
        "provider": server.mysql.provider,
        "dir": str(server.folder),
    }


def _describe_part(part: Part, address: str, **more: object) -> dict[str, Any]:
    return {
        "role": part.folder.name,
        "running": part.process.pid is not None,
        "reachable": part.is_reachable(),
        "pid": part.process.pid,
        "address": address,
        "dir": str(part.folder),
        **more,
    }


def _describe_engine(worker: Worker | Connect) -> dict[str, Any]:
    return _describe_part(worker, worker.url, metrics=worker.metrics_url)


def _describe_aws(aws: Aws) -> dict[str, Any]:
    (host, port), (reader_host, reader_port) = aws.endpoint, aws.reader
    described = _describe_part(
        aws,
        aws.url,
        writer=aws.writer,
        cluster_endpoint=f"{host}:{port}",
        reader_endpoint=f"{reader_host}:{reader_port}",
    )
    if described["reachable"]:
        status = aws.status()
        described |= {"emulator": status["emulator"], "added": status["added"]}
    return described


def _shop_to_kafka(primary: Server, kafka: Broker) -> dict[str, str]:
    return debezium_config(primary, kafka.bootstrap, CONNECTOR, WORKLOAD_DATABASE, server_id=CONNECTOR_SERVER_ID)


def _shop_to_files(primary: Server, worker: Worker) -> dict[str, str]:
    return jsonl_config(primary, CONNECTOR, WORKLOAD_DATABASE, worker.events, server_id=WORKER_SERVER_ID)


def _write_private_json(file: Path, config: dict[str, str]) -> None:
    write_private(file, json.dumps(config, indent=1) + "\n")


def _words(part: dict[str, Any]) -> str:
    state = "reachable" if part["reachable"] else "not reachable" if part["running"] else "stopped"
    version = f", MySQL {part['version']}" if "version" in part else ""
    emulator = f", {part['emulator']}; cluster lab: {part['cluster_endpoint']}" if "emulator" in part else ""
    return f"{part['role']:12} {part['address']} {state}{version}{emulator}"


def _workload_words(state: background.State) -> str:
    did = state.progress
    how = "runs" if state.running else "stopped" + (f": {state.error}" if state.error else "")
    return f"{how} at {state.rate:g}/s, seed {state.seed}: {did.transactions} transactions, {did.ddl} DDL"


def _answer(result: object, words: str, *, as_json: bool) -> None:
    click.echo(json.dumps(result) if as_json else words)
