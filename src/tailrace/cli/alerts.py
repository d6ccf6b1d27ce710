"""`tailrace alerts`: rules for Prometheus, alarms for CloudWatch, whether they watch, and what each means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tailrace.cli.access import prometheus_options
from tailrace.cli.cloudwatch import namespace_options

if TYPE_CHECKING:
    from rich.table import Table

    from tailrace.ops.alerts.watch import Verdict
    from tailrace.ops.prometheus import Prometheus


CLOUDWATCH = ("cloudwatch-cli", "cloudwatch-json", "terraform")


@click.group(epilog="Example: tailrace alerts export > /etc/prometheus/rules/tailrace.yml")
def alerts() -> None:
    """Alerts about connectors of Tailrace, and of Debezium behind the JMX exporter: for Prometheus, and for CloudWatch.

    Exit codes: 0 fine, 1 a problem found, 2 wrong usage, 3 Prometheus was not reached.
    """


@alerts.command(epilog="Example: tailrace alerts export --threshold lag=30s --threshold lag.for=3m")
@click.option("--threshold", "given", multiple=True, metavar="NAME=VALUE", help="Another figure; repeatable.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["prometheus", "alertmanager", "json", *CLOUDWATCH]),
    default="prometheus",
    show_default=True,
    help="A rule file, a configuration of Alertmanager in which the graver alert silences the lesser, the table; alarms"
    " of CloudWatch as commands of the AWS CLI, as JSON for PutMetricAlarm, or as Terraform.",
)
@click.option("--runbooks", metavar="URL", help="Where the page of runbooks is; an alert's anchor is added to it.")
@click.option("--webhook", metavar="URL", default="", help="With --format alertmanager: who is told.")
@click.option("--connector", "connectors", multiple=True, metavar="NAME", help="CloudWatch: one to watch; repeatable.")
@click.option(
    "--aurora",
    "clusters",
    multiple=True,
    metavar="CLUSTER",
    help="CloudWatch: one that is a binlog replica; repeatable.",
)
@click.option("--topic", "topics", multiple=True, metavar="ARN", help="CloudWatch: of SNS, who is told; repeatable.")
@namespace_options
@click.option("--json", "as_json", is_flag=True, help="As --format json.")
def export(  # noqa: PLR0917 - click names them
    given: tuple[str, ...],
    form: str,
    runbooks: str | None,
    webhook: str,
    connectors: tuple[str, ...],
    clusters: tuple[str, ...],
    topics: tuple[str, ...],
    namespace: str,
    dimensions: dict[str, str],
    *,
    as_json: bool,
) -> None:
    """Write the rules to standard output. `tailrace alerts thresholds` lists what can be given another figure.

    Alarms of CloudWatch watch what `tailrace lag publish` publishes, under the same --namespace and --dimension, and
    AuroraBinlogReplicaLag of clusters.
    """
    from tailrace.cli.show import document
    from tailrace.ops.alerts import cloudwatch
    from tailrace.ops.alerts.rules import RUNBOOKS, alertmanager_config, prometheus_rules
    from tailrace.ops.alerts.rules import as_json as table
    from tailrace.ops.alerts.threshold import read_thresholds

    figures = read_thresholds(given)
    where = RUNBOOKS if runbooks is None else runbooks if runbooks.endswith(("#", "/")) else f"{runbooks}#"
    if form in CLOUDWATCH:
        watched = cloudwatch.Watched(connectors, clusters, topics, namespace, dimensions)
        write = {
            "cloudwatch-cli": cloudwatch.as_commands,
            "cloudwatch-json": cloudwatch.as_json,
            "terraform": cloudwatch.as_terraform,
        }[form]
        click.echo(write(cloudwatch.alarms(watched, figures, where)), nl=False)
    elif as_json or form == "json":
        document(table(figures, where))
    elif form == "alertmanager":
        click.echo(alertmanager_config(webhook), nl=False)
    else:
        click.echo(prometheus_rules(figures, runbooks=where, given=given), nl=False)


@alerts.command(epilog="Example: tailrace alerts thresholds")
@click.option("--json", "as_json", is_flag=True, help="As one JSON document.")
def thresholds(*, as_json: bool) -> None:
    """Every figure that --threshold can change, and what it is if nothing is said."""
    from tailrace.cli.show import columns, document, table
    from tailrace.ops.alerts.threshold import THRESHOLDS

    if as_json:
        document([{"name": t.name, "kind": t.kind.value, "default": t.default, "doc": t.doc} for t in THRESHOLDS])
        return
    table(columns(("THRESHOLD", "DEFAULT", ""), [(t.name, t.default, t.doc) for t in THRESHOLDS]))


@alerts.command(epilog="Example: tailrace alerts check --prometheus http://127.0.0.1:9090")
@prometheus_options
def check(prometheus: Prometheus, *, as_json: bool) -> None:
    """Are the rules loaded, is there what they look at, and does one fire now?

    Exits 1 where a rule is missing or broken, is blind, or fires.
    """
    from tailrace.cli.show import document, table
    from tailrace.ops.alerts.watch import judge, look

    verdicts = judge(look(prometheus))
    if as_json:
        document([_verdict(verdict) for verdict in verdicts])
    else:
        table(_verdicts(verdicts))
        for verdict in verdicts:
            for found in verdict.active:
                click.echo(f"{found.state}: {found.name}: {found.annotations.get('summary', '')} (since {found.since})")
        if any(verdict.firing for verdict in verdicts):
            click.echo("what to do: tailrace alerts explain NAME")
    if any(verdict.problem for verdict in verdicts):
        raise SystemExit(1)


@alerts.command(epilog="Example: tailrace alerts explain CdcLagHigh")
@click.argument("name", shell_complete=lambda *_: _names())
@click.option("--json", "as_json", is_flag=True, help="As one JSON document.")
def explain(name: str, *, as_json: bool) -> None:
    """What it means that an alert fires, and what to do then."""
    from tailrace.cli.show import document
    from tailrace.ops.alerts.rules import RUNBOOKS
    from tailrace.ops.alerts.rules import as_json as table
    from tailrace.ops.alerts.runbook import watches
    from tailrace.ops.alerts.table import find
    from tailrace.ops.alerts.threshold import read_thresholds

    alert, figures = find(name), read_thresholds()
    if as_json:
        document(next(entry for entry in table(figures, RUNBOOKS) if entry["name"] == alert.name))
        return
    click.echo(f"{alert.name}: {alert.severity}, after {alert.lasts(figures)}; watches {watches(alert)}\n")
    click.echo(f"{alert.meaning}\n")
    for number, step in enumerate(alert.steps, 1):
        click.echo(f"{number}. {step}")
    if alert.silent:
        click.echo(f"\nSilent: {alert.silent}")
    click.echo(f"\n{alert.expression(figures)}")
    click.echo(f"\nthresholds: {', '.join(alert.thresholds())}")


def _names() -> list[str]:
    from tailrace.ops.alerts.table import ALERTS

    return [alert.name for alert in ALERTS]


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "alert": verdict.alert.name,
        "severity": verdict.alert.severity.value,
        "loaded": verdict.loaded,
        "error": verdict.error,
        "sees": [engine.value for engine in verdict.sees],
        "problem": verdict.problem,
        "active": [{"state": one.state, "labels": dict(one.labels), "since": one.since} for one in verdict.active],
    }


def _verdicts(verdicts: list[Verdict]) -> Table:
    from rich.text import Text

    from tailrace.cli.show import columns

    def state(verdict: Verdict) -> Text:
        if not verdict.loaded:
            return Text("not loaded", "bold red")
        if verdict.error:
            return Text(f"broken: {verdict.error}", "bold red")
        if verdict.firing:
            return Text("firing", "bold red")
        if verdict.active:
            return Text("pending", "yellow")
        if verdict.blind:
            return Text("blind: no series" + (" (none needed)" if verdict.optional else ""), "yellow")
        return Text("quiet", "green")

    return columns(
        ("ALERT", "SEVERITY", "LOOKS AT", "STATE"),
        [(v.alert.name, v.alert.severity.value, ", ".join(v.sees) or "-", state(v)) for v in verdicts],
    )
