"""Places whose stock does not change by what came and left are found across feeds, a crisis is not."""

import numpy as np
import pytest

from detectors.series.quality.kinds import Kind
from schemas.chain import Chain
from schemas.feed import FeedMessage
from services.risk.blueprint import Blueprint
from services.risk.evidence import HOUR_US, Evidence
from services.risk.state.imbalance import Found, Imbalances, fresh, imbalance_in_words

NODE = "E_TKT"
STOCK, USE, INFLOW = (f"{what}.{NODE}.steam_coal" for what in ("stock", "use", "inflow"))
HOURS = 15 * 24 + 16
"""Until midnight in China."""
Columns = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def blueprint(ordos: Chain) -> Blueprint:
    """The operating chain."""
    return Blueprint(ordos)


@pytest.fixture
def lived() -> Columns:
    """A plant of ten days of coal that balances; its flows are told by the hour, its stock at midnight."""
    rng = np.random.default_rng(4)
    use = 10_000.0 * (1 + 0.03 * rng.standard_normal(HOURS))
    inflow = 10_000.0 * (1 + 0.1 * rng.standard_normal(HOURS))
    return {USE: use, INFLOW: inflow, STOCK: 100_000.0 + np.cumsum(inflow - use) / 24}


def _seen(blueprint: Blueprint, lived: Columns, *, backwards: bool = False) -> dict[str, Found]:
    evidence = Evidence()
    for name in reversed(lived) if backwards else lived:
        hours = range(15, HOURS, 24) if name == STOCK else range(HOURS)
        times = [(i + 1) * HOUR_US for i in hours]
        values = lived[name][list(hours)].tolist()
        evidence.take(
            FeedMessage(
                lane="replay:b",
                source="t",
                series=[name] * len(times),
                observed_us=times,
                issued_us=times,
                known_us=times,
                value=values,
            )
        )
    return Imbalances(blueprint).see(evidence, (HOURS + 1) * HOUR_US)


def test_what_balances_says_nothing(blueprint: Blueprint, lived: Columns) -> None:
    assert _seen(blueprint, lived) == {}


@pytest.mark.parametrize("what", ["receipts halved", "stock written down"])
def test_a_place_that_does_not_balance_is_told_of_its_stock(blueprint: Blueprint, lived: Columns, what: str) -> None:
    if what == "receipts halved":
        lived[INFLOW][-48:] *= 0.3
    else:
        lived[STOCK][-30:] -= 9_000.0
    found = _seen(blueprint, lived)
    newest = fresh(found[STOCK], HOURS * HOUR_US)
    assert found.keys() == {STOCK}
    assert newest is not None
    assert newest.kind is Kind.MASS_IMBALANCE
    assert fresh(found[STOCK], (HOURS + 200) * HOUR_US) is (newest if newest.until_us is None else None)
    zh, en = imbalance_in_words(next(s for s in blueprint.chain.series if s.id == STOCK), newest)
    assert zh.startswith("收支不平")
    assert "does not balance" in en
    assert repr(_seen(blueprint, lived, backwards=True)) == repr(found), "the order of feeds does not matter"


@pytest.mark.parametrize("left", [0.0, 0.4])
def test_a_plant_that_runs_dry_as_it_is_told_is_a_crisis(blueprint: Blueprint, lived: Columns, left: float) -> None:
    lived[INFLOW][-96:] *= left
    lived[STOCK] = 100_000.0 + np.cumsum(lived[INFLOW] - lived[USE]) / 24
    assert _seen(blueprint, lived) == {}
