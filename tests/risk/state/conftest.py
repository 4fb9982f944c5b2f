"""Evidence of quiet days of the operating chain, to be disturbed by a test."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.chain import Chain, Series
from schemas.feed import FeedMessage
from services.risk.blueprint import Blueprint
from services.risk.evidence import Evidence
from services.runtime.chain import load_chain
from services.runtime.clock import to_us

START = datetime(2026, 1, 5, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]

Change = Callable[[Series, datetime], float | None]


class Days:
    """Days of a chain: every series reports its usual value at noon and midnight, unless ``change`` gives another (None: silence)."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.blueprint = Blueprint(chain)
        self.evidence = Evidence()
        self._usual = {s.id: _usual(self.blueprint, s) for s in chain.series}

    def live(self, first: int, last: int, change: Change = lambda series, at: -1.0) -> int:
        """Live days ``first`` to ``last``; return the last moment in µs. A change of −1 keeps the usual value."""
        at = START
        for half in range(2 * first, 2 * last + 1):
            at = START + timedelta(hours=12 * half)
            for series in self.chain.series:
                value = change(series, at)
                if value is not None:
                    self.tell(series.id, self._usual[series.id] if value == -1.0 else value, at)
        return to_us(at)

    def usual(self, series: str) -> float:
        """The usual value of a series."""
        return self._usual[series]

    def tell(self, series: str, value: float, at: datetime, detail: str | None = None) -> None:
        """One observation, known at once."""
        us = [to_us(at)]
        message = FeedMessage(
            lane="live",
            source="test",
            series=[series],
            observed_us=us,
            issued_us=us,
            known_us=us,
            value=[value],
            detail=[detail],
        )
        self.evidence.take(message)


def _usual(b: Blueprint, series: Series) -> float:
    account = b.account.get((series.node, series.product), -1)
    stock = b.stocks.get(account)
    s = b.structure
    arriving = b.arrival_of.get(account, account)
    node = b.nodes.get(series.node)
    values = {
        "stock": stock.daily_use * stock.days_normal if stock else 0.0,
        "inflow": 24 * sum(float(b.normal_flow[k]) for k in s.in_links[arriving]) if account >= 0 else 0.0,
        "output": node.normal_throughput if node else 0.0,
        "intake": node.normal_throughput if node else 0.0,
        "use": _use(b, account),
        "capacity_factor": 1.0,
    }
    if series.indicator in ("flow", "outflow", "volume"):
        links = [k for k, w in enumerate(b.of_link) if w.flow is not None and w.flow.id == series.id]
        return 24 * sum(float(b.normal_flow[k]) for k in (links or (s.out_links[account] if account >= 0 else [])))
    return float(values.get(series.indicator, 0.0))


def _use(b: Blueprint, account: int) -> float:
    if account < 0:
        return 0.0
    unit = b.structure.units[b.structure.unit_of[account]]
    per_unit = dict(unit.inputs).get(account)
    return 24 * float(b.normal_use[account] if per_unit is None else per_unit * b.normal_production[unit.output])


@pytest.fixture(scope="session")
def ordos() -> Chain:
    """The operating chain."""
    return load_chain(ROOT / "deploy/config/chains/ordos")


@pytest.fixture
def days(ordos: Chain) -> Days:
    """Nothing lived yet."""
    return Days(ordos)
