"""Several views of one series, each a tail probability by the series' own history, joined into one alarm per event."""

from detectors.series.ensemble.detector import NAMES, Ensemble, EnsembleParameters

__all__ = ["NAMES", "Ensemble", "EnsembleParameters"]
