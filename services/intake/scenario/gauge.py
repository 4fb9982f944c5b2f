"""From truth to what an instrument at the place would show each hour: the value of every series before cadence, lag and error."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from schemas.chain import Chain, Series
from services.intake.scenario.layout import Floats, Ints, Layout, totals
from services.intake.scenario.price import Prices
from services.intake.scenario.trace import Trace
from services.intake.scenario.world import World

_DAY = 24.0
_TRAIN_T, _TRUCK_T, _BORDER_TRUCK_T = 8400.0, 32.5, 117.0
_SHIPS_AT_REST, _SHIP_T, _QUEUE_DAYS = 30.0, 50_000.0, 3.0

# price series -> (product it follows, base in its unit, how strongly it follows)
_PRICES: dict[str, tuple[str, float, float]] = {
    "price.BSPI": ("steam_coal", 730.0, 0.5),
    "price.CCI5500": ("steam_coal", 800.0, 1.0),
    "price.QHD5500": ("steam_coal", 800.0, 1.0),
    "price.ORDOS5500": ("steam_coal", 500.0, 1.0),
    "price.SHANXI5500": ("steam_coal", 620.0, 1.0),
    "price.INDO3800": ("steam_coal", 480.0, 0.8),
    "price.COKING": ("coking_coal", 1600.0, 1.0),
    "price.COKE": ("coke", 1900.0, 1.0),
    "price.METHANOL_NW": ("methanol", 2000.0, 1.0),
    "price.METHANOL_EAST": ("methanol", 2450.0, 1.0),
    "price.UREA": ("urea", 1900.0, 1.0),
    "price.PP": ("polyolefin", 7600.0, 1.0),
    "price.PE": ("polyolefin", 8200.0, 1.0),
    "price.MEG": ("ethylene_glycol", 4500.0, 1.0),
    "price.POWER_SPOT": ("electricity", 330.0, 1.0),
}

Reading = Callable[["Hour"], Floats]


@dataclass(frozen=True)
class Hour:
    """One hour of the trace, with the sums instruments need: goods in and out per holding, per day."""

    stock: Floats
    made: Floats
    used: Floats
    price: Floats
    node_factor: Floats
    sent: Floats
    asked: Floats
    inflow: Floats
    outflow: Floats


class Gauges:
    """All instruments of a chain. ``show`` gives one value per series of ``series``; rates are per day, stocks as they stand.

    Hazard series are not instruments; their column stays 0 and :mod:`services.intake.scenario.notice` fills it.
    """

    def __init__(self, world: World, chain: Chain, prices: Prices) -> None:
        self.series: list[Series] = list(chain.series)
        self._world = world
        self._layout: Layout = world.layout
        self._parts: list[tuple[Ints, Reading]] = []
        capacity = {n.id: n.capacity for n in chain.nodes}
        self._add("stock", self._by_hold, lambda h, at: h.stock[at] * world.survey_bias[at])
        self._add("output", self._by_node, lambda h, at: h.made[at] * _DAY)
        self._add("intake", self._by_node, lambda h, at: h.made[at] * _DAY)
        self._add("use", self._by_hold, lambda h, at: h.used[at] * _DAY)
        self._add("inflow", self._by_hold, lambda h, at: h.inflow[at])
        self._add("outflow", self._by_hold, lambda h, at: h.outflow[at])
        self._add("volume", self._by_hold, lambda h, at: h.outflow[at])
        self._add("flow", self._by_link, lambda h, at: h.sent[at] * _DAY)
        self._add("trains", self._by_own_hold, lambda h, at: h.outflow[at] / _TRAIN_T)
        self._add("capacity_factor", self._by_node, lambda h, at: np.minimum(h.node_factor[at], 1.2))
        self._add("ships", self._by_own_hold, self._ships)
        self._add("contract", self._by_hold, self._contract)
        self._add_load(capacity)
        self._add_trucks()
        self._add_prices(prices)

    def show(self, trace: Trace, hour: int) -> Floats:
        """Values of all series in one hour of the trace."""
        layout = self._layout
        holds = len(layout.hold_node)
        sent, landed, brought = (trace.hour(name, hour) for name in ("sent", "landed", "brought"))
        moment = Hour(
            stock=trace.hour("stock", hour),
            made=trace.hour("made", hour),
            used=trace.hour("used", hour),
            price=trace.hour("price", hour),
            node_factor=trace.hour("node_factor", hour),
            sent=sent,
            asked=trace.hour("asked", hour),
            inflow=(totals(layout.link_target, landed, holds) + np.maximum(brought, 0.0)) * _DAY,
            outflow=(totals(layout.link_source, sent, holds) + np.maximum(-brought, 0.0)) * _DAY,
        )
        shown = np.zeros(len(self.series))
        for columns, read in self._parts:
            shown[columns] = read(moment)
        return shown

    def _add(self, indicator: str, place: Callable[[Series], int | None], read: Callable[[Hour, Ints], Floats]) -> None:
        found = [(i, place(s)) for i, s in enumerate(self.series) if s.indicator == indicator]
        columns = np.array([i for i, at in found if at is not None], dtype=np.int64)
        places = np.array([at for _, at in found if at is not None], dtype=np.int64)
        if len(columns):
            self._parts.append((columns, lambda h: read(h, places)))

    def _by_hold(self, series: Series) -> int | None:
        return self._layout.hold_index.get((series.node, series.product))

    def _by_node(self, series: Series) -> int | None:
        return self._layout.node_index.get(series.node)

    def _by_own_hold(self, series: Series) -> int | None:
        node = self._layout.node_index.get(series.node)
        return None if node is None else int(self._layout.node_out[node])

    def _by_link(self, series: Series) -> int | None:
        return self._layout.link_index.get((series.node, series.link_target, series.product))

    def _ships(self, hour: Hour, at: Ints) -> Floats:
        """Ships at anchor: a normal queue, longer as the yard thins, and the tonnes asked for but not loaded."""
        aim = np.maximum(self._world.target[at], 1.0)
        thin = np.clip(1.0 - hour.stock[at] / aim, 0.0, 1.0)
        missing = (
            totals(self._layout.link_source, np.maximum(hour.asked - hour.sent, 0.0), len(self._world.target))[at]
            * _DAY
        )
        ships: Floats = _SHIPS_AT_REST * (1.0 + thin) + missing * _QUEUE_DAYS / _SHIP_T
        return ships

    def _contract(self, hour: Hour, at: Ints) -> Floats:
        count = len(self._world.target)
        asked = totals(self._layout.link_target, hour.asked, count)[at]
        sent = totals(self._layout.link_target, hour.sent, count)[at]
        ratio = np.divide(sent, asked, out=np.ones_like(sent), where=asked > 1e-9)
        return 100.0 * np.clip(ratio, 0.0, 1.3)

    def _add_load(self, capacity: dict[str, float]) -> None:
        names = [n.id for n in self._layout.chain.nodes]
        full = np.array([max(capacity.get(name, 1.0), 1e-9) for name in names])
        self._add("load", self._by_node, lambda h, at: 100.0 * h.made[at] * _DAY / full[at])

    def _add_trucks(self) -> None:
        layout = self._layout
        roads = np.array([x.mode.startswith("road") for x in layout.chain.links], dtype=np.float64)
        kinds = [n.kind for n in layout.chain.nodes]
        tonnes = np.array([_BORDER_TRUCK_T if kind == "border_port" else _TRUCK_T for kind in kinds])
        origin = layout.hold_node[layout.link_source]
        is_border = np.array([kind == "border_port" for kind in kinds])

        def read(hour: Hour, at: Ints) -> Floats:
            by_road = totals(origin, hour.sent * roads, len(kinds)) * _DAY
            carried = np.where(is_border, hour.made * _DAY, by_road)
            trucks: Floats = (carried / tonnes)[at]
            return trucks

        self._add("trucks", self._by_node, read)

    def _add_prices(self, prices: Prices) -> None:
        index = {product: i for i, product in enumerate(prices.products)}
        known = [
            (i, *_PRICES[s.id]) for i, s in enumerate(self.series) if s.id in _PRICES and _PRICES[s.id][0] in index
        ]
        columns = np.array([row[0] for row in known], dtype=np.int64)
        product = np.array([index[row[1]] for row in known], dtype=np.int64)
        base, pull = np.array([row[2] for row in known]), np.array([row[3] for row in known])
        if len(columns):
            self._parts.append((columns, lambda h: base * h.price[product] ** pull))
