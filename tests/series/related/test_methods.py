"""What single methods see that others do not, and the settings they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from detectors.series.related import (
    BrokenRelation,
    CanonicalVariates,
    DynamicPca,
    IsolatedRows,
    RelatedSettings,
    RelatedWatch,
    RobustCovariance,
    sentences,
)
from detectors.series.related.limits import ALPHA
from tests.series.related.conftest import METHODS, NAMES, Plant, watch_of

PRICES = ("coke", "coking coal")
FLOWS = ("inflow", "outflow", "change of stock")


def prices(count: int, run: int) -> Any:
    """Two prices that wander without end, but together."""
    rng = np.random.default_rng([7, run])
    coal = 1200 + np.cumsum(rng.normal(size=count) * 8)
    margin = np.zeros(count)
    for at in range(1, count):
        margin[at] = 0.6 * margin[at - 1] + rng.normal() * 12
    return np.stack([300 + 1.4 * coal + margin, coal + rng.normal(size=count) * 2], axis=1)


def flows(count: int, run: int) -> Any:
    """What comes in goes out or onto the stock, but for the errors of three meters."""
    rng = np.random.default_rng([8, run])
    inflow, outflow = 5000 + 800 * rng.normal(size=count), 5000 + 300 * rng.normal(size=count)
    true = np.stack([inflow, outflow, inflow - outflow], axis=1)
    return true + 20 * rng.normal(size=true.shape)


def test_a_small_lasting_shift_is_seen_by_adding_up(plant: Plant) -> None:
    rows = plant.rows(400, run=20)
    rows[100:, 3] += 6.0
    seen = {}
    for method in METHODS[:2]:
        watch = watch_of(method)
        watch.forget()
        seen[method.name] = (watch.judge(rows).p_value[130:] <= ALPHA).mean()
    assert seen["canonical_variates"] > 0.9
    assert seen["dynamic_pca"] < 0.6


def test_a_relation_that_breaks_within_usual_values_is_seen(plant: Plant) -> None:
    rows = plant.rows(400, run=21)
    rows[200:, 6] = plant.rows(400, run=22)[200:, 6]  # from another life: each value usual, the relation gone
    watch = watch_of(METHODS[0])
    watch.forget()
    scored = watch.judge(rows)
    assert (scored.p_value[220:] <= ALPHA).mean() > 0.9
    seen = np.flatnonzero(scored.p_value[220:] <= ALPHA) + 220
    assert (np.argmax(scored.contribution[seen], axis=1) == 6).mean() > 0.9


def test_more_noise_in_one_sensor_is_seen(plant: Plant) -> None:
    rows = plant.rows(400, run=23)
    rows[200:, 2] += 8.0 * np.random.default_rng(3).normal(size=200)
    watch = watch_of(METHODS[0])
    watch.forget()
    assert (watch.judge(rows).p_value[240:] <= ALPHA).mean() > 0.9


def test_normal_history_with_some_bad_rows_is_learnt_from_by_robust_covariance(plant: Plant) -> None:
    history = plant.rows(800, run=1)
    history[::12] += 120.0 * np.sign(np.random.default_rng(5).normal(size=history[::12].shape))
    watch = RelatedWatch(RobustCovariance(), history, NAMES)
    rows = plant.rows(200, run=24)
    rows[100:, 5] += 60.0
    scored = watch.judge(rows)
    assert scored.statistic[100:].min() > scored.statistic[:100].max()


@pytest.mark.parametrize(("mover", "by"), [(0, 160.0), (0, -160.0), (1, 120.0), (1, -120.0)])
def test_prices_that_part_are_seen_though_both_wander(mover: int, by: float) -> None:
    watch = RelatedWatch(BrokenRelation(), prices(600, run=1), PRICES)
    rows = prices(200, run=2)
    rows[100:, mover] += by
    scored = watch.judge(rows)
    assert (scored.p_value[:100] <= ALPHA).mean() <= 0.03
    assert (scored.p_value[100:140] <= ALPHA).mean() > 0.9
    assert int(np.argmax(scored.contribution[100])) == mover
    assert PRICES[mover] in sentences(scored, 100, PRICES, PRICES)[1]


def test_a_mass_balance_with_known_weights_sees_a_lost_flow() -> None:
    watch = RelatedWatch(BrokenRelation(weights=(1.0, -1.0, -1.0)), flows(400, run=1), FLOWS)
    rows = flows(300, run=2)
    rows[200:, 1] -= 250.0  # within the usual spread of this flow
    scored = watch.judge(rows)
    assert (scored.p_value[:200] <= ALPHA).mean() <= 0.05
    assert (scored.p_value[200:] <= ALPHA).mean() > 0.9


def test_a_short_history_shortens_the_memories(plant: Plant) -> None:
    long = {s.memory for s in watch_of(METHODS[0]).statistics}
    short = {s.memory for s in RelatedWatch(CanonicalVariates(), plant.rows(150, run=1), NAMES).statistics}
    assert long == {1, 5, 20}
    assert short == {1, 5, 6}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CanonicalVariates(lags=(0,)), r"lags \(0,\) are not between 1 and 50"),
        (lambda: CanonicalVariates(ridges=()), "ridges"),
        (lambda: CanonicalVariates(rank_shares=(4.0,)), "rank_shares"),
        (lambda: DynamicPca(lags=-1), "lags -1"),
        (lambda: DynamicPca(kept=1.0), r"kept 1\.0 is not a share"),
        (lambda: RobustCovariance(clean=0.2), r"clean 0\.2 is not a share"),
        (lambda: IsolatedRows(trees=3), "trees 3"),
        (lambda: BrokenRelation(weights=(1.0, 0.0)), "relate fewer than two"),
        (lambda: BrokenRelation(lags=0), "lags 0"),
        (lambda: RelatedSettings(memories=(1,)), r"memories \(1,\)"),
        (lambda: RelatedSettings(memories=(5, 5)), r"memories \(5, 5\)"),
        (
            lambda: RelatedWatch(BrokenRelation(weights=(1.0, 1.0, 1.0)), prices(200, 1), PRICES),
            "3 weights were given for 2",
        ),
        (lambda: RelatedWatch(BrokenRelation(), prices(200, 1)[:, :1], PRICES[:1]), "two or more variables"),
    ],
)
def test_senseless_settings_are_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
