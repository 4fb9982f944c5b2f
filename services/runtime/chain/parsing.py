"""From rows of text to typed values with their places. Checks one row at a time; what rows say of each other is checked by the rules."""

from collections.abc import Callable, Iterable

from schemas.chain import CoalQuality, Link, Node, Recipe, Series, Stock
from schemas.feed import Feed
from services.runtime.chain.cells import Cells
from services.runtime.chain.draft import Heading, Placed, Responsibility, T
from services.runtime.chain.problem import Problem, problem
from services.runtime.chain.tables import Columns, Row
from services.runtime.chain.units import UnitError, known_units, normalised, parse_unit, scaled
from services.runtime.chain.vocabulary import INDICATORS, KINDS, MODES, QUALITY_ROLES, ROLES, amount_of

HEADING = Columns(("id", "name_zh", "name_en", "valid_from"))
NODES = Columns(
    ("id", "name_zh", "name_en", "kind", "product", "capacity", "unit", "lat", "lon", "admin_code"),
    ("priority", "value_cny_per_unit", "illustrative", "note"),
)
RESPONSIBILITIES = Columns(("node", "chain_chief", "chain_leader", "lead_department", "work_team"))
LINKS = Columns(
    ("from", "to", "product", "mode", "capacity", "unit", "lead_time_h", "share_normal"),
    ("cost_cny_per_unit", "contact", "valid_until", "illustrative", "note"),
)
RECIPES = Columns(("node", "input", "per_unit_output", "unit"), ("essential", "note"))
STOCKS = Columns(("node", "product", "role", "days_normal", "days_min", "days_max"), ("illustrative", "note"))
QUALITIES = Columns(
    ("node", "product", "role", "heat_low", "heat_high", "ash_low", "ash_high", "sulphur_low", "sulphur_high"),
    ("note",),
)
SERIES = Columns(
    (
        *("id", "feed", "group", "name_zh", "name_en", "indicator", "unit", "cadence_h", "lateness_h", "silence_h"),
        *("plausible_low", "plausible_high", "provider"),
    ),
    ("node", "product", "link_target", "essential"),
)
_HUGE = 1e12


def placed(rows: Iterable[Row], problems: list[Problem], read: Callable[[Cells], T]) -> tuple[Placed[T], ...]:
    """Each row read by ``read``; faults go to ``problems``."""
    result: list[Placed[T]] = []
    for row in rows:
        cells = Cells(row, problems)
        value = read(cells)
        result.append(Placed(value, cells.place, cells.is_sound))
    return tuple(result)


def parse_heading(rows: list[Row], problems: list[Problem]) -> Heading | None:
    """The single row of chain.csv."""
    if not rows:
        return None
    problems += [problem("one_row", extra.place, "", len(rows)) for extra in rows[1:]]
    cells = Cells(rows[0], problems)
    identifier, name_zh = cells.identifier("id"), cells.text("name_zh", is_required=True)
    name_en, valid_from = cells.text("name_en", is_required=True), cells.moment("valid_from")
    return Heading(id=identifier, name_zh=name_zh, name_en=name_en, valid_from=valid_from) if valid_from else None


def base_rate(unit: str) -> str | None:
    """The unit in which the system keeps a node's capacity: t/d, MWh/d, m3/d or 1000m3/d; None where it is no such rate."""
    try:
        dimension = parse_unit(unit).dimension
    except UnitError:
        return None
    if dimension == "volume/time":
        return "1000m3/d" if normalised(unit).startswith("1000m3") else "m3/d"
    return {"mass/time": "t/d", "energy/time": "MWh/d"}.get(dimension)


def read_node(cells: Cells) -> Node:
    """A row of nodes.csv; capacity is brought to t/d, MWh/d, m3/d or 1000m3/d."""
    kind = cells.choice("kind", KINDS)
    unit = cells.unit("unit", ", ".join(known_units()))
    rate = base_rate(unit) or "t/d"
    if unit and cells.is_sound and base_rate(unit) is None:
        cells.fault("not_a_rate", "unit")
    factor = cells.rate_factor("unit", rate)
    return Node(
        id=cells.identifier("id"),
        name_zh=cells.text("name_zh", is_required=True),
        name_en=cells.text("name_en", is_required=True),
        kind=kind,
        product=cells.identifier("product"),
        capacity=scaled(cells.number("capacity", 0.0, _HUGE), factor),
        unit=rate,
        lat=cells.number("lat", -90, 90),
        lon=cells.number("lon", -180, 180),
        admin_code=cells.admin_code("admin_code", may_be_blank=kind == "external_supply"),
        normal_throughput=0.0,
        priority=cells.whole("priority", 1, 9, default=5),
        value_cny_per_unit=cells.number("value_cny_per_unit", 0.0, _HUGE, default=0.0),
        note=cells.text("note"),
        is_illustrative=cells.flag("illustrative", default=True),
    )


