"""The chain of a table: nodes, stocks and the catalogue of its series, so that the whole stream runs on it."""

from collections import defaultdict
from datetime import datetime
from statistics import median

from schemas.chain import Chain, Node, Series, Stock
from schemas.feed import Feed
from services.intake.history.entities import Place, Places
from services.intake.history.mapping import Column, Mapping, StockRule
from services.intake.history.reading import Reading, series_id
from services.runtime.chain.version import with_version
from services.runtime.clock import from_us

_SILENCE_CADENCES = 4
_LATENESS_CADENCES = 30
_NOTE = "by a history mapping: figures are medians of the table, the place is illustrative"


def chain_of(mapping: Mapping, places: Places, reading: Reading) -> Chain:
    """Chain of a table. Days and use of a stock are medians of the values above zero, so another part of the table gives another version."""
    medians = _medians(reading)
    stocks = [s for p in places.nodes if mapping.stock and (s := _stock(mapping, mapping.stock, p, medians))]
    use = {s.node: s for s in stocks}
    return with_version(
        Chain(
            id=mapping.chain,
            name_zh=mapping.title_zh,
            name_en=mapping.title_en,
            version="",
            valid_from=_first_moment(reading),
            nodes=[_node(p, use.get(p.id)) for p in places.nodes],
            links=[],
            recipes=[],
            stocks=stocks,
            qualities=[],
            series=_series(mapping, places),
        )
    )


def _first_moment(reading: Reading) -> datetime:
    return from_us(min((o.observed_us for o in reading.observations), default=0))


def _medians(reading: Reading) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for row in reading.observations:
        if row.value > 0:
            values[row.series].append(row.value)
    return {series: float(median(found)) for series, found in values.items()}


def _figure(rule: str, mapping: Mapping, node: str, medians: dict[str, float]) -> float | None:
    for column in mapping.columns:
        if column.indicator == rule:
            return medians.get(series_id(column, column.node or node))
    return float(rule)


def _stock(mapping: Mapping, rule: StockRule, place: Place, medians: dict[str, float]) -> Stock | None:
    use = _figure(rule.daily_use, mapping, place.id, medians)
    days = _figure(rule.days_normal, mapping, place.id, medians)
    if use is None or days is None:
        return None
    return Stock(
        node=place.id,
        product=rule.product,
        role=rule.role,
        unit=rule.unit,
        daily_use=use,
        days_normal=days,
        days_min=rule.minimum_share * days,
        days_max=rule.maximum_share * days,
        note=_NOTE,
    )


def _node(place: Place, stock: Stock | None) -> Node:
    use = stock.daily_use if stock else 0.0
    return Node(
        id=place.id,
        name_zh=place.name_zh,
        name_en=place.name_en,
        kind=place.kind,
        product=place.product,
        capacity=use,
        unit=f"{stock.unit}/d" if stock else "t/d",
        lat=place.lat,
        lon=place.lon,
        admin_code=place.admin_code,
        normal_throughput=use,
        note=_NOTE,
    )


def _series(mapping: Mapping, places: Places) -> list[Series]:
    named = {p.id: p for p in places.nodes}
    owners = [(c, named[c.node]) for c in mapping.columns if c.node]
    owners += [(c, p) for p in places.nodes for c in mapping.columns if not c.node]
    return [_one_series(mapping, column, place) for column, place in owners]


def _one_series(mapping: Mapping, column: Column, place: Place) -> Series:
    identifier = series_id(column, place.id)
    cadence_h = mapping.cadence.total_seconds() / 3600
    lag_h = mapping.publication_lag.total_seconds() / 3600
    group = column.group or (f"market.{identifier.split('.')[1]}" if column.feed is Feed.PRICE else place.id)
    return Series(
        id=identifier,
        feed=column.feed,
        group=group,
        name_zh=f"{place.name_zh} {column.name_zh}",
        name_en=f"{place.name_en} {column.name_en}",
        indicator=column.indicator,
        unit=column.unit,
        cadence_h=cadence_h,
        lateness_h=_LATENESS_CADENCES * cadence_h + lag_h,
        silence_h=_SILENCE_CADENCES * cadence_h + lag_h,
        plausible_low=column.plausible_low,
        plausible_high=column.plausible_high,
        provider=mapping.provider,
        node=place.id,
        product=column.product,
        is_essential=column.is_essential,
    )
