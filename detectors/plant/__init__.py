"""When one place's stock will reach its critical line, from nothing but its own stock, receipts, burn and norm.

Comes in: one value per day of each. Goes out: chances of reaching the line within 24 h, 72 h, 7 d and 14 d, and P10, P50 and P90 of the time to it.
Always holds: pure; a forecast of a day uses that day and earlier ones only; the same plants and settings give the same numbers.
"""

from detectors.plant.forecaster import PlantForecaster, PlantOutlook
from detectors.plant.records import PlantDays
from detectors.plant.settings import ForecastSettings, Policy

__all__ = ["ForecastSettings", "PlantDays", "PlantForecaster", "PlantOutlook", "Policy"]
