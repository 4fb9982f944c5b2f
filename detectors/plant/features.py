"""What is seen of a plant on a day, in shares of its norm and in days of its burn, so that plants of every size look alike.

All is measured from a *line* (a share of the norm), so that the same columns describe the way to any line.
"""

import numpy as np

from detectors.plant.records import PlantDays
from detectors.plant.windows import deviation, highest, lagged, lowest, mean, run_length, slope
from detectors.series.onsets import Days, carried_forward

_LEAST_BURN = 0.004
_LEAST_MARGIN = 0.005


def features(plant: PlantDays, line: float, carried_days: int) -> dict[str, Days]:
    """Columns by name, each of shape (days,). Receipts and burn are of the norm per day; trends of stock are over today's norm."""
    ratio = plant.ratio(carried_days)
    norm = carried_forward(np.where(plant.norm > 0, plant.norm, np.nan), carried_days)
    stock = carried_forward(plant.stock, carried_days)
    burn, receipts = plant.burn / norm, plant.receipts / norm
    margin = ratio - line
    columns = _level(ratio, margin, line)
    columns |= _trend(stock, norm, margin)
    columns |= _flows(receipts, burn, margin)
    columns |= _range(stock, norm, margin)
    columns |= _regime(ratio, line)
    columns |= _rhythm(stock, norm)
    columns |= _spread(stock, norm, margin, columns["net_7"])
    return columns


def _level(ratio: Days, margin: Days, line: float) -> dict[str, Days]:
    return {"margin": margin, "ratio": ratio, "log_ratio": np.log(np.maximum(ratio, 1e-3) / line)}


def _trend(stock: Days, norm: Days, margin: Days) -> dict[str, Days]:
    columns: dict[str, Days] = {}
    for days in (1, 3, 7, 14, 28):
        net = (stock - lagged(stock, days)) / norm / days
        columns[f"net_{days}"] = net
        columns[f"projected_{days}"] = np.clip(margin + 14 * net, -1, 3)
        columns[f"eaten_{days}"] = np.clip(-net * 10 / np.maximum(margin, _LEAST_MARGIN), -5, 5)
    for days in (5, 10, 21):
        columns[f"slope_{days}"] = slope(stock, days) / norm
    columns["bend"] = columns["net_3"] - columns["net_14"]
    return columns


def _flows(receipts: Days, burn: Days, margin: Days) -> dict[str, Days]:
    week, month = mean(burn, 7), mean(burn, 28)
    columns = {
        "burn_7": week,
        "burn_28": month,
        "burn_trend": np.log((week + 0.003) / (month + 0.003)),
        "cover": np.clip(margin / np.maximum(week, _LEAST_MARGIN), -10, 60),
        "receipt_peak": highest(receipts, 14) / np.maximum(month, _LEAST_BURN),
        "receipt_spread": deviation(receipts, 28) / np.maximum(month, _LEAST_MARGIN),
        "receipt_gaps": mean(np.where(np.isnan(receipts), np.nan, receipts <= 0), 14),
    }
    for days in (3, 7, 14, 28, 56):
        got, used = mean(receipts, days), mean(burn, days)
        columns[f"replaced_{days}"] = np.clip(got / np.maximum(used, _LEAST_BURN), 0, 3)
        columns[f"flow_{days}"] = got - used
    return columns


def _range(stock: Days, norm: Days, margin: Days) -> dict[str, Days]:
    columns: dict[str, Days] = {}
    for days in (7, 14, 28, 56):
        low, high = lowest(stock, days) / norm, highest(stock, days) / norm
        now = stock / norm
        columns[f"low_{days}"] = low - now + margin
        columns[f"high_{days}"] = high - now + margin
        columns[f"fallen_{days}"] = high - now
        columns[f"risen_{days}"] = now - low
    return columns


def _regime(ratio: Days, line: float) -> dict[str, Days]:
    is_known = ~np.isnan(ratio)
    calm = calm_days(ratio, line)
    return {
        "calm": np.minimum(calm, 30),
        "wait": np.clip(15 - calm, 1, 15),
        "below_60": mean(np.where(is_known, ratio < line, np.nan), 60),
        "near_60": mean(np.where(is_known, ratio < line + 0.1, np.nan), 60),
        "mean_60": mean(ratio, 60) - line,
    }


def _rhythm(stock: Days, norm: Days) -> dict[str, Days]:
    change = stock - lagged(stock, 1)
    falls = change < 0
    return {
        "falling_run": np.minimum(run_length(falls), 14),
        "falls_7": mean(falls.astype(np.float64), 7),
        "falls_14": mean(falls.astype(np.float64), 14),
        "norm_change": np.clip(norm / lagged(norm, 28) - 1, -0.5, 0.5),
    }


def _spread(stock: Days, norm: Days, margin: Days, net: Days) -> dict[str, Days]:
    change = (stock - lagged(stock, 1)) / norm
    columns: dict[str, Days] = {}
    for days in (14, 28):
        spread = deviation(change, days)
        fortnight = np.maximum(spread * np.sqrt(14), _LEAST_MARGIN)
        columns[f"spread_{days}"] = spread
        columns[f"distance_{days}"] = np.clip(margin / fortnight, -5, 15)
        columns[f"drifted_{days}"] = np.clip((margin + 7 * net) / fortnight, -5, 15)
    return columns


def calm_days(ratio: Days, line: float) -> Days:
    """Days in a row, today included, that are known and at or above the line."""
    return run_length(np.asarray(ratio >= line))
