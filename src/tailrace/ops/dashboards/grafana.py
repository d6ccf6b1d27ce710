"""Dashboards as Grafana imports them, made with Grafana's own library (the extra `dashboards`)."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any, Final

from tailrace.errors import ConfigError
from tailrace.ops.dashboards.panel import Dashboard, Kind, Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALL: Final = ".*"
_CONNECTED: Final = "debezium_metrics_Connected"
VARIABLES: Final = (
    ("job", "Job", f"label_values({_CONNECTED}, job)"),
    ("instance", "Worker", f'label_values({_CONNECTED}{{job=~"$job"}}, instance)'),
    ("name", "Connector", f'label_values({_CONNECTED}{{job=~"$job", instance=~"$instance"}}, name)'),
)
_YES: Final = True
_WIDTH, _HEIGHT, _STAT_WIDTH, _STAT_HEIGHT = 8, 8, 4, 4
_GRID: Final = 24


def as_json(dashboard: Dashboard) -> str:
    """The file. Raises ConfigError where Grafana's library is not installed."""
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        raise ConfigError(
            "dashboards are made with grafana-foundation-sdk, which is not installed",
            hint="pip install 'tailrace[dashboards]', or take the files in deploy/grafana of the source",
        )
    from grafana_foundation_sdk.cog.encoder import JSONEncoder  # noqa: PLC0415 - an extra that need not be there

    made = json.loads(JSONEncoder().encode(_build(dashboard)))
    for panel in made["panels"]:
        # The library writes options that nobody has set as null, which is no set of options.
        if panel.get("options", {}) is None:
            del panel["options"]
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def _build(dashboard: Dashboard) -> Any:
    from grafana_foundation_sdk.builders import dashboard as g  # noqa: PLC0415 - an extra
    from grafana_foundation_sdk.models.dashboard import VariableRefresh, VariableSort  # noqa: PLC0415 - an extra

    made = (
        g.Dashboard(dashboard.title)
        .uid(dashboard.uid)
        .description(dashboard.doc)
        .tags(["mysql", "cdc", "debezium", "tailrace"])
        .readonly()
        .refresh("10s")
        .time("now-1h", "now")
        .timezone("browser")
        .with_variable(g.DatasourceVariable("datasource").label("Data source").type("prometheus"))
    )
    for name, label, query in VARIABLES:
        variable = g.QueryVariable(name).label(label).datasource(_datasource()).query(query)
        variable = variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).all_value(_ALL)
        variable = variable.sort(VariableSort.ALPHABETICAL_ASC)
        made = made.with_variable(variable.multi(_YES).include_all(_YES))
    number, top = 1, 0
    for row in dashboard.rows:
        made = made.with_row(g.Row(row.title).grid_pos(_place(0, top, _GRID, 1)).id(number))
        number, top = number + 1, top + 1
        for panel, place in zip(row.panels, _places(row.panels, top), strict=True):
            made = made.with_panel(_panel(panel).id(number).grid_pos(place))
            number, top = number + 1, max(top, place.y + place.h)
    return made.build()


def _places(panels: Sequence[Panel], top: int) -> list[Any]:
    """From left to right, in lines as high as their highest."""
    places, left, height = [], 0, 0
    for panel in panels:
        width, tall = (_STAT_WIDTH, _STAT_HEIGHT) if panel.kind is Kind.STAT else (_WIDTH, _HEIGHT)
        if left + width > _GRID:
            left, top, height = 0, top + height, 0
        places.append(_place(left, top, width, tall))
        left, height = left + width, max(height, tall)
    return places


def _place(left: int, top: int, width: int, height: int) -> Any:
    from grafana_foundation_sdk.models.dashboard import GridPos  # noqa: PLC0415 - an extra

    return GridPos(h=height, w=width, x=left, y=top)


def _datasource() -> Any:
    from grafana_foundation_sdk.models.dashboard import DataSourceRef  # noqa: PLC0415 - an extra

    return DataSourceRef(type_val="prometheus", uid="${datasource}")


def _panel(panel: Panel) -> Any:
    from grafana_foundation_sdk.builders import (  # noqa: PLC0415 - an extra
        prometheus,
        stat,
        table,
        timeseries,
    )
    from grafana_foundation_sdk.models.prometheus import PromQueryFormat  # noqa: PLC0415 - an extra

    kinds: dict[Kind, Any] = {Kind.STAT: stat.Panel, Kind.TIMES: timeseries.Panel, Kind.TABLE: table.Panel}
    made = kinds[panel.kind]().title(panel.title).description(panel.doc).datasource(_datasource()).unit(panel.unit)
    if panel.steps:
        made = made.thresholds(_thresholds(panel.steps))
    if panel.words:
        made = made.mappings([_mapping(panel.words)])
    for number, query in enumerate(panel.queries):
        target = prometheus.Dataquery().expr(query.expression).legend_format(query.legend).ref_id("ABCDEFGH"[number])
        if panel.kind is not Kind.TIMES:
            target = target.instant()
        if panel.kind is Kind.TABLE:
            target = target.format(PromQueryFormat.TABLE)
        made = made.with_target(target.datasource(_datasource()))
    return made


def _thresholds(steps: Sequence[tuple[float | None, str]]) -> Any:
    from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig  # noqa: PLC0415 - an extra
    from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode  # noqa: PLC0415 - an extra

    made = [Threshold(value=value, color=color) for value, color in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def _mapping(words: Sequence[tuple[float, str, str]]) -> Any:
    from grafana_foundation_sdk.models.dashboard import ValueMap, ValueMappingResult  # noqa: PLC0415 - an extra

    return ValueMap(
        options={
            f"{value:g}": ValueMappingResult(text=word, color=color, index=index)
            for index, (value, word, color) in enumerate(words)
        }
    )
