"""`tailrace lag publish`: connectors' lag into CloudWatch."""

from __future__ import annotations

import datetime as dt
import json
import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tailrace.cli import quantity
from tailrace.cli.access import complete_connector, worker_options
from tailrace.cli.cloudwatch import namespace_options
from tailrace.cli.lag_look import first, judged, look_options, looking
from tailrace.errors import AwsError, ConfigError, SourceError, WorkerError, WorkerUnreachable
from tailrace.ops.aws import cloudwatch
from tailrace.ops.aws.client import Aws
from tailrace.ops.lag.cloudwatch import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailrace.ops.aws.cloudwatch import Datum
    from tailrace.ops.connect import Connect
    from tailrace.ops.lag.facts import Facts
    from tailrace.ops.lag.read import Reader

LEAST = 1.0
"""CloudWatch keeps nothing finer than a second."""


@click.command(epilog="Example: AWS_PROFILE=prod tailrace lag publish shop --source 'mysql://ops:${env:PW}@db:3306'")
@click.argument("names", metavar="[CONNECTOR]...", nargs=-1, shell_complete=complete_connector)
@look_options
@click.option("--every", type=quantity.duration, default="60s", show_default=True, help="Between two looks.")
@click.option("--once", is_flag=True, help="One look, and no more.")
@namespace_options
@worker_options
def publish(  # noqa: PLR0917 - click names them
    names: tuple[str, ...],
    metrics: str | None,
    dsn: str | None,
    every: float,
    namespace: str,
    dimensions: dict[str, str],
    connect: Connect,
    *,
    once: bool,
    as_json: bool,
) -> None:
    """Publish the lag of connectors (all that there are, without a CONNECTOR) to CloudWatch, hop by hop, until Ctrl-C.

    Account and region are those of AWS's usual settings (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, a role of the
    machine); it takes cloudwatch:PutMetricData. What is not known is not published, and while it does not get through
    it says so and tries again at the next look: have alarms treat missing data as breaching (tailrace alerts export
    --format cloudwatch-cli). Needs the extra aws.

    Exit codes: 0 fine, 1 AWS refuses (with --once), 2 wrong usage or configuration, 3 worker or AWS not reached.
    """
    if every < LEAST:
        raise ConfigError(f"--every {every:g}s is too often: CloudWatch keeps nothing finer than a second")
    aws = Aws()
    with suppress(KeyboardInterrupt), looking(names, connect, metrics, dsn) as readers:
        before: list[Facts | None] = list(first(readers))
        while True:
            try:
                data = look(readers, before, dimensions)
                cloudwatch.publish(aws, namespace, data, dt.datetime.now(dt.UTC))
                _say(data, namespace, as_json=as_json)
            except (AwsError, WorkerError, SourceError) as error:
                if once:
                    raise
                click.echo(f"{time.strftime('%H:%M:%S')}  not published: {error}", err=True)
            if once:
                return
            time.sleep(until_next(time.time(), every))


def until_next(now: float, every: float) -> float:
    """Seconds until the middle of the next period of so many: so each period has its datapoint, however long a look
    takes, and none is missing because of one that came a moment late.
    """
    return every - (now - every / 2) % every


def look(readers: list[Reader], before: list[Facts | None], dimensions: Mapping[str, str]) -> list[Datum]:
    """`before` is then what was seen now. A connector that is gone keeps no other from being published."""
    data: list[Datum] = []
    for place, reader in enumerate(readers):
        try:
            now = reader.read()
        except WorkerUnreachable:
            raise
        except WorkerError as error:
            click.echo(f"{time.strftime('%H:%M:%S')}  {error}", err=True)
            continue
        data += figures(judged(now, before[place]), now, dimensions)
        before[place] = now
    return data


def _say(data: list[Datum], namespace: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(each) for each in data], ensure_ascii=False))
        return
    lags = [
        f"{each.dimensions['Connector']} {each.value:g} s"
        for each in data
        if each.name == "Lag" and "Hop" not in each.dimensions
    ]
    what = f"{len(data)} figures to {namespace}"
    click.echo("  ".join([time.strftime("%H:%M:%S"), what, *([f"lag: {', '.join(lags)}"] if lags else [])]))
