"""Real series in quiet times, read from the tables of history (docs/history.md says where to get them)."""

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from detectors.series.detector import Floats

_INDIA = "india_daily_plant_coal_stock_dev.csv"
_COAL, _BARGE, _RAIL = "us_weekly_coal_production.csv", "us_weekly_barge_locks27.csv", "us_weekly_rail.csv"
_NORM, _STOCK = "Requried Normative Stock In Th Tonnes", "Total Stock In Th Tonnes"
_CRITICAL, _AWAY_DAYS = 0.25, 14
_CALM_YEARS = range(2010, 2020)
"""Between the recession of 2008-09 and the pandemic: no break of US coal, barge or rail service is known to us."""


def quiet_tables(folder: Path) -> dict[str, tuple[Floats, int]]:
    """Values (steps by series; NaN where nothing is known or times are not quiet) and the length of a step in days, by name."""
    return {
        "plant_stock": (_plants(folder / _INDIA), 1),
        "coal_output": (_weekly(folder / _COAL, lambda row: (int(row["year"]), float(row["w"]))), 7),
        "barges": (_weekly(folder / _BARGE, lambda row: _year_and_week(row["week_end_date"])), 7),
        "rail": (_weekly(folder / _RAIL, lambda row: _year_and_week(row["week_end_date"])), 7),
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def _year_and_week(day: str) -> tuple[int, float]:
    year, rest = day.split("-", 1)
    return int(year), float(rest.replace("-", "."))


def _weekly(path: Path, when: object) -> Floats:
    """All columns that are neither year nor week, in the calm years."""
    assert callable(when)
    rows = [row for row in _rows(path) if when(row)[0] in _CALM_YEARS]
    names = [n for n in rows[0] if n not in ("year", "w", "week_end_date")]
    values = np.array([[_number(row[n]) for n in names] for row in sorted(rows, key=when)])
    return values[:, np.isfinite(values).any(axis=0)]


def _plants(path: Path) -> Floats:
    """Stock of every plant with a norm, on a daily grid, but not within 14 days of a day below a quarter of its norm."""
    cells = [
        (row["Power Station Name"], date.fromisoformat(row["Date"]), _number(row[_STOCK]), _number(row[_NORM]))
        for row in _rows(path)
        if row["Date"][:2] == "20"
    ]
    first, last = min(c[1] for c in cells), max(c[1] for c in cells)
    plants = sorted({c[0] for c in cells})
    stock = np.full(((last - first) // timedelta(days=1) + 1, len(plants)), np.nan)
    ratio = stock.copy()
    for plant, day, held, norm in cells:
        at = ((day - first).days, plants.index(plant))
        stock[at] = held
        ratio[at] = held / norm if norm > 0 else np.nan
    critical = ratio < _CRITICAL
    for back in range(1, _AWAY_DAYS + 1):
        critical[:-back] |= ratio[back:] < _CRITICAL
        critical[back:] |= ratio[:-back] < _CRITICAL
    stock[critical | np.isnan(ratio)] = np.nan
    return stock[:, np.isfinite(stock).any(axis=0)]
