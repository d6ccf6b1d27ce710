"""All facts, each asked for once; nothing is changed anywhere."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tailrace.config import Password, SourceConfig, TableFilter
from tailrace.config.parse import parse_source
from tailrace.errors import ConfigError
from tailrace.ops.aws.client import Aws
from tailrace.ops.aws.rds import Cluster, read_cluster, read_global_of
from tailrace.ops.connect import Connect
from tailrace.ops.doctor.facts import Connector, Facts, Profile, Server
from tailrace.ops.doctor.read_connector import read_connector, read_kafka
from tailrace.ops.doctor.read_server import read_server
from tailrace.ops.doctor.read_tables import read_tables
from tailrace.ops.dsn import PASSWORD
from tailrace.ops.secrets import MASK


def gather(
    source: SourceConfig | None,
    *,
    replicas: Sequence[SourceConfig] = (),
    connect: Connect | None = None,
    connector: str | None = None,
    profile: Profile | None = None,
    aurora: str = "",
) -> Facts:
    """`source` None: the connector's own; `profile` None: as the server looks; `aurora`: a cluster that AWS knows.

    Raises ConnectionLost or WorkerUnreachable where the source, a replica or the worker is away, AccessDenied where a
    login is refused, ConfigError where the connector does not say how to log in, WorkerError, AwsError.
    """
    asked, kafka, captured = None, None, TableFilter()
    clusters, global_name = _aurora(aurora) if aurora else ((), "")
    if connect is not None and connector is not None:
        asked = read_connector(connect, connector)
        kafka = read_kafka(asked, connect.topics(connector))
        source, captured = _source(asked, source)
    if source is None:
        raise ConfigError("which server?", hint="--source 'mysql://user:${env:NAME}@host:3306', or --connector NAME")
    # Whoever has less at any moment is asked first, so that what a later one lacks is really missing.
    followers = tuple(read_server(each) for each in replicas)
    server = read_server(source)
    return Facts(
        profile=profile or (Profile.AURORA if clusters else guess(server)),
        now=time.time(),
        source=server,
        tables=read_tables(source),
        captured=captured,
        replicas=followers,
        connector=asked,
        kafka=kafka,
        clusters=clusters,
        global_name=global_name,
    )


def _aurora(name: str) -> tuple[tuple[Cluster, ...], str]:
    aws = Aws()
    cluster = read_cluster(aws, name)
    return (cluster,), read_global_of(aws, cluster)


def _source(connector: Connector, given: SourceConfig | None) -> tuple[SourceConfig, TableFilter]:
    """How to log in as the connector does, unless another way is given; and what it captures."""
    config = dict(connector.config)
    if given is not None:
        # Only the filters are wanted of it; and it may name files and variables of the worker's machine.
        config = {name: value for name, value in config.items() if not name.startswith("database.ssl.")}
        config |= {"database.hostname": given.host, "database.user": given.user, "database.password": ""}
        return given, parse_source(config)[1]
    if config.get("database.password") == MASK:
        config["database.password"] = ""
        return _with_password(*parse_source(config), os.environ)
    try:
        return parse_source(config)
    except ConfigError as error:
        raise ConfigError(
            f"connector {connector.name}: {error.message}",
            hint="what it refers to is on the worker's machine: give the server by --source DSN too",
        ) from None


def _with_password(
    source: SourceConfig, captured: TableFilter, environment: Mapping[str, str]
) -> tuple[SourceConfig, TableFilter]:
    if PASSWORD not in environment:
        raise ConfigError(
            "the worker tells no password", hint=f"set {PASSWORD}, or give the server by --source DSN too"
        )
    return replace(source, password=Password(environment[PASSWORD])), captured


def guess(server: Server) -> Profile:
    """By what only Aurora, or only RDS, has."""
    if "aurora_version" in server.variables:
        return Profile.AURORA
    if server.variable("basedir").startswith("/rdsdbbin"):
        return Profile.RDS
    return Profile.SELF_MANAGED
