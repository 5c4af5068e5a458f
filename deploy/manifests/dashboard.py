"""The Grafana dashboard, built from `dashboard.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model
from pydantic import Field

from deploy.manifests.plan import Data

DASHBOARD_FILE = Path(__file__).with_name("dashboard.yaml")
DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
CONSUMERS = "label_values(bus_consumer_stopped, consumer)"
FULL_WIDTH = 24


class Title(Data):
    """A text in Vietnamese and in English."""

    vi: str
    en: str

    def __str__(self) -> str:
        return self.vi if self.vi == self.en else f"{self.vi} · {self.en}"


class Panel(Data):
    """One graph, or one number where `total`."""

    title: Title
    tells: str
    unit: str
    queries: Mapping[str, str] = Field(min_length=1)
    total: bool = False


class Row(Data):
    """Panels side by side under one heading."""

    row: Title
    panels: tuple[Panel, ...]


def rows() -> tuple[Row, ...]:
    return tuple(Row.model_validate(row) for row in yaml.safe_load(DASHBOARD_FILE.read_text(encoding="utf-8")))


def dashboard_json() -> str:
    """The dashboard as Grafana reads it; the same data gives the same bytes."""
    board = (
        dashboard.Dashboard("Liên thông")
        .uid("lienthong")
        .tags(["lienthong"])
        .refresh("30s")
        .time("now-3h", "now")
        .timezone("Asia/Ho_Chi_Minh")
        .readonly()
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(_consumers())
    )
    for row in rows():
        board = board.with_row(dashboard.Row(str(row.row)))
        for panel in row.panels:
            board = board.with_panel(_panel(panel, FULL_WIDTH // min(len(row.panels), 3)))
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(board.build()) + "\n"


def _consumers() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("consumer")
        .label("Consumer")
        .query(CONSUMERS)
        .datasource(DATASOURCE)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)  # noqa: FBT003  # the builder takes it so
        .include_all(True)  # noqa: FBT003
        .all_value(".*")
    )


def _panel(panel: Panel, span: int) -> stat.Panel | timeseries.Panel:
    builder = stat.Panel() if panel.total else timeseries.Panel().min(0)
    built = (
        builder.title(str(panel.title))
        .description(panel.tells)
        .datasource(DATASOURCE)
        .unit(panel.unit)
        .span(span)
        .height(7)
    )
    for reference, (legend, expression) in zip("ABCDEF", panel.queries.items(), strict=False):
        query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(reference).datasource(DATASOURCE)
        built = built.with_target(query)
    return built
