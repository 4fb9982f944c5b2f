"""What providers send of a life: cadence, lag, gaps, late and corrected rows, defects, notices, and nothing of the truth."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from schemas.chain import Chain
from services.intake.scenario.feeds.library import load_scenario
from services.intake.scenario.notice import rows_of, scares
from services.intake.scenario.reporting import Reporter
from services.intake.scenario.reports import Reports
from services.intake.scenario.scenario import Defect, Notice, ReportDefect, Scenario
from services.intake.scenario.simulation import Simulation

Quiet = Callable[..., Scenario]


def told(chain: Chain, scenario: Scenario, seed: int = 1) -> tuple[Reporter, Reports]:
    life = Simulation(chain, scenario, seed)
    trace = life.advance(scenario.last_hour)
    reporter = Reporter(life, chain)
    hours = range(scenario.first_hour, scenario.last_hour)
    return reporter, Reports.joined([reporter.report(trace, hour) for hour in hours])


@pytest.fixture(scope="module")
def stylised_told(chain: Chain, stylised: Simulation) -> tuple[Reporter, Reports]:
    reporter = Reporter(stylised, chain)
    scenario = stylised.scenario
    hours = range(scenario.first_hour, scenario.last_hour)
    return reporter, Reports.joined([reporter.report(stylised.trace, hour) for hour in hours])


def column(reporter: Reporter, reports: Reports, series: str) -> Reports:
    index = [s.id for s in reporter.series].index(series)
    return reports.picked(reports.series == index)


def test_every_series_of_the_catalogue_is_reported(stylised_told: tuple[Reporter, Reports]) -> None:
    reporter, reports = stylised_told
    assert set(range(len(reporter.series))) == set(reports.series.tolist())
    assert np.isfinite(reports.value).all()


def test_rows_are_observed_then_issued_then_known_and_ordered_by_known(stylised_told: tuple[Reporter, Reports]) -> None:
    _, reports = stylised_told
    assert (reports.observed <= reports.issued).all()
    assert (reports.issued <= reports.known).all()
    assert (np.diff(reports.known) >= 0).all()


def test_identity_is_unique(stylised_told: tuple[Reporter, Reports]) -> None:
    _, reports = stylised_told
    identity = np.stack([reports.series, np.round(reports.observed * 3600), np.round(reports.issued * 3600)])
    assert np.unique(identity, axis=1).shape[1] == len(reports)


def test_cadence_is_kept_but_for_rare_gaps(stylised_told: tuple[Reporter, Reports]) -> None:
    reporter, reports = stylised_told
    hourly = column(reporter, reports, "volume.R_DQ.steam_coal")
    distinct = len(np.unique(hourly.observed))
    assert 0.97 * 32 * 24 < distinct < 32 * 24
    daily = column(reporter, reports, "stock.D_CST.steam_coal")
    assert 29 <= len(np.unique(daily.observed)) <= 32
    assert len(np.unique(daily.observed % 24)) == 1


def test_nearly_all_rows_come_in_time_and_are_plausible(stylised_told: tuple[Reporter, Reports]) -> None:
    reporter, reports = stylised_told
    lateness = np.array([s.lateness_h for s in reporter.series])[reports.series]
    late = (reports.known - reports.observed > lateness).mean()
    assert 0.0 < late < 0.005
    low = np.array([s.plausible_low for s in reporter.series])[reports.series]
    high = np.array([s.plausible_high for s in reporter.series])[reports.series]
    assert ((reports.value < low) | (reports.value > high)).mean() < 0.002


def test_some_rows_are_corrected_later(stylised_told: tuple[Reporter, Reports]) -> None:
    _, reports = stylised_told
    identity = np.stack([reports.series, np.round(reports.observed * 3600)])
    _, counts = np.unique(identity, axis=1, return_counts=True)
    assert 0 < (counts > 1).sum() < 0.01 * len(reports)


def test_the_cut_shows_in_the_volume_and_not_before(stylised_told: tuple[Reporter, Reports]) -> None:
    reporter, reports = stylised_told
    volume = column(reporter, reports, "volume.R_DQ.steam_coal")
    before = volume.value[(volume.observed > 0) & (volume.observed <= 24)]
    during = volume.value[(volume.observed > 25) & (volume.observed < 24 * 15)]
    assert np.median(before) > 1_000_000
    assert np.median(during) == 0.0


def test_the_same_seed_tells_the_same_story(chain: Chain, quiet: Quiet) -> None:
    _, first = told(chain, quiet(2))
    _, again = told(chain, quiet(2))
    assert np.array_equal(first.value, again.value)
    assert np.array_equal(first.known, again.known)
    assert first.detail == again.detail


def with_defect(chain: Chain, quiet: Quiet, kind: Defect, series: str, size: float = 1.0) -> tuple[Reports, Reports]:
    """The same quiet days told rightly and with a defect from hour 24 to 72: rows of one series."""
    plain = quiet(5, lead_in_days=0)
    defect = ReportDefect(kind=kind, series=series, start_h=24.0, hold_h=48.0, size=size)
    reporter, right = told(chain, plain)
    _, wrong = told(chain, msgspec.structs.replace(plain, reporting=[defect]))
    return column(reporter, right, series), column(reporter, wrong, series)


def test_a_silent_feed_sends_nothing(chain: Chain, quiet: Quiet) -> None:
    right, wrong = with_defect(chain, quiet, Defect.SILENT, "volume.R_DQ.steam_coal")
    inside = (wrong.observed >= 24) & (wrong.observed < 72)
    assert not inside.any()
    assert len(right) - len(wrong) == pytest.approx(48, abs=3)


def test_a_late_feed_is_known_later_with_the_same_values(chain: Chain, quiet: Quiet) -> None:
    right, wrong = with_defect(chain, quiet, Defect.LATE, "volume.R_DQ.steam_coal", size=9.0)
    order, other = np.argsort(right.observed, kind="stable"), np.argsort(wrong.observed, kind="stable")
    inside = (right.observed[order] >= 24) & (right.observed[order] < 72)
    assert np.array_equal(right.value[order], wrong.value[other])
    assert np.allclose((wrong.known[other] - right.known[order])[inside], 9.0)
    assert np.allclose((wrong.known[other] - right.known[order])[~inside], 0.0)


def test_a_decimal_slip_multiplies_the_value(chain: Chain, quiet: Quiet) -> None:
    right, wrong = with_defect(chain, quiet, Defect.DECIMAL, "volume.R_DQ.steam_coal", size=0.0001)
    inside = (wrong.observed >= 24) & (wrong.observed < 72)
    assert wrong.value[inside].max() < 1000
    assert np.array_equal(wrong.value[~inside], right.value[~inside])


def test_a_frozen_feed_repeats_its_value(chain: Chain, quiet: Quiet) -> None:
    _, wrong = with_defect(chain, quiet, Defect.FROZEN, "volume.R_DQ.steam_coal")
    inside = (wrong.observed >= 24) & (wrong.observed < 72)
    assert len(np.unique(wrong.value[inside])) == 1
    assert len(np.unique(wrong.value[~inside])) > 10


def test_corrected_reports_come_twice_with_a_later_issue(chain: Chain, quiet: Quiet) -> None:
    right, wrong = with_defect(chain, quiet, Defect.CORRECTED, "stock.D_CST.steam_coal", size=0.5)
    inside = (wrong.observed >= 24) & (wrong.observed < 72)
    rows = wrong.picked(inside)
    assert len(rows) == 2 * len(np.unique(rows.observed))
    for moment in np.unique(rows.observed):
        pair = rows.picked(rows.observed == moment)
        assert pair.issued[1] > pair.issued[0] + 3.0
        assert pair.value[0] == pytest.approx(0.5 * pair.value[1], rel=1e-6)
        assert pair.value[1] in right.value


def test_an_alert_is_updated_and_lifted(quiet: Quiet) -> None:
    start = quiet(5).start
    words: dict[str, Any] = {"event": "snow", "area": "150627", "headline_zh": "暴雪", "headline_en": "Blizzard"}
    first = Notice(level=2, published_h=5.0, onset_h=10.0, expires_h=40.0, **words)
    second = Notice(level=4, published_h=20.0, onset_h=22.0, expires_h=50.0, **words)
    rows = rows_of([second, first], start)
    details = [json.loads(r.detail) for r in rows]
    assert [(r.hour, r.level) for r in rows] == [(5.0, 2), (20.0, 4), (50.0, 0)]
    assert [d["msgType"] for d in details] == ["Alert", "Update", "Cancel"]
    assert details[1]["references"] == [details[0]["identifier"]]
    assert details[2]["references"] == [details[1]["identifier"]]
    assert len({d["identifier"] for d in details}) == 3


def test_notices_reach_the_feed_with_their_detail(stylised_told: tuple[Reporter, Reports]) -> None:
    reporter, reports = stylised_told
    notices = column(reporter, reports, "hazard.rail_accident.140200")
    spoken = [
        (float(o), float(v), json.loads(d)["msgType"])
        for o, v, d in zip(notices.observed, notices.value, notices.detail, strict=True)
        if d
    ]
    assert [s[0] for s in spoken] == pytest.approx([25.2, 384.0])
    assert [s[1:] for s in spoken] == [(4.0, "Alert"), (0.0, "Cancel")]
    daily = notices.value[np.array([not d for d in notices.detail])]
    assert set(daily.tolist()) == {0.0, 4.0}


def test_everyday_scares_keep_to_their_season(chain: Chain, quiet: Quiet) -> None:
    series = [s.id for s in chain.series if s.indicator == "hazard_level"]
    winter = scares(series, quiet(60, month=1).start, 0, 24 * 55, seed=3)
    assert winter
    assert not {"typhoon", "flood", "rainstorm"} & {n.event for n in winter}
    assert {n.level for n in winter} <= {1, 2}


def test_no_row_carries_a_word_of_the_truth(stylised_told: tuple[Reporter, Reports]) -> None:
    _, reports = stylised_told
    scenario = load_scenario("daqin-stylised")
    words = [d.id for d in scenario.disruptions] + [scenario.id]
    assert not [d for d in reports.detail if any(w in d for w in words)]
