"""What holds for every method of related series, seen from outside."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from detectors.series.related import CanonicalVariates, RelatedScored, RelatedWatch, sentences
from detectors.series.related.limits import ALPHA
from tests.series.related.conftest import METHODS, NAMES, Plant, watch_of

QUICK = CanonicalVariates(lags=(2,), ridges=(0.03,), rank_shares=(0.4,))
FIELDS = ("statistic", "p_value", "leading", "expected", "low", "high", "contribution")


def joined(parts: Sequence[RelatedScored], field: str) -> Any:
    return np.concatenate([getattr(part, field) for part in parts])


def assert_equal(one: RelatedScored, parts: Sequence[RelatedScored]) -> None:
    for field in FIELDS:
        assert np.array_equal(getattr(one, field), joined(parts, field), equal_nan=True), field


def biased(rows: Any, sensor: int, at: int, by: float) -> Any:
    rows = rows.copy()
    rows[at:, sensor] += by
    return rows


def test_quiet_rows_alarm_about_as_often_as_asked(watch: RelatedWatch, plant: Plant) -> None:
    p = watch.judge(plant.rows(8000, run=2)).p_value
    for alpha in (0.05, 0.02, ALPHA):
        assert 0.25 * alpha <= (p <= alpha).mean() <= 2.5 * alpha, alpha


def test_an_off_sensor_is_seen_and_named(watch: RelatedWatch, plant: Plant) -> None:
    rows, off, alpha = plant.rows(300, run=3), [4], ALPHA
    if watch.name == "isolation_forest":  # sees rows far from all others, hardly a single sensor
        off, alpha = [0, 2, 4, 6], 0.02
    rows[100:, off] += 45.0 if len(off) == 1 else 60.0
    scored = watch.judge(rows)
    assert (scored.p_value[100:] <= alpha).mean() > 0.9
    assert (scored.p_value[:100] <= alpha).mean() <= 0.05
    seen = np.flatnonzero(scored.p_value[100:] <= alpha) + 100
    named = np.argmax(scored.contribution[seen], axis=1)
    assert np.isin(named, off).mean() > 0.9
    zh, en = sentences(scored, int(seen[-1]), NAMES, NAMES)
    assert any(NAMES[n] in zh and NAMES[n] in en for n in off)


def test_contributions_are_shares_and_only_where_something_is_unusual(watch: RelatedWatch, plant: Plant) -> None:
    scored = watch.judge(biased(plant.rows(300, run=3), 4, 100, 45.0))
    is_unusual = scored.p_value <= 0.05
    assert np.isnan(scored.contribution[~is_unusual]).all()
    assert np.isfinite(scored.contribution[is_unusual]).all()
    assert scored.contribution[is_unusual].min() >= 0
    assert scored.contribution[is_unusual].max() <= 1
    assert sentences(scored, int(np.flatnonzero(~is_unusual)[-1]), NAMES, NAMES)[0] == "各变量关系正常"


def test_values_lie_within_their_bands(watch: RelatedWatch, plant: Plant) -> None:
    rows = plant.rows(3000, run=4)
    scored = watch.judge(rows)
    told = np.isfinite(scored.expected[:, 0])
    is_inside = (rows >= scored.low) & (rows <= scored.high)
    assert 0.97 <= is_inside[told].mean() <= 0.999
    assert (scored.low[told] < scored.expected[told]).all()


def test_one_by_one_equals_all_at_once(watch: RelatedWatch, plant: Plant) -> None:
    rows = biased(plant.rows(60, run=5), 2, 30, 30.0)
    whole = watch.judge(rows)
    for cuts in (range(1, 60), (1, 2, 40, 41)):
        watch.forget()
        assert_equal(whole, [watch.judge(part) for part in np.split(rows, list(cuts))])


def test_what_comes_after_changes_nothing(watch: RelatedWatch, plant: Plant) -> None:
    rows = plant.rows(120, run=6)
    whole = watch.judge(rows)
    watch.forget()
    other = watch.judge(biased(rows, 0, 80, -80.0))
    assert np.array_equal(whole.p_value[:80], other.p_value[:80])
    assert not np.array_equal(whole.p_value[80:], other.p_value[80:])


def test_a_restart_in_mid_stream_goes_on_to_the_last_bit(watch: RelatedWatch, plant: Plant) -> None:
    rows = biased(plant.rows(120, run=7), 2, 30, 30.0)
    whole = watch.judge(rows)
    watch.forget()
    first = watch.judge(rows[:50])
    state = watch.snapshot()
    watch.judge(rows[:70])
    watch.restore(state)
    assert_equal(whole, [first, watch.judge(rows[50:])])


def test_learning_again_from_the_same_history_is_the_same(plant: Plant) -> None:
    history, rows = plant.rows(300, run=1), plant.rows(50, run=8)
    one, two = (RelatedWatch(QUICK, history, NAMES) for _ in range(2))
    assert one.version == two.version
    first = one.judge(rows)
    two.restore(one.snapshot())
    one.forget()
    assert_equal(first, [one.judge(rows)])
    assert two.version != watch_of(METHODS[0]).version
    with pytest.raises(ValueError, match="snapshot of version"):
        two.restore(watch_of(METHODS[0]).snapshot())


def test_the_state_does_not_grow(watch: RelatedWatch, plant: Plant) -> None:
    watch.judge(plant.rows(500, run=9))
    kept = sum(np.asarray(v).nbytes for k, v in watch.snapshot().items() if k != "version")
    assert kept <= watch.state_bytes
    assert watch.state_bytes < 4000


def test_units_do_not_matter(plant: Plant) -> None:
    history, rows = plant.rows(300, run=1), biased(plant.rows(80, run=8), 1, 40, 40.0)
    scales = np.array([1e-9, 1e9, 1.0, 1e-3, 1e6, 5.0, 1e-6, 1e3])
    one = RelatedWatch(QUICK, history, NAMES).judge(rows)
    two = RelatedWatch(QUICK, history * scales, NAMES).judge(rows * scales)
    assert np.allclose(one.statistic, two.statistic, rtol=1e-6, equal_nan=True)
    assert np.allclose(one.expected * scales, two.expected, rtol=1e-6, equal_nan=True)


def test_alarms_end_soon_after_a_great_disturbance(plant: Plant) -> None:
    watch = watch_of(METHODS[0])
    watch.forget()
    rows = plant.rows(500, run=10)
    rows[100:150] += 1000.0 * np.sign(np.random.default_rng(1).normal(size=(50, len(NAMES))))
    p = watch.judge(rows).p_value
    assert (p[100:150] <= ALPHA).all()
    assert (p[250:] <= ALPHA).mean() <= 0.03


def test_a_monstrous_row_alarms_and_is_soon_forgotten(watch: RelatedWatch, plant: Plant) -> None:
    rows = plant.rows(400, run=13)
    rows[100, :4] = [1e300, -1e300, 1e300, 1e12]
    scored = watch.judge(rows)
    if watch.name != "isolation_forest":
        assert scored.p_value[100] <= 1e-9
    assert np.isfinite(scored.p_value).all()
    assert np.isfinite(scored.statistic[10:]).all()
    assert (scored.p_value[180:] <= ALPHA).mean() <= 0.03


@pytest.mark.full
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("method", METHODS[:2], ids=lambda m: m.name)
def test_a_million_quiet_rows_alarm_about_as_often_as_asked(method: Any) -> None:
    alarms, rows = 0, 0
    for seed in range(5):
        watch = RelatedWatch(method, Plant(seed).rows(8000, run=1), NAMES)
        new = Plant(seed).rows(200_000, run=2)
        for part in np.split(new, 20):
            p = watch.judge(part).p_value
            alarms, rows = alarms + int((p <= 1e-3).sum()), rows + len(p)
    assert rows == 1_000_000
    assert 0.5e-3 <= alarms / rows <= 2e-3


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t.__setitem__((7, 3), np.nan), r"row 7 of 'sensor 3' is nan; finite numbers"),
        (lambda t: t.__setitem__((0, 0), np.inf), r"row 0 of 'sensor 0' is inf"),
        (lambda t: t.__setitem__((9, 2), -1e301), r"row 9 of 'sensor 2' is -1e\+301"),
        (
            lambda t: t.__setitem__((slice(None), 5), 42.0),
            r"'sensor 5' is constant \(42\) in the normal history; leave it out",
        ),
        (
            lambda t: t.__setitem__((slice(0, 370), 5), 42.0),
            r"'sensor 5' changes only within one tenth .* constant \(42\) elsewhere",
        ),
    ],
)
def test_a_bad_history_is_refused_in_clear_words(plant: Plant, spoil: Any, words: str) -> None:
    table = plant.rows(400, run=1)
    spoil(table)
    with pytest.raises(ValueError, match=words):
        RelatedWatch(QUICK, table, NAMES)


def test_shapes_and_names_are_checked(plant: Plant) -> None:
    table = plant.rows(400, run=1)
    with pytest.raises(ValueError, match="99 rows of normal history were given; at least 100"):
        RelatedWatch(QUICK, table[:99], NAMES)
    with pytest.raises(ValueError, match=r"shape \(400, 7\) was given; \(rows, 8 variables\)"):
        RelatedWatch(QUICK, table[:, :7], NAMES)
    with pytest.raises(ValueError, match=r"'sensor 1'.* more than once"):
        RelatedWatch(QUICK, table, ("sensor 1", *NAMES[1:]))


def test_a_bad_row_is_refused_and_leaves_no_trace(watch: RelatedWatch, plant: Plant) -> None:
    rows = plant.rows(60, run=11)
    whole = watch.judge(rows)
    watch.forget()
    first, bad = watch.judge(rows[:30]), rows[30:40].copy()
    bad[4, 6] = np.nan
    with pytest.raises(ValueError, match="row 4 of 'sensor 6' is nan"):
        watch.judge(bad)
    assert_equal(whole, [first, watch.judge(rows[30:])])


def test_no_rows_and_first_rows_are_no_alarm(watch: RelatedWatch, plant: Plant) -> None:
    assert len(watch.judge(np.empty((0, len(NAMES)))).p_value) == 0
    scored = watch.judge(plant.rows(1, run=12) + 500.0)
    if watch.method.name in ("canonical_variates", "dynamic_pca"):
        assert scored.p_value.tolist() == [1.0]
        assert sentences(scored, 0, NAMES, NAMES)[1].startswith("not judged")
    else:
        assert scored.p_value[0] <= ALPHA
