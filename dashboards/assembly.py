"""From a board to Grafana's JSON (dashboard schema v1), in one language."""

import json
import re
import warnings
from collections.abc import Callable
from typing import Any

from dashboards.level import HEIGHTS, LEVELS, NOTHING, UNKNOWN
from dashboards.spec import Board, Column, Kind, Metric, Panel, Sql, Step, Variable, Words

with warnings.catch_warnings():
    # the library points to the schema of Grafana 12 and later; schema v1 is read by 11, 12 and 13
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import (
        bargauge,
        dashboard,
        nodegraph,
        stat,
        statetimeline,
        table,
        text,
        timeseries,
    )
    from grafana_foundation_sdk.builders import common as common_builders
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.variants import Dataquery
    from grafana_foundation_sdk.models import common
    from grafana_foundation_sdk.models import dashboard as models

POSTGRES = "grafana-postgresql-datasource"
"""Id of the plugin since Grafana 10; its older name, an alias, leaves parts of 12 and 13 unwired."""
DATABASE = common.DataSourceRef(type_val=POSTGRES, uid="lianjing-database")
PROMETHEUS = common.DataSourceRef(type_val="prometheus", uid="lianjing-prometheus")
LANGUAGES = ("zh", "en")
_NAMED = re.compile(r"\[\[([^|\]]*)\|([^\]]*)\]\]")
_BUILDERS: dict[Kind, Callable[[], Any]] = {
    Kind.STAT: stat.Panel,
    Kind.TABLE: table.Panel,
    Kind.SERIES: timeseries.Panel,
    Kind.STATES: statetimeline.Panel,
    Kind.GRAPH: nodegraph.Panel,
    Kind.BARS: bargauge.Panel,
    Kind.TEXT: text.Panel,
}
_PLAIN_UNITS = {"h": Words("suffix:小时", "suffix:h"), "d": Words("suffix:天", "suffix:d")}
"""Grafana's own units of time turn 55 h into 2.29 days and 12 d into 1.71 weeks."""
_ABOUT_TEXT = {Kind.TEXT, Kind.GRAPH}


def document(board: Board, language: str) -> str:
    """The JSON of a board in ``zh`` or ``en``, with a line feed at the end; the same board gives the same text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made = dashboard.Dashboard(board.title.of(language))
    made.uid(uid_of(board, language)).description(board.description.of(language)).tags(["lianjing", language])
    made.time(board.since, board.until).timezone("Asia/Shanghai").refresh(board.refresh).readonly()
    made.tooltip(models.DashboardCursorSync.CROSSHAIR)
    for variable in board.variables:
        made.with_variable(_variable(variable, language))
    made.links([_home(language)])
    if not board.is_drill and any(variable.name == "lane" for variable in board.variables):
        made.annotations([_warnings(language), _drills(language)])
    for number, panel in enumerate(board.panels, start=1):
        made.with_panel(_panel(panel, number, language))
    content = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    for each in (*content["links"], *content.get("annotations", {}).get("list", [])):
        each.pop("placement", None)  # a menu that 11 does not have
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def uid_of(board: Board, language: str) -> str:
    """Identifier of a board in a language; the Chinese one is the plain one, which alerts name."""
    return board.uid if language == "zh" else f"{board.uid}-{language}"


def in_language(sql: str, language: str) -> str:
    """A question with its column names in a language.

    >>> in_language('SELECT level AS "[[等级|level]]"', "en")
    'SELECT level AS "level"'
    """
    return _NAMED.sub(lambda found: found.group(1 if language == "zh" else 2), sql)


class _Query(Builder[Dataquery], Dataquery):
    """A target of a panel, which the library has no builder for."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content

    def build(self) -> Dataquery:
        return self

    def to_json(self) -> dict[str, Any]:
        return self._content


def _panel(panel: Panel, number: int, language: str) -> Any:
    made = _BUILDERS[panel.kind]()
    made.id(number).title(panel.title.of(language)).description(panel.description.of(language))
    made.grid_pos(models.GridPos(h=panel.place.h, w=panel.place.w, x=panel.place.x, y=panel.place.y))
    if panel.kind is Kind.TEXT:
        return made.mode("markdown").content(panel.text.of(language) if panel.text is not None else "")
    first = panel.asks[0]
    made.datasource(DATABASE if isinstance(first, Sql) else PROMETHEUS)
    for place, ask in enumerate(panel.asks):
        made.with_target(_query(ask, chr(ord("A") + place), language))
    if panel.kind in _ABOUT_TEXT:
        return made
    made.unit(_unit(panel.unit, language)).thresholds(_thresholds(panel.steps))
    made.no_value((NOTHING if panel.kind is Kind.TABLE else UNKNOWN).of(language))
    if panel.decimals is not None:
        made.decimals(panel.decimals)
    made.mappings(
        _level_mappings(language, by_height=panel.kind is Kind.STATES) if panel.is_level else [_null(language)]
    )
    for column in panel.columns:
        made.override_by_name(column.name.of(language), _properties(column, language))
    return _dressed(made, panel)


