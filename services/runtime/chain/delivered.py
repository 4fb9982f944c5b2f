"""The layout of the delivered reference files (nodes.csv, edges.csv, recipes.csv with days of stock in nodes and recipes), read as it stands."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from services.runtime.chain import parsing
from services.runtime.chain.draft import Draft, Heading
from services.runtime.chain.problem import Place, Problem
from services.runtime.chain.tables import Columns, Row, read_table
from services.runtime.chain.vocabulary import KINDS, Behaviour

_NODES = Columns(
    (
        *("id", "name_en", "name_zh", "kind", "product", "capacity", "unit"),
        *("stock_days_normal", "stock_days_min", "lat", "lon", "admin_code", "note"),
    )
)
_EDGES = Columns(("from", "to", "product", "mode", "capacity_per_day", "unit", "lead_time_h", "share_normal", "note"))
_RECIPES = Columns(
    ("node", "input", "per_unit_output", "unit", "stock_days_normal", "stock_days_min", "essential", "note")
)
NO_MAXIMUM_DAYS = 1000.0
_HEADING = Heading(
    id="reference",
    name_zh="鄂尔多斯参考链（交付文件，示意）",
    name_en="Ordos reference chain (delivered files, illustrative)",
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
)


def read_draft(folder: Path) -> tuple[Draft, list[Problem]]:
    """The draft of a folder in the delivered layout. The files give no maximum: NO_MAXIMUM_DAYS stands for none."""
    problems: list[Problem] = []

    def rows_of(name: str, columns: Columns) -> list[Row]:
        rows, found = read_table(folder / name, columns)
        problems.extend(found)
        return rows

    node_rows, edge_rows = rows_of("nodes.csv", _NODES), rows_of("edges.csv", _EDGES)
    recipe_rows = rows_of("recipes.csv", _RECIPES)
    nodes = parsing.placed(node_rows, problems, parsing.read_node)
    rate_of = {item.value.product: item.value.unit for item in nodes}
    node_of = {item.value.id: item.value for item in nodes}
    stock_rows = _node_stocks(node_rows) + _recipe_stocks(recipe_rows)
    draft = Draft(
        heading=_HEADING,
        nodes=nodes,
        links=parsing.placed(_links(edge_rows), problems, partial(parsing.read_link, rate_of=rate_of)),
        recipes=parsing.placed(recipe_rows, problems, partial(parsing.read_recipe, rate_of=rate_of, nodes=node_of)),
        stocks=parsing.placed(stock_rows, problems, partial(parsing.read_stock, rate_of=rate_of)),
        is_delivered=True,
    )
    return draft, problems


def _links(rows: list[Row]) -> list[Row]:
    return [replace(row, cells={**row.cells, "capacity": row.cells.get("capacity_per_day", "")}) for row in rows]


def _stock_row(place: Place, cells: dict[str, str], node: str, product: str, role: str) -> list[Row]:
    normal, low = cells.get("stock_days_normal", ""), cells.get("stock_days_min", "")
    if normal in {"", "0"}:
        return []
    days = {"days_normal": normal, "days_min": low, "days_max": str(NO_MAXIMUM_DAYS)}
    return [Row(place, {"node": node, "product": product, "role": role, **days})]


def _node_stocks(rows: list[Row]) -> list[Row]:
    """Stocks of producers, stations, ports and demand; for plants the figure repeats that of the main input, which recipes.csv holds."""
    result: list[Row] = []
    for row in rows:
        kind = row.cells.get("kind", "")
        behaviour = KINDS[kind][0] if kind in KINDS else None
        if behaviour is None or (behaviour is Behaviour.TRANSFORM and kind != "washery"):
            continue
        role = {Behaviour.TRANSIT: "both", Behaviour.DEMAND: "input"}.get(behaviour, "output")
        result += _stock_row(row.place, row.cells, row.cells.get("id", ""), row.cells.get("product", ""), role)
    return result


def _recipe_stocks(rows: list[Row]) -> list[Row]:
    result: list[Row] = []
    for row in rows:
        result += _stock_row(row.place, row.cells, row.cells.get("node", ""), row.cells.get("input", ""), "input")
    return result
