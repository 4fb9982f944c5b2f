"""Mass imbalance 收支不平: places whose stock does not change by what is told to come and to leave.

Stock and flows of a place come in different feeds, in no order of their own; risk reads them all, and judges them in order of observation.
"""

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.quality.balance import Balance, BalanceSettings
from detectors.series.quality.kinds import Kind
from detectors.series.quality.ledger import Finding, Ledger
from detectors.series.quality.places import Place, Places
from detectors.series.quality.reports import Reports, Verdicts
from schemas.chain import Series
from services.risk.blueprint import Blueprint, Watch
from services.risk.evidence import DAY_US, HOUR_US, KEPT_US, ZONE_US, Evidence, day_of

Found = tuple[Finding, ...]
_SETTINGS = BalanceSettings(warm_up=8)
"""A daily stock has sixteen balances here; half of them teach what is usual."""
_FRESH_US = 48 * HOUR_US
"""So long an imbalance that is over is still spoken of."""


class Imbalances:
    """Balances all places of a chain whose stock, receipts and uses are reported. Bounded: the last 16 whole days of their series, judged anew once a
    day, and when what is known of these days changes."""

    def __init__(self, blueprint: Blueprint) -> None:
        found = [told for account in blueprint.stocks if (told := _told(blueprint.of_account[account])) is not None]
        members = [series for stock, comes, leaves in found for series in (stock, *comes, *leaves)]
        self._series = list({series.id: series for series in members}.values())
        number = {series.id: i for i, series in enumerate(self._series)}
        self._places = [
            Place(number[stock.id], tuple(number[s.id] for s in comes), tuple(number[s.id] for s in leaves))
            for stock, comes, leaves in found
        ]
        self._laid = Places.of(self._places, len(self._series))
        self._kept: tuple[tuple[object, ...], dict[str, Found]] | None = None

    def see(self, evidence: Evidence, as_of_us: int) -> dict[str, Found]:
        """Findings of the last whole days by series, oldest first: of a stock that did not balance, or of a flow whose point stood wrong."""
        histories = [evidence.of(series.id) for series in self._series]
        day = day_of(as_of_us)
        state = (day, *(h.past_version if h is not None else 0 for h in histories))
        if self._kept is None or self._kept[0] != state:
            midnight_us = day * DAY_US - ZONE_US
            points = [h.points(midnight_us, KEPT_US) if h is not None else [] for h in histories]
            self._kept = state, self._judged(points)
        return self._kept[1]

    def _judged(self, points: list[list[tuple[int, float]]]) -> dict[str, Found]:
        slots = np.repeat(np.arange(len(points)), [len(p) for p in points])
        times: Integers = np.array([at for p in points for at, _ in p], np.int64)
        values: Floats = np.array([value for p in points for _, value in p], np.float64)
        order = np.lexsort((slots, times))
        reports = Reports(slots[order], times[order], times[order], values[order])
        balance, ledger = Balance(_SETTINGS), Ledger(self._places)
        balance.grow(len(self._places))
        verdicts, _, about = balance.judge(reports, np.ones(len(reports), np.bool_), self._laid)
        _hear(ledger, reports, verdicts, about)
        kept = {series.id: tuple(ledger.of(slot)) for slot, series in enumerate(self._series)}
        return {name: its for name, its in kept.items() if its}


def _hear(ledger: Ledger, reports: Reports, verdicts: Verdicts, about: Integers) -> None:
    for row in np.flatnonzero(verdicts.event).tolist():
        at_us = int(reports.observed_us[row])
        ledger.hear(int(about[row]), at_us, at_us, verdicts, row)


def _told(watch: Watch) -> tuple[Series, tuple[Series, ...], tuple[Series, ...]] | None:
    """Stock, receipts and uses of a place, where all are reported, each in the unit of the stock."""
    comes = watch.inflow or watch.output or watch.intake
    leaves = tuple(s for s in (watch.flow or watch.volume, watch.use) if s is not None)
    if watch.stock is None or comes is None or not leaves:
        return None
    if any(s.unit.removesuffix("/d") != watch.stock.unit for s in (comes, *leaves)):
        return None
    return watch.stock, (comes,), leaves


def fresh(found: Found, as_of_us: int) -> Finding | None:
    """The newest finding, unless it is long over."""
    newest = found[-1]
    return newest if newest.until_us is None or as_of_us - newest.until_us <= _FRESH_US else None


def imbalance_in_words(series: Series, finding: Finding) -> tuple[str, str]:
    """That a place does not balance, and by how much."""
    name_zh, name_en = series.name_zh or series.id, series.name_en or series.id
    if finding.kind is Kind.MASS_IMBALANCE:
        return (
            f"收支不平: {name_zh}的变化与所报收支相差 {finding.evidence:+.0%}(占期间收支)",
            f"does not balance: the change of {name_en} differs by {finding.evidence:+.0%} of what came and left",
        )
    return (
        f"收支不平: {name_zh}疑似错位，为应有的 {finding.evidence:g} 倍",
        f"does not balance: {name_en} seems {finding.evidence:g} times what it should be",
    )
