"""How a place may be shown: the worst of what is known, unknown never as normal, stale as unknown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.chain import Stock
from schemas.level import Level
from services.console.chart.standing import NEVER, STALE, holding, standing

NOW = datetime(2026, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _judged(level: str, age: timedelta = HOUR, **more: Any) -> dict[str, Any]:
    row = {
        "node": "P",
        "product": "steam_coal",
        "hazard": "starved",
        "level": level,
        "as_of": NOW - age,
        "cover_days": 5.0,
        "stock": 100.0,
        "p10": 10.0,
        "p50": 20.0,
        "p90": None,
        "probability": {"24": 0.1, "72": 0.4},
        "confidence": 0.9,
        "stock_p10": {"24": 50.0},
        "stock_p90": {"24": 90.0},
        "reason_zh": "缺数据" if level == "unknown" else "",
        "reason_en": "no data" if level == "unknown" else "",
    }
    return row | more


def _warning(level: str, **more: Any) -> dict[str, Any]:
    return _judged(level, HOUR * 3, is_unknown=False, reason_zh="预警", reason_en="warning") | more


def _level(judged: list[dict[str, Any]], warnings: list[dict[str, Any]]) -> tuple[Level | None, bool]:
    found = standing("P", judged, warnings, [], NOW)
    return found.level, found.is_partly_unknown


@pytest.mark.parametrize(
    ("judged", "warnings", "shown"),
    [
        ([_judged("normal"), _judged("yellow")], [], (Level.YELLOW, False)),
        ([_judged("normal"), _judged("unknown")], [], (Level.UNKNOWN, False)),
        ([_judged("orange"), _judged("unknown")], [], (Level.ORANGE, True)),
        ([_judged("normal", HOUR * 8)], [], (Level.UNKNOWN, False)),
        ([_judged("red", HOUR * 8)], [], (Level.UNKNOWN, False)),
        ([_judged("normal")], [_warning("orange")], (Level.ORANGE, False)),
        ([_judged("unknown")], [_warning("orange", is_unknown=True)], (Level.ORANGE, True)),
        ([_judged("normal")], [_warning("yellow", hazard="silent")], (Level.NORMAL, False)),
        ([_judged("normal")], [], (Level.NORMAL, False)),
        ([], [], (None, False)),
    ],
)
def test_what_is_shown(judged: list[dict[str, Any]], warnings: list[dict[str, Any]], shown: tuple[Level, bool]) -> None:
    assert _level(judged, warnings) == shown


def test_unknown_says_why_and_shows_no_number() -> None:
    found = standing("P", [_judged("normal"), _judged("unknown", p50=None)], [], [], NOW)
    assert (found.reason_zh, found.cover_days, found.interval.is_known()) == ("缺数据", None, False)
    assert standing("P", [_judged("red", HOUR * 8)], [], [], NOW).reason_zh == STALE[0]


def test_a_place_with_a_stock_that_nobody_judged_is_unknown() -> None:
    stock = Stock(node="P", product="x", role="input", unit="t", daily_use=10, days_normal=5, days_min=2, days_max=10)
    held = holding(stock, [], None, NOW)
    found = standing("P", [], [], [held], NOW)
    assert (found.level, found.reason_zh, held.ahead) == (Level.UNKNOWN, NEVER[0], [])


def test_time_left_counts_from_now() -> None:
    found = standing("P", [_judged("yellow", HOUR * 6)], [], [], NOW)
    assert (found.interval.p10, found.interval.p50, found.interval.p90) == (4.0, 14.0, None)


def test_a_stock_is_taken_from_the_judgement_then_from_a_fresh_reading_and_else_is_unknown() -> None:
    stock = Stock(node="P", product="x", role="input", unit="t", daily_use=10, days_normal=5, days_min=2, days_max=10)
    fresh = {"observed_at": NOW - HOUR, "silence_h": 4.0, "value": 30.0}
    silent = fresh | {"observed_at": NOW - HOUR * 5}
    assert holding(stock, [_judged("normal")], fresh, NOW).ahead[0].high == pytest.approx(0.9958, abs=0.01)
    observed = holding(stock, [], fresh, NOW)
    assert (observed.is_observed, observed.ahead[0].low) == (True, 0.3)
    assert holding(stock, [_judged("normal", HOUR * 9)], silent, NOW).ahead == []
