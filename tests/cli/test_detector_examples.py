"""The pictures of what detectors see and miss stay true, and the backtest of detectors tells what was lived."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from services.cli.backtest.detection.lives import Broken, Lived, Sighting
from services.cli.backtest.detection.report import lines, page_of, report_of
from services.cli.detect.command import command
from services.cli.detect.example_pictures import names, write_pictures
from services.cli.detect.examples import CASES, scene_of
from services.cli.detect.quality_examples import QUALITY, QualityCase, quality_scene

_PAGES = Path(__file__).resolve().parents[2] / "docs" / "detectors"
_AT_ONCE = 3


@pytest.mark.parametrize("detector", sorted(CASES))
def test_what_a_detector_is_said_to_see_is_told_and_what_it_misses_is_not_told_at_once(detector: str) -> None:
    seen, missed = (scene_of(detector, case) for case in CASES[detector])
    assert any(row >= seen.event for row in seen.told)
    assert not [row for row in missed.told if missed.event <= row < missed.event + _AT_ONCE and detector != "ewma"]


@pytest.mark.parametrize(("detector", "seen", "missed"), QUALITY, ids=[name for name, *_ in QUALITY])
def test_what_data_quality_is_said_to_see_is_told_and_the_rest_is_not(
    detector: str, seen: QualityCase, missed: QualityCase
) -> None:
    told = quality_scene(seen)
    assert told.told, detector
    assert told.event <= told.told[0] < told.event + 12
    assert quality_scene(missed).told == []


def test_every_picture_has_its_page_and_every_page_its_picture() -> None:
    pages = {path.stem for path in _PAGES.glob("*.md")}
    assert pages == set(names())
    for page in pages:
        assert (_PAGES.parent / "picture" / f"detector-{page}.svg").stat().st_size < 80_000


@pytest.mark.full
def test_all_pictures_can_be_drawn_again(tmp_path: Path) -> None:
    drawn = list(write_pictures(tmp_path))
    assert [path.stem for path in drawn] == [*(f"detector-{name}" for name in names()), "data-quality"]


def test_without_a_file_the_command_says_what_is_missing() -> None:
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 2
    assert "FILE" in done.output


def test_the_backtest_counts_by_detector_and_takes_false_alarms_from_quiet_scenarios() -> None:
    moved = [Sighting("stock.a", {"ewma": 3.0, "vote": 5.0}), Sighting("stock.b", {})]
    broken = [Broken("a", "coal", "starved", 100, {"ewma": 40.0}, {"ewma": 60.0, "vote": 50.0})]
    crisis = Lived("crisis 1", moved, broken, {"ewma": 9, "vote": 9}, 10.0, 2, 1, ["crisis", "  stock.b: unit_switch"])
    quiet = Lived("quiet 1", [], [], {"ewma": 4, "vote": 1}, 20.0, 0, 0, ["quiet"])
    report = report_of([crisis, quiet], ["quiet 1"], ["ewma"], 1e-4)
    ewma, vote = report.rows
    assert (ewma.alarmed, ewma.moved, ewma.delay_h, ewma.at_place, ewma.lead_h) == (1, 2, 3.0, 1, 40.0)
    assert (vote.at_place, vote.lead_h, vote.in_chain, vote.chain_lead_h) == (0, None, 1, 50.0)
    assert (ewma.false_per_series_month, vote.false_per_series_month) == (0.2, 0.05)
    assert (report.called_defects, report.moved) == (1, 2)
    assert any("stock.b" in line for line in lines(report))
    assert "表决 vote" in page_of(report)
