"""The economic systemic risk index: the small network of the reference to the digits given, and what must hold on any network."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.network.esri import Firms, esri, esri_of_each

NAMES = "ABCDEFGHXIJKL"
SUPPLIES = [
    ("A", "X", 1, 1, 1, 2),
    ("B", "X", 2, 1, 1, 2),
    ("C", "X", 2, 1, 1, 2),
    ("D", "X", 2, 1, 1, 2),
    ("E", "X", 3, 1, 1, 1),
    ("F", "X", 3, 1, 1, 1),
    ("G", "X", 5, 1, 1, 1),
    ("H", "X", 99, 1, 1, 0),
    ("X", "I", 1, 1, 1, 2),
    ("X", "J", 1, 3, 1, 1),
    ("X", "K", 1, 4, 1, 2),
    ("K", "L", 4, 2, 1, 2),
]
"""supplier, customer, sector of the supplier, sector of the customer, weight, need"""
EXPECTED = {
    "A": 0.4166666666666667,
    "X": 1.0,
    **dict.fromkeys("BCD", 0.1369047619047619),
    **dict.fromkeys("EFG", 0.12320402298850575),
    "H": 0.08333333333333333,
    **dict.fromkeys("IJ", 0.30555555555555564),
    **dict.fromkeys("KL", 0.388888888888889),
}


def _reference() -> Firms:
    sector = {}
    for supplier, customer, of_supplier, of_customer, _, _ in SUPPLIES:
        sector[supplier], sector[customer] = of_supplier, of_customer
    return Firms(
        sector=np.array([sector[name] for name in NAMES]),
        supplier=np.array([NAMES.index(row[0]) for row in SUPPLIES]),
        customer=np.array([NAMES.index(row[1]) for row in SUPPLIES]),
        weight=np.array([float(row[4]) for row in SUPPLIES]),
        need=np.array([row[5] for row in SUPPLIES]),
    )


def test_the_network_of_the_reference() -> None:
    found = dict(zip(NAMES, esri_of_each(_reference()), strict=True))
    assert found == pytest.approx(EXPECTED, abs=1e-12)


def test_no_shock_loses_nothing() -> None:
    assert esri(_reference(), np.ones((13, 2))) == pytest.approx([0.0, 0.0], abs=0)


def test_half_a_closure_of_the_hub_loses_less_than_a_whole_one() -> None:
    kept = np.ones((13, 3))
    kept[NAMES.index("X")] = [0.0, 0.5, 0.9]
    whole, half, tenth = esri(_reference(), kept)
    assert whole == pytest.approx(1.0)
    assert 1.0 > half > tenth > 0.0


def test_firms_that_sell_nothing_put_nothing_at_risk() -> None:
    none = np.empty(0, dtype=np.int64)
    assert esri_of_each(Firms(np.array([1, 2]), none, none, np.empty(0), none)).tolist() == [0.0, 0.0]


@st.composite
def _firms(draw: st.DrawFn) -> Firms:
    count, supplies = draw(st.integers(2, 12)), draw(st.integers(1, 30))
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ends = np.array([seed.choice(count, 2, replace=False) for _ in range(supplies)])
    return Firms(
        sector=seed.integers(0, 4, count),
        supplier=ends[:, 0],
        customer=ends[:, 1],
        weight=seed.uniform(0.1, 9.0, supplies),
        need=seed.integers(0, 3, supplies),
    )


@settings(max_examples=60, deadline=None)
@given(firms=_firms(), data=st.data())
def test_a_firm_risks_its_own_output_at_least_and_two_risk_no_less_than_one(firms: Firms, data: st.DataObject) -> None:
    count = len(firms.sector)
    alone = esri_of_each(firms)
    assert np.all((alone >= firms.size / firms.size.sum() - 1e-12) & (alone <= 1 + 1e-12))
    one, two = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count - 1))
    kept = np.ones((count, 3))
    kept[one, [0, 2]] = 0.0
    kept[two, [1, 2]] = 0.0
    first, second, both = esri(firms, kept)
    assert both >= max(first, second) - 1e-12


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("weight", [1.0, np.nan], "weight"),
        ("weight", [1.0, -1.0], "weight"),
        ("supplier", [0, 3], "supplier names"),
        ("customer", [-1, 1], "customer names"),
        ("need", [0, 3], "needs are"),
        ("need", [0], "lengths"),
    ],
)
def test_bad_firms_are_refused(column: str, value: list[float], message: str) -> None:
    columns = {"supplier": [0, 1], "customer": [1, 2], "weight": [1.0, 1.0], "need": [2, 2]} | {column: value}
    with pytest.raises(ValueError, match=message):
        Firms(np.array([1, 2, 3]), **{name: np.array(given) for name, given in columns.items()})


@pytest.mark.parametrize("kept", [np.ones(13), np.ones((12, 1)), np.full((13, 1), np.nan), np.full((13, 1), 1.1)])
def test_bad_shocks_are_refused(kept: np.ndarray) -> None:
    with pytest.raises(ValueError, match="parts from 0 to 1"):
        esri(_reference(), kept)
