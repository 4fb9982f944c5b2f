"""Trust falls at once, comes back slowly, says why, and depends on nothing but what came and what was wrong."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.series.quality.kinds import Kind
from detectors.series.quality.ledger import Finding, Standing
from detectors.series.quality.trust import Deliveries, TrustSettings, trust
from services.cli.bench.quality.track import DAY_US, HOUR_US

DAYS = 90


def deliveries(
    late_from: int = DAYS, late_h: float = 0.0, missing: tuple[int, int] = (0, 0), revised: int = 0
) -> Deliveries:
    """Two series told daily for ninety days."""
    days = np.array([d for d in range(1, DAYS + 1) if not missing[0] <= d < missing[1]])
    observed = np.repeat(days, 2).astype(np.int64) * DAY_US
    slots = np.tile([0, 1], len(days))
    known = observed + 2 * HOUR_US + np.where(observed > late_from * DAY_US, round(late_h * HOUR_US), 0)
    again = slice(len(observed) - 2 * revised, None) if revised else slice(0, 0)
    return Deliveries(
        slots=np.concatenate([slots, slots[again]]),
        observed_us=np.concatenate([observed, observed[again]]),
        known_us=np.concatenate([known, known[again] + 5 * HOUR_US]),
        is_revision=np.concatenate([np.zeros(len(observed), np.bool_), np.ones(len(observed[again]), np.bool_)]),
        cadence_us=np.full(2, float(DAY_US)),
        lag_us=np.full(2, 2.0 * HOUR_US),
    )


def defect(kind: Kind, first: int, last: int | None) -> Finding:
    standing = Standing.OPEN if last is None else Standing.OVER
    until = None if last is None else last * DAY_US
    return Finding(0, kind, kind, standing, first * DAY_US, first * DAY_US, until, 1.0, 0.01, 0)


def at(day: float) -> int:
    return round(day * DAY_US) + 3 * HOUR_US


def test_a_feed_without_fault_has_full_trust_and_no_reason() -> None:
    it = trust(deliveries(), [], at(DAYS))
    assert it.score == pytest.approx(1.0)
    assert it.reasons == ()


def test_a_wrong_unit_costs_trust_at_once_more_the_longer_and_comes_back_over_weeks() -> None:
    wrong = defect(Kind.UNIT_SWITCH, 40, 44)
    course = {
        day: trust(
            deliveries(), [wrong if day >= 44 else replace(wrong, until_us=None, standing=Standing.OPEN)], at(day)
        ).score
        for day in (39, 40, 43, 46, 58, 72, 89)
    }
    assert course[39] == pytest.approx(1.0)
    assert course[40] < 0.9
    assert course[43] < course[40]
    assert course[46] < course[58] < course[72] < course[89]
    assert course[46] < 0.75
    assert course[58] < 0.85
    assert course[89] > 0.85


@pytest.mark.parametrize(
    ("came", "name"),
    [
        (deliveries(late_from=75, late_h=20.0), "lateness"),
        (deliveries(missing=(80, 85)), "gaps"),
        (deliveries(revised=12), "revisions"),
    ],
)
def test_each_fault_is_named_in_both_languages(came: Deliveries, name: str) -> None:
    it = trust(came, [], at(DAYS))
    assert it.score < 0.97
    assert it.reasons[0].name == name
    assert it.reasons[0].zh
    assert "less trust" in it.reasons[0].en


def test_the_score_is_what_the_reasons_leave() -> None:
    it = trust(deliveries(missing=(80, 85)), [defect(Kind.STUCK, 70, 75)], at(DAYS))
    assert it.score == pytest.approx(np.prod([1 - r.cost for r in it.reasons]), abs=0.02)
    assert [r.name for r in it.reasons] == ["gaps", "stuck"] or [r.name for r in it.reasons] == ["stuck", "gaps"]


def test_what_was_not_known_yet_and_what_was_taken_back_do_not_count() -> None:
    later, taken_back = (
        defect(Kind.STUCK, 80, None),
        replace(defect(Kind.UNIT_SWITCH, 40, 50), standing=Standing.WITHDRAWN),
    )
    assert trust(deliveries(), [later, taken_back], at(60)).score == pytest.approx(1.0)


def test_the_same_past_gives_the_same_trust_in_any_order() -> None:
    findings = [defect(Kind.STUCK, 60, 64), defect(Kind.DECIMAL_SLIP, 70, 71), defect(Kind.DUPLICATE, 80, 80)]
    came = deliveries(missing=(50, 53), revised=5)
    turned = np.arange(len(came.slots))[::-1]
    other = replace(came, **{n: getattr(came, n)[turned] for n in ("slots", "observed_us", "known_us", "is_revision")})
    assert trust(came, findings, at(DAYS)).score == pytest.approx(trust(other, findings[::-1], at(DAYS)).score)


def test_even_the_worst_feed_stays_between_0_and_1() -> None:
    every = [defect(kind, 1, None) for kind in Kind if kind is not Kind.NONE]
    assert 0.0 <= trust(deliveries(missing=(2, 89)), every, at(DAYS)).score < 0.1


def test_senseless_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="is not a share"):
        TrustSettings(gap=0.0)
    with pytest.raises(ValueError, match="days"):
        TrustSettings(half_life_d=-1.0)
