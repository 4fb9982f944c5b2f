"""Real tables as tracks. Which file holds what is known by name; their traps (gaps, a unit that changes) are left in."""

import csv
import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from detectors.series.quality.kinds import Nature
from services.cli.bench.quality.track import Track, Yard, track_of

Row = dict[str, str]

_PLANTS = "india_daily_plant_coal_stock*.csv"
_STOCK, _COMES, _LEAVES = "Total Stock In Th Tonnes", "Daily Receipt In Th Tonnes", "Daily Consumption In Th Tonnes"
_NEED, _PLANT = "Daily Requirement In Th Tonnes", "Power Station Name"
SHARE_OF_NORM, LOAD = "Percentage of Actual Stock Vs Normative In Stock", "Plant Load Factor In Percentage"
UNIT_CHANGES_US = round(datetime(2024, 7, 2, tzinfo=UTC).timestamp()) * 1_000_000
"""From here on the per cents of the Indian plants are per cents every day; they were fractions until 6 June 2024, and on two days after."""
_PLANT_COLUMNS = {
    _STOCK: Nature.STOCK,
    "Actual Indigenous Stock In Th Tonnes": Nature.STOCK,
    _COMES: Nature.RATE,
    _LEAVES: Nature.RATE,
    LOAD: Nature.SHARE,
    SHARE_OF_NORM: Nature.SHARE,
}
_WIDE: dict[str, tuple[Nature, dict[str, Nature]]] = {
    "us_weekly_coal_production.csv": (Nature.RATE, {}),
    "us_weekly_barge_locks27.csv": (Nature.RATE, {}),
    "us_weekly_rail.csv": (Nature.OTHER, {}),
    "worldbank_monthly_commodities.csv": (Nature.PRICE, {}),
    "india_monthly_coal_balance_to_2020.csv": (Nature.RATE, {"Power station stocks": Nature.STOCK}),
    "india_daily_grid_to_2020.csv": (
        Nature.RATE,
        {f"{area}: EnergyShortage": Nature.OTHER for area in ("NR", "WR", "SR", "ER", "NER", "India")}
        | {"India: PeakShortage": Nature.OTHER},
    ),
}
"""Files with one series a column: what they measure, and columns that differ."""


def read_tables(folder: Path, seed: int) -> tuple[list[Track], list[Yard]]:
    """All series of the known tables that are in a folder, and the places whose balance can be drawn."""
    dice = np.random.default_rng(seed)
    tracks: list[Track] = []
    yards: list[Yard] = []
    for path in sorted(folder.glob(_PLANTS)):
        some, places = _plants(path, dice)
        tracks += some
        yards += places
    for name, (nature, others) in _WIDE.items():
        if (folder / name).exists():
            tracks += _wide(folder / name, nature, others, dice)
    return [t for t in tracks if len(t)], yards


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _us(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def _plants(path: Path, dice: np.random.Generator) -> tuple[list[Track], list[Yard]]:
    by_plant: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(path):
        by_plant[row[_PLANT]].append(row)
    tracks: list[Track] = []
    yards: list[Yard] = []
    for plant, rows in sorted(by_plant.items()):
        rows.sort(key=lambda r: r["Date"])
        times = [_us(date.fromisoformat(r["Date"])) for r in rows]
        need = float(np.nanmedian([_number(r[_NEED]) for r in rows]))
        own = {
            column: track_of(
                f"{plant}: {column}", path.name, nature, times, [_number(r[column]) for r in rows], dice,
                need if nature is Nature.STOCK else math.nan,
            )
            for column, nature in _PLANT_COLUMNS.items()
        }  # fmt: skip
        tracks += own.values()
        yards.append(Yard(own[_STOCK], (own[_COMES],), (own[_LEAVES],)))
    return tracks, yards


def _wide(path: Path, nature: Nature, others: dict[str, Nature], dice: np.random.Generator) -> list[Track]:
    rows = _rows(path)
    columns = [c for c in rows[0] if c not in ("date", "month", "week_end_date", "year", "w")]
    times = [_us(_day(row)) for row in rows]
    made = []
    for column in columns:
        values = [_number(r[column]) for r in rows]
        made.append(track_of(f"{path.stem}: {column}", path.name, others.get(column, nature), times, values, dice))
    return [t for t in made if len(t) > 2]


def _day(row: Row) -> date:
    for column in ("date", "month", "week_end_date"):
        if column in row:
            return date.fromisoformat(row[column])
    return date(int(row["year"]), 1, 1) + timedelta(days=7 * (int(float(row["w"])) - 1))