def read_link(cells: Cells, rate_of: dict[str, str]) -> Link:
    """A row of links.csv; ``rate_of`` gives the unit of each product."""
    cells.unit("unit", ", ".join(known_units()))
    product = cells.identifier("product")
    rate = rate_of.get(product, "")
    factor = cells.rate_factor("unit", rate) if rate else 1.0
    return Link(
        source=cells.identifier("from"),
        target=cells.identifier("to"),
        product=product,
        mode=cells.choice("mode", MODES),
        capacity=scaled(cells.number("capacity", 0.0, _HUGE), factor),
        unit=rate or cells.text("unit"),
        lead_time_h=cells.number("lead_time_h", 0.0, 8760.0),
        share_normal=cells.number("share_normal", 0.0, 1.0),
        cost_cny_per_unit=cells.number("cost_cny_per_unit", 0.0, _HUGE, default=0.0),
        contact=cells.text("contact"),
        valid_until=cells.day("valid_until"),
        note=cells.text("note"),
        is_illustrative=cells.flag("illustrative", default=True),
    )


def read_recipe(cells: Cells, rate_of: dict[str, str], nodes: dict[str, Node]) -> Recipe:
    """A row of recipes.csv, brought to the units of input and product."""
    node, product = cells.identifier("node"), cells.identifier("input")
    unit = cells.unit("unit", "t/t, t/MWh, MWh/t, m3/t")
    factor = 1.0
    if node in nodes and product in rate_of:
        wanted = f"{amount_of(rate_of[product])}/{amount_of(nodes[node].unit)}"
        factor, unit = cells.rate_factor("unit", wanted), wanted
    return Recipe(
        node=node,
        input=product,
        per_unit_output=scaled(cells.number("per_unit_output", 1e-9, 1e6), factor),
        unit=unit,
        is_essential=cells.flag("essential", default=True),
        note=cells.text("note"),
    )


def read_stock(cells: Cells, rate_of: dict[str, str]) -> Stock:
    """A row of stocks.csv; daily_use is filled in from the normal flows later."""
    product = cells.identifier("product")
    return Stock(
        node=cells.identifier("node"),
        product=product,
        role=cells.choice("role", ROLES),
        unit=amount_of(rate_of.get(product, "t/d")),
        daily_use=0.0,
        days_normal=cells.number("days_normal", 0.0, 1000.0),
        days_min=cells.number("days_min", 0.0, 1000.0),
        days_max=cells.number("days_max", 0.0, 1000.0),
        note=cells.text("note"),
        is_illustrative=cells.flag("illustrative", default=True),
    )


def read_quality(cells: Cells) -> CoalQuality:
    """A row of quality.csv."""
    return CoalQuality(
        node=cells.identifier("node"),
        product=cells.identifier("product"),
        role=cells.choice("role", QUALITY_ROLES),
        heat_low=cells.number("heat_low", 500, 8500),
        heat_high=cells.number("heat_high", 500, 8500),
        ash_low=cells.number("ash_low", 0, 80),
        ash_high=cells.number("ash_high", 0, 80),
        sulphur_low=cells.number("sulphur_low", 0, 10),
        sulphur_high=cells.number("sulphur_high", 0, 10),
        note=cells.text("note"),
    )


def read_series(cells: Cells) -> Series:
    """A row of series.csv."""
    feed = cells.choice("feed", [feed.value for feed in Feed])
    return Series(
        id=cells.text("id", is_required=True),
        feed=Feed(feed) if feed in set(Feed) else Feed.PRODUCTION,
        group=cells.text("group", is_required=True),
        name_zh=cells.text("name_zh", is_required=True),
        name_en=cells.text("name_en", is_required=True),
        indicator=cells.choice("indicator", INDICATORS),
        unit=cells.unit("unit", ", ".join(known_units())),
        cadence_h=cells.number("cadence_h", 1 / 3600, 8784),
        lateness_h=cells.number("lateness_h", 0.0, 8784),
        silence_h=cells.number("silence_h", 1 / 3600, 26352),
        plausible_low=cells.number("plausible_low", -_HUGE, _HUGE),
        plausible_high=cells.number("plausible_high", -_HUGE, _HUGE),
        provider=cells.identifier("provider"),
        node=cells.text("node"),
        product=cells.text("product"),
        link_target=cells.text("link_target"),
        is_essential=cells.flag("essential", default=False),
    )


def read_responsibility(cells: Cells) -> Responsibility:
    """A row of responsibility.csv."""
    return Responsibility(
        node=cells.identifier("node"),
        chain_chief=cells.text("chain_chief", is_required=True),
        chain_leader=cells.text("chain_leader", is_required=True),
        lead_department=cells.text("lead_department", is_required=True),
        work_team=cells.text("work_team", is_required=True),
    )
