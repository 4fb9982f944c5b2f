"""Trust of a feed travels into what is judged by it: lateness, gaps, revisions and defects; low trust widens, and never ends in an all-clear."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import numpy as np
import pytest

from detectors.series.quality.kinds import Nature
from schemas.assessment import Assessment
from schemas.chain import Chain, Series
from schemas.feed import FeedMessage
from schemas.level import Level
from schemas.score import Score
from services.console.reading.standing import Delivered, Listed, standings
from services.risk.app import read_rules
from services.risk.evidence import HOUR_US, Evidence
from services.risk.picture import Picture
from services.risk.state.reading import Reading, read
from services.runtime.assets import asset_path
from services.runtime.clock import from_us
from tests.risk.conftest import normal_value

NODE = "E_TKT"
STOCK = f"stock.{NODE}.steam_coal"
DAY_US = 24 * HOUR_US
FIRST_US = 20_000 * DAY_US


@pytest.fixture(scope="module")
def stock(ordos: Chain) -> Series:
    """The catalogue's entry of a stock, as if it were daily."""
    found = next(s for s in ordos.series if s.id == STOCK)
    return msgspec.structs.replace(found, cadence_h=24, lateness_h=72, silence_h=50)


def message(days: Sequence[float], values: Sequence[float], *, later_h: Sequence[float] | float = 2.0) -> FeedMessage:
    """Daily rows of the stock, known so many hours later."""
    observed = [FIRST_US + int(d * DAY_US) for d in days]
    lags = [later_h] * len(observed) if isinstance(later_h, float) else list(later_h)
    known = [t + int(h * HOUR_US) for t, h in zip(observed, lags, strict=True)]
    return FeedMessage(
        lane="replay:t",
        source="t",
        series=[STOCK] * len(observed),
        observed_us=observed,
        issued_us=known,
        known_us=known,
        value=list(values),
    )


def finding(kind: str, day: float, *, is_open: bool = True, was_right: bool = False) -> Score:
    """What data quality says of the row of a day."""
    at = from_us(FIRST_US + int(day * DAY_US))
    return Score(
        lane="replay:t",
        series=STOCK,
        observed_at=at,
        known_at=at + timedelta(hours=2),
        detector=f"quality.{kind}",
        version="1",
        value=1.0,
        p_value=1.0 if was_right else 0.0,
        is_anomaly=is_open,
    )


def read_at(evidence: Evidence, stock: Series, day: float) -> Reading:
    return read(evidence, stock, FIRST_US + int(day * DAY_US))


@pytest.fixture
def evidence() -> Evidence:
    """Twenty good days."""
    made = Evidence()
    made.take(message(range(20), [1000.0 + d for d in range(20)]))
    return made


def test_good_reports_are_believed(evidence: Evidence, stock: Series) -> None:
    reading = read_at(evidence, stock, 19.2)
    assert reading.feed.score > 0.99
    assert reading.trust > 0.99
    assert reading.widening == 1.0


def test_gaps_late_reports_and_revisions_cost_trust_each_under_its_name(stock: Series) -> None:
    def reasons(*told: FeedMessage) -> dict[str, float]:
        evidence = Evidence()
        for each in told:
            evidence.take(each)
        return {r.name: r.cost for r in read_at(evidence, stock, 19.5).feed.reasons}

    values = [1000.0 + d for d in range(20)]
    assert reasons(message([d for d in range(20) if d % 3], values[:13]))["gaps"] > 0.1
    late = [2.0 if d % 3 else 40.0 for d in range(18)]
    assert reasons(message(range(18), values[:18], later_h=late))["lateness"] > 0.1
    revised = message(range(12, 19), [v + 5 for v in values[12:19]], later_h=6.0)
    assert reasons(message(range(20), values), revised)["revisions"] > 0.05


