"""`tailrace lag retention`: how long binlogs must be kept for a snapshot."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from dataclasses import asdict

import click

from tailrace.cli import quantity
from tailrace.cli import show as shown
from tailrace.model.table import TableId
from tailrace.ops.dsn import parse_dsn
from tailrace.ops.lag.retention import Need, compute


@click.command(epilog="Example: tailrace lag retention --source 'mysql://ops@db' --table shop.orders --disk-free 200G")
@click.option(
    "--source",
    "dsn",
    metavar="DSN",
    envvar="TAILRACE_SOURCE",
    required=True,
    help="The server: mysql://user@host:port.",
)
@click.option(
    "--table", "named", multiple=True, required=True, metavar="DATABASE.TABLE", help="To be read; repeatable."
)
@click.option(
    "--rows-per-second", "speed", type=click.FloatRange(1), help="Of the snapshot; default: a sample is read."
)
@click.option("--write-rate", type=quantity.size, help="Bytes of binlog a second; default: measured.")
@click.option(
    "--measure", type=quantity.duration, default="5s", show_default=True, help="How long each measurement takes."
)
@click.option("--safety", type=click.FloatRange(1), default=2.0, show_default=True, help="Times as long as computed.")
@click.option("--disk-free", type=quantity.size, help="What binlogs may still take, to see whether it fits.")
@click.option("--json", "as_json", is_flag=True, help="The result, or the error, as one JSON document.")
def retention(  # noqa: PLR0917 - click names them
    dsn: str,
    named: tuple[str, ...],
    speed: float | None,
    write_rate: int | None,
    measure: float,
    safety: float,
    disk_free: int | None,
    *,
    as_json: bool,
) -> None:
    """How long binlogs must be kept for a snapshot of these tables, and whether the disk holds them.

    Rows are the server's estimate. A sample is read by one client of Python, slower than a snapshot of Tailrace and
    about as fast as one of Debezium. Exits 1 where binlogs are not kept long enough, or do not fit.
    """
    from tailrace.mysql.connection import connect
    from tailrace.mysql.extent import read_binlog_extent
    from tailrace.ops.lag import sample

    tables = [_table(name) for name in named]
    with closing(connect(parse_dsn(dsn))) as connection:
        rows = sample.rows(connection, tables)
        found = speed or sample.rows_per_second(connection, tables[0], measure)
        rate = float(write_rate) if write_rate is not None else sample.write_rate(connection, measure)
        keeps = read_binlog_extent(connection).expires_after
    need = Need(rows, found or 1.0, rate, keeps, safety, disk_free)
    wanted = compute(need)
    if as_json:
        shown.document({"need": asdict(need), "retention": asdict(wanted)})
    else:
        fits = {True: "fits", False: "does not fit", None: "unknown: give --disk-free"}[wanted.fits]
        has = "for ever" if keeps is None else shown.duration(keeps)
        lines = [
            ("rows", f"{rows:,}, as the server estimates"),
            ("speed", f"{found:,.0f} rows/s" if found else "the table is empty"),
            ("snapshot", shown.duration(wanted.snapshot)),
            ("binlog written", f"{shown.size(rate)}/s"),
            ("keep binlogs", f"{shown.duration(wanted.expire)} (the snapshot {safety:g} times, and an hour)"),
            ("kept now", f"{has}: {'enough' if wanted.enough else 'too short'}"),
            ("disk", f"{shown.size(wanted.bytes)} of binlog: {fits}"),
        ]
        shown.table(shown.pairs(lines))
        if not wanted.enough:
            click.echo(f"next: SET PERSIST binlog_expire_logs_seconds = {wanted.expire}")
    if not wanted.enough or wanted.fits is False:
        sys.exit(1)


def _table(name: str) -> TableId:
    if not re.fullmatch(r"[\w$-]+\.[\w$-]+", name):
        raise click.UsageError(f"name a table as database.table, not {name}")
    return TableId(*name.split("."))
