"""What there is to say of each part of the lab, for a program and for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailrace.lab import Server
    from tailrace.lab.aws import Aws
    from tailrace.lab.connect import Connect
    from tailrace.lab.pair import Part, Running
    from tailrace.lab.worker import Worker


def describe(parts: Running) -> dict[str, dict[str, Any] | None]:
    """Each part by its name; None: the lab has it not."""
    endpoint = parts.endpoint
    return {
        "primary": _server(parts.primary),
        "replica": _server(parts.replica),
        "endpoint": _part(endpoint, endpoint.address, leads_to=endpoint.settings.target) if endpoint else None,
        "worker": _engine(parts.worker) if parts.worker else None,
        "kafka": _part(parts.kafka, parts.kafka.bootstrap) if parts.kafka else None,
        "connect": _engine(parts.connect) if parts.connect else None,
        "prometheus": _part(parts.prometheus, parts.prometheus.url) if parts.prometheus else None,
        "alertmanager": _part(parts.alertmanager, parts.alertmanager.url) if parts.alertmanager else None,
        "distant": _server(parts.distant) if parts.distant else None,
        "follower": _server(parts.follower) if parts.follower else None,
        "aws": _aws(parts.aws) if parts.aws else None,
    }


def _server(server: Server) -> dict[str, Any]:
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


def _part(part: Part, address: str, **more: object) -> dict[str, Any]:
    return {
        "role": part.folder.name,
        "running": part.process.pid is not None,
        "reachable": part.is_reachable(),
        "pid": part.process.pid,
        "address": address,
        "dir": str(part.folder),
        **more,
    }


def _engine(worker: Worker | Connect) -> dict[str, Any]:
    return _part(worker, worker.url, metrics=worker.metrics_url)


def _aws(aws: Aws) -> dict[str, Any]:
    (host, port), (reader_host, reader_port) = aws.endpoint, aws.reader
    described = _part(
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


def line(part: dict[str, Any]) -> str:
    """Of one that was described."""
    state = "reachable" if part["reachable"] else "not reachable" if part["running"] else "stopped"
    version = f", MySQL {part['version']}" if "version" in part else ""
    emulator = f", {part['emulator']}; cluster lab: {part['cluster_endpoint']}" if "emulator" in part else ""
    return f"{part['role']:12} {part['address']} {state}{version}{emulator}"