def _dressed(made: Any, panel: Panel) -> Any:
    if panel.kind is Kind.STAT:
        options = common_builders.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
        if panel.is_level or panel.is_words:
            options = options.fields("/.*/")
        made.reduce_options(options).color_mode(
            common.BigValueColorMode.BACKGROUND if panel.is_level else common.BigValueColorMode.VALUE
        )
        made.graph_mode(common.BigValueGraphMode.NONE)
    if panel.kind is Kind.SERIES:
        made.line_width(2).fill_opacity(8).show_points(common.VisibilityMode.AUTO)
        if isinstance(panel.asks[0], Sql):
            made.span_nulls(panel.joins_h * 3_600_000)
        made.legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        if panel.has_steps_drawn:
            made.thresholds_style(
                common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
            )
    if panel.kind is Kind.STATES:
        made.span_nulls(True)  # a state holds until the next is told; what is unknown is a state of its own
    if panel.kind is Kind.TABLE:
        made.show_header(True).cell_height(common.TableCellHeight.SM)
    return made


def _query(ask: Sql | Metric, ref: str, language: str) -> _Query:
    if isinstance(ask, Sql):
        return _Query(
            {
                "refId": ref,
                "datasource": {"type": POSTGRES, "uid": DATABASE.uid},
                "editorMode": "code",
                "format": "time_series" if ask.is_series else "table",
                "rawQuery": True,
                "rawSql": in_language(ask.text, language),
            }
        )
    return _Query(
        {
            "refId": ref,
            "datasource": {"type": "prometheus", "uid": PROMETHEUS.uid},
            "editorMode": "code",
            "expr": ask.expr,
            "legendFormat": ask.legend or "__auto",
            "instant": ask.is_instant,
            "range": not ask.is_instant,
        }
    )


def _variable(variable: Variable, language: str) -> Any:
    return (
        dashboard.QueryVariable(variable.name)
        .label(variable.label.of(language))
        .query(in_language(variable.query, language))
        .datasource(DATABASE)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(False)
        .include_all(False)
    )


def _home(language: str) -> Any:
    return (
        dashboard.DashboardLink("看板 Boards" if language == "zh" else "Boards")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags(["lianjing", language])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _warnings(language: str) -> Any:
    """Openings and rises of warnings of the lane, drawn over every graph."""
    words = "headline_zh" if language == "zh" else "headline_en"
    sql = (
        f"SELECT as_of AS time, {words} AS text, level || ',' || state AS tags FROM v_alert_step "  # noqa: S608  # constants of ours
        "WHERE lane = ${lane:sqlstring} AND state IN ('opened', 'worsened') AND $__timeFilter(as_of) ORDER BY as_of"
    )
    return _annotation("预警" if language == "zh" else "warnings", "#f07d00", sql)


def _drills(language: str) -> Any:
    """When drills of the chain ran, drawn over the graphs of the live lane, and called so."""
    word = "【演练】" if language == "zh" else "EXERCISE "
    sql = (
        f"SELECT d.opened_at AS time, d.closed_at AS timeend, '{word}' || d.lane AS text, 'drill' AS tags "  # noqa: S608  # constants of ours
        "FROM v_lane d JOIN v_lane l USING (chain) WHERE l.lane = ${lane:sqlstring} AND l.kind = 'live' AND d.kind = 'drill' "
        "AND $__timeFilter(d.opened_at) ORDER BY d.opened_at"
    )
    return _annotation("演练" if language == "zh" else "drills", "#5a2d82", sql)


def _annotation(name: str, colour: str, sql: str) -> Any:
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(DATABASE)
        .enable(True)
        .icon_color(colour)
        .target(_Query({"refId": "Anno", "format": "table", "editorMode": "code", "rawQuery": True, "rawSql": sql}))
    )


def _thresholds(steps: tuple[Step, ...]) -> Any:
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=s.value, color=s.colour) for s in steps])
    )


def _unit(unit: str, language: str) -> str:
    return _PLAIN_UNITS[unit].of(language) if unit in _PLAIN_UNITS else unit


def _level_mappings(language: str, *, by_height: bool = False) -> list[Any]:
    options = {
        str(HEIGHTS[name]) if by_height else name: models.ValueMappingResult(
            text=words.of(language), color=colour, index=i
        )
        for i, (name, words, colour) in enumerate(LEVELS)
    }
    return [models.ValueMap(options=options), _null(language)]


def _null(language: str) -> Any:
    """What is missing is unknown."""
    result = models.ValueMappingResult(text=UNKNOWN.of(language), color="#8b96a0", index=len(LEVELS))
    return models.SpecialValueMap(
        options=models.DashboardSpecialValueMapOptions(match=models.SpecialValueMatch.NULL_AND_NAN, result=result)
    )


def _properties(column: Column, language: str) -> list[Any]:
    found: list[tuple[str, Any]] = []
    if column.unit:
        found.append(("unit", _unit(column.unit, language)))
    if column.decimals is not None:
        found.append(("decimals", column.decimals))
    if column.width:
        found.append(("custom.width", column.width))
    if column.is_hidden:
        found += [
            ("custom.hidden", True),
            ("custom.hideFrom.viz", True),
        ]  # the name before Grafana 12, and its name since
    if column.is_level:
        found.append(("mappings", [m.to_json() for m in _level_mappings(language)]))
        found.append(("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    if column.link:
        words = "打开" if language == "zh" else "open"
        url = column.link if language == "zh" else column.link.replace("?", "-en?", 1)
        found.append(("links", [{"title": words, "url": url, "targetBlank": False}]))
    if column.fill_below:
        found.append(("custom.fillBelowTo", column.fill_below.of(language)))
        found.append(("custom.lineWidth", 0))
    if column.is_dashed:
        found.append(("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}))
    return [models.DynamicConfigValue(id_val=name, value=value) for name, value in found]
