"""How far providers are believed, by what they delivered."""

from collections.abc import Sequence

import numpy as np
import pytest

from detectors.series.quality.kinds import Nature
from services.console.reading.standing import Delivered, Listed, Standing, standings

HOUR_US = 3_600_000_000
DAYS = 30
Row = tuple[int, float, float, float]
"""Number of the series, hour observed, hour known, value."""


def _listed(*providers: str) -> list[Listed]:
    return [Listed(f"stock.{p}.{i}", p, 1.0, 6.0, f"库存 {i}", f"stock {i}") for i, p in enumerate(providers)]


def _punctual(series: int, lag_h: float = 0.5) -> list[Row]:
    dice = np.random.default_rng(series)
    level = 1000.0 + np.cumsum(dice.normal(0, 5, DAYS * 24))
    return [(series, float(h), h + lag_h, float(level[h])) for h in range(DAYS * 24)]


def _standings(listed: Sequence[Listed], rows: list[Row]) -> dict[str, Standing]:
    rows = sorted(rows, key=lambda r: r[2])
    columns = list(zip(*rows, strict=True))
    observed, known = ((np.array(c) * HOUR_US).astype(np.int64) for c in columns[1:3])
    delivered = Delivered(np.array(columns[0], np.int64), observed, known, np.array(columns[3], np.float64))
    told = standings(delivered, listed, lambda _: Nature.STOCK, (DAYS * 24) * HOUR_US)
    return {each.provider: each for each in told}


def _reasons(standing: Standing) -> set[str]:
    return {r["name"] for r in standing.reasons}


def test_who_delivers_on_time_and_right_is_believed() -> None:
    found = _standings(_listed("port", "port"), _punctual(0) + _punctual(1))["port"]
    assert found.trust > 0.97
    assert (found.series, found.rows, found.worst) == (2, 2 * DAYS * 24, [])


def test_gaps_cost_trust_and_are_named_first() -> None:
    listed = _listed("port", "mine")
    rows = _punctual(0) + [r for r in _punctual(1) if r[1] < DAYS * 12]
    found = _standings(listed, rows)
    assert found["mine"].trust < 0.6 < 0.97 < found["port"].trust
    assert found["mine"].reasons[0]["name"] == "gaps"
    assert "缺报" in found["mine"].reasons[0]["zh"]
    assert [one.series for one in found["mine"].worst] == ["stock.mine.1"]
    assert next(iter(found)) == "mine"


def test_what_comes_later_than_the_catalogue_allows_is_late() -> None:
    found = _standings(_listed("port"), _punctual(0, lag_h=30.0))["port"]
    assert "lateness" in _reasons(found)


def test_reports_that_are_always_corrected_cost_trust() -> None:
    rows = _punctual(0)
    found = _standings(_listed("port"), rows + [(s, o, k + 5.0, v + 1.0) for s, o, k, v in rows])["port"]
    assert "revisions" in _reasons(found)
    assert found.trust < 0.97


def test_another_unit_is_named_and_costs_the_provider_alone() -> None:
    rows = [(s, o, k, v / 10_000 if o > DAYS * 16 else v) for s, o, k, v in _punctual(1)]
    found = _standings(_listed("port", "mine"), _punctual(0) + rows)
    assert _reasons(found["mine"]) & {"unit_switch", "decimal_slip"}
    assert found["mine"].trust < found["port"].trust - 0.2


@pytest.mark.parametrize("provider", ["port", "mine"])
def test_the_order_of_series_does_not_matter(provider: str) -> None:
    one = _standings(_listed("port", "mine"), _punctual(0) + _punctual(1)[::2])
    other = _standings(_listed("mine", "port"), [(1 - s, o, k, v) for s, o, k, v in _punctual(0) + _punctual(1)[::2]])
    assert one[provider].trust == pytest.approx(other[provider].trust)