@pytest.mark.parametrize("kind", ["stale_copy", "unit_switch", "stuck", "impossible_jump"])
def test_a_defect_costs_trust_until_long_after_it_is_over(evidence: Evidence, stock: Series, kind: str) -> None:
    evidence.mark(finding(kind, 12))
    open_still = read_at(evidence, stock, 19.2).feed
    evidence.mark(finding(kind, 14, is_open=False))
    over = read_at(evidence, stock, 19.2).feed
    assert open_still.score < over.score < 0.95
    assert over.reasons[0].name == kind
    assert not evidence.anomalies, "a defect of reports is no sign of danger"


def test_reports_that_were_right_after_all_cost_nothing(evidence: Evidence, stock: Series) -> None:
    evidence.mark(finding("impossible_jump", 12))
    evidence.mark(finding("impossible_jump", 14, is_open=False, was_right=True))
    assert read_at(evidence, stock, 19.2).feed.score > 0.99


def test_a_slip_that_lasts_is_one_finding_and_repeats_of_scores_change_nothing(
    evidence: Evidence, stock: Series
) -> None:
    told = [finding("decimal_slip", 12), finding("unit_switch", 14), finding("unit_switch", 16, is_open=False)]
    for score in told:
        evidence.mark(score)
    once = read_at(evidence, stock, 19.2).feed
    for score in told:
        evidence.mark(score)
    assert read_at(evidence, stock, 19.2).feed == once
    assert [r.name for r in once.reasons] == ["unit_switch"]


def test_the_provider_is_told_the_same_number(stock: Series) -> None:
    days = [d for d in range(20) if d not in (7, 8, 11)]
    values = [1000.0 + 13.0 * d + (d * 7) % 5 for d in days]
    told = message(days, values, later_h=[2.0 + (d % 4) * 5 for d in days])
    evidence = Evidence()
    evidence.take(told)
    order = np.argsort(told.known_us, kind="stable")
    columns = [np.array(c)[order] for c in (told.observed_us, told.known_us, told.value)]
    listed = Listed(STOCK, "port", stock.cadence_h, stock.lateness_h, "", "")
    delivered = Delivered(np.zeros(len(days), np.int64), *columns)
    (found,) = standings(delivered, [listed], lambda _: Nature.STOCK, FIRST_US + 20 * DAY_US)
    assert read_at(evidence, stock, 20).feed.score == pytest.approx(found.trust, abs=1e-4)


def _lived(ordos: Chain, share: float) -> Assessment:
    """Eleven days of daily reports; the stock, of which there is a share of the usual, is a copy and in a wrong unit from the second day on."""
    picture = Picture("replay:t", ordos, read_rules(asset_path("deploy/config")))
    quiet = {s.id: normal_value(ordos, s) for s in ordos.series}
    for day in range(11):
        at_us = FIRST_US + day * DAY_US
        told = quiet | {STOCK: share * quiet[STOCK]}
        times = [at_us] * len(told)
        picture.take(
            FeedMessage(
                lane="replay:t",
                source="t",
                series=list(told),
                observed_us=times,
                issued_us=times,
                known_us=times,
                value=list(told.values()),
            )
        )
    for kind in ("stale_copy", "unit_switch"):
        picture.mark(finding(kind, 1))
    as_of = from_us(FIRST_US + 10 * DAY_US + HOUR_US)
    looks = picture.judge_all_looks(as_of)
    of = next(k for k in looks if picture.blueprint.places[k.subject.account] == (NODE, "steam_coal"))
    return picture.tell(of, as_of)


def test_what_cannot_be_believed_is_no_all_clear_but_a_danger_stays_one(ordos: Chain) -> None:
    calm, short = _lived(ordos, 1.0), _lived(ordos, 0.02)
    assert calm.level is Level.UNKNOWN
    assert "数据不可信" in calm.reason_zh
    assert "cannot be believed" in calm.reason_en
    state = next(i for i in calm.inputs if i.series == STOCK)
    assert state.feed_trust < 0.3
    assert state.trust <= max(state.feed_trust, 0.15)
    assert short.level not in (Level.NORMAL, Level.UNKNOWN)
    assert short.confidence < 0.3
    assert "报送信任度低" in short.reason_zh
