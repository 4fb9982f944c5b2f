"""A table read by a shipped mapping becomes plants on one grid, and its results one JSON object."""

import csv
import io
from datetime import date, timedelta

import numpy as np
import pytest

from detectors.plant import PlantDays
from detectors.plant.folds import Scored
from detectors.plant.settings import Policy
from services.cli.backtest.plant_report import figures
from services.cli.backtest.plant_score import PlantBacktest
from services.cli.backtest.plant_table import PlantTable, read_plants
from services.intake.history.loading import History, load_history
from services.runtime.assets import asset_path
from services.runtime.errors import InputError

MAPPING = asset_path("deploy/config/history/india_plant_stock.yaml")


def _history() -> History:
    """Ten days of two plants; day 3 of plant B is missing."""
    file = io.StringIO()
    header = [
        "Date",
        "State Name",
        "Power Station Name",
        "Sector of Power Station",
        "Utility",
        "Mode Of Transport",
        "Capacity of Power Station In Th Tonnes",
        "Daily Requirement In Th Tonnes",
        "Daily Receipt In Th Tonnes",
        "Daily Consumption In Th Tonnes",
        "Requried Normative Stock In Th Tonnes",
        "Normative Stock Days In Th Tonnes",
        "Actual Indigenous Stock In Th Tonnes",
        "Import Stock in Th Tonnes",
        "Total Stock In Th Tonnes",
        "Plant Load Factor In Percentage",
        "Percentage of Actual Stock Vs Normative In Stock",
        "Thermo Dynamic Condition",
        "Remarks",
    ]
    writer = csv.writer(file)
    writer.writerow(header)
    for day in range(10):
        for name, stock in (("Alpha Tps", 50 - day), ("Beta Tps", 100)):
            if (name, day) != ("Beta Tps", 3):
                at = (date(2024, 7, 1) + timedelta(days=day)).isoformat()
                writer.writerow(
                    [at, "S", name, "P", "U", "Rail", 90, 5, 4, 5, 100, 20, stock, 0, stock, 60, stock, "", ""]
                )
    return load_history(MAPPING.read_text(encoding="utf-8"), str(MAPPING), file.getvalue().encode(), "t.csv")


def test_plants_stand_on_one_grid_in_tonnes() -> None:
    table = read_plants(_history(), "inflow", "use")
    assert table.first == date(2024, 7, 1)
    assert len(table.plants) == len(table.nodes) == 2
    alpha, beta = table.plants
    assert alpha.stock.tolist() == [1000.0 * (50 - day) for day in range(10)]
    assert (alpha.receipts[0], alpha.burn[0], alpha.norm[0]) == (4000.0, 5000.0, 100_000.0)
    assert np.flatnonzero(np.isnan(beta.stock)).tolist() == [3]
    assert beta.ratio(table.rule.carried_days)[3] == 1.0


def test_an_unknown_indicator_is_named() -> None:
    with pytest.raises(InputError, match="arrivals"):
        read_plants(_history(), "arrivals", "use")


def test_only_onsets_and_warnings_of_the_judged_days_count(plants: list[PlantDays]) -> None:
    table = PlantTable(
        first=date(2024, 1, 1), nodes=[], plants=plants, rule=read_plants(_history(), "inflow", "use").rule
    )
    backtest = PlantBacktest(table, seed=0)
    told = Scored(np.zeros((240, 30)), Policy(0.5, 0.5))
    whole = backtest._score("全", "all", [told] * len(plants), 0)
    late = backtest._score("后", "late", [told] * len(plants), 120)
    out = figures([whole, late])
    rows = [t["rows"] for t in out["tables"]]
    assert [r["name"] for r in rows[0]][-1] == "this forecast"
    assert rows[0][-1]["warnings"] == 0
    assert 0 < rows[1][0]["onsets"] < rows[0][0]["onsets"]
    assert rows[1][0]["plant_years"] == pytest.approx(rows[0][0]["plant_years"] / 2, abs=0.1)
    assert out["tables"][0]["chosen"] == ["likely 0.50, soon 0.50 (24 plants)"]


def test_too_small_a_table_is_refused() -> None:
    with pytest.raises(InputError, match="2 plants for 6 folds"):
        PlantBacktest(read_plants(_history(), "inflow", "use"), seed=0).run(lambda _: None)
