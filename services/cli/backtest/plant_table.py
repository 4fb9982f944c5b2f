"""The plants of a history table on one daily grid."""

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from detectors.plant import PlantDays
from detectors.series.onsets import OnsetRule
from services.runtime.clock import from_us
from services.runtime.errors import InputError

if TYPE_CHECKING:
    from services.intake.history.loading import History


class PlantTable(Struct, frozen=True, kw_only=True):
    """Plants in order of their node, from ``first`` on, one value per day; and the rule that onsets are told by."""

    first: date
    nodes: list[str]
    plants: list[PlantDays]
    rule: OnsetRule


def read_plants(history: "History", receipts: str, burn: str) -> PlantTable:
    """Stock, norm, receipts and burn of every plant. Raises InputError when the mapping does not name one of them."""
    scoring = history.mapping.scoring
    if scoring is None:
        raise InputError(
            f"{history.mapping.file}: 缺少 scoring（stock 与 norm）/ the mapping has no scoring: with stock and norm"
        )
    wanted = (scoring.stock, receipts, burn, scoring.norm)
    series = {s.id: (s.indicator, s.node) for s in history.chain.series if s.indicator in wanted}
    missing = set(wanted) - {indicator for indicator, _ in series.values()}
    if missing:
        raise InputError(
            f"{history.mapping.file}: 没有指标 {', '.join(sorted(missing))} / no such indicator; needed: {', '.join(wanted)}"
        )
    zone = ZoneInfo(history.mapping.date.zone)
    cells = [
        (*series[o.series], from_us(o.observed_us).astimezone(zone).date(), o.value)
        for o in history.reading.observations
        if o.series in series
    ]
    first = min(from_us(o.observed_us).astimezone(zone).date() for o in history.reading.observations)
    last = max(from_us(o.observed_us).astimezone(zone).date() for o in history.reading.observations)
    nodes = sorted({node for _, node, _, _ in cells})
    grid = {(i, n): np.full((last - first).days + 1, np.nan) for i in wanted for n in nodes}
    for indicator, node, day, value in cells:
        grid[(indicator, node)][(day - first).days] = value
    return PlantTable(
        first=first,
        nodes=nodes,
        plants=[PlantDays(*(grid[(i, n)] for i in wanted)) for n in nodes],
        rule=OnsetRule(critical=scoring.critical_share, jump=scoring.jump_share),
    )
