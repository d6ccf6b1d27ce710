"""`tailrace dashboard`: dashboards for Grafana, and whether they show something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tailrace.cli.access import prometheus_options

if TYPE_CHECKING:
    from tailrace.ops.dashboards.watch import Shown
    from tailrace.ops.prometheus import Prometheus

NAMES = ("debezium-mysql", "fleet")
FEW = 3
"""Values of a query that a line has room for."""


@click.group(epilog="Example: tailrace dashboard export debezium-mysql > debezium-mysql.json")
def dashboard() -> None:
    """Dashboards for Grafana: about connectors of Tailrace, and of Debezium behind the JMX exporter.

    Exit codes: 0 fine, 1 a problem found, 2 wrong usage, 3 Prometheus was not reached.
    """


@dashboard.command(epilog="Example: tailrace dashboard export fleet > fleet.json")
@click.argument("name", type=click.Choice(NAMES))
@click.option("--json", "as_json", is_flag=True, help="Errors as JSON; a dashboard always is.")
def export(name: str, *, as_json: bool) -> None:
    """Write a dashboard to standard output, to be imported into Grafana."""
    from tailrace.ops.dashboards import DASHBOARDS
    from tailrace.ops.dashboards.grafana import as_json as text

    del as_json
    click.echo(text(DASHBOARDS[name]), nl=False)


@dashboard.command(epilog="Example: tailrace dashboard check --prometheus http://127.0.0.1:9090 --connector shop")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(NAMES))
@click.option("--job", metavar="REGEX", default=".*", show_default=True, help="Scrape jobs to look at.")
@click.option("--connector", metavar="REGEX", default=".*", show_default=True, help="Connectors, by topic.prefix.")
@prometheus_options
def check(names: tuple[str, ...], job: str, connector: str, prometheus: Prometheus, *, as_json: bool) -> None:
    """Run every query of the dashboards: does each return something, and what now?

    Exits 1 where one returns nothing that should. Queries of figures that only Tailrace has need not return anything
    where there is no Tailrace.
    """
    from tailrace.cli.show import columns, document, table
    from tailrace.ops.dashboards import DASHBOARDS
    from tailrace.ops.dashboards.watch import Choice
    from tailrace.ops.dashboards.watch import check as look

    choice = Choice(job=job, name=connector)
    found = [(name, one) for name in names or NAMES for one in look(DASHBOARDS[name], prometheus, choice)]
    if as_json:
        document([_shown(name, one) for name, one in found])
    else:
        heads = ("DASHBOARD", "ROW", "PANEL", ">SERIES", "NOW")
        table(columns(heads, [(n, s.row, s.panel.title, str(s.series), _word(s)) for n, s in found]))
    if any(one.problem for _, one in found):
        raise SystemExit(1)


def _word(shown: Shown) -> str:
    if not shown.series:
        return "nothing" if shown.problem else "nothing, which may be"
    values = " ".join(shown.panel.shown(each.value) for each in shown.found[:FEW])
    return f"{values} …" if shown.series > FEW else values


def _shown(name: str, shown: Shown) -> dict[str, object]:
    return {
        "dashboard": name,
        "row": shown.row,
        "panel": shown.panel.title,
        "query": shown.query.expression,
        "series": shown.series,
        "values": [{"labels": dict(each.labels), "value": each.value} for each in shown.found],
        "problem": shown.problem,
    }
