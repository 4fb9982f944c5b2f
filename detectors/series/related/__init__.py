"""What is unusual in several related series at once: the sensors of one plant, coke and its coal, spot and future.

Comes in: a table of normal history, one row per step of equal length, one column per variable, to learn from; later rows to judge. Goes out: per row
a p-value, the value expected of each variable with its band, how far each variable alone explains what is unusual, and a sentence zh/en.
Always holds: pure and strictly causal; limits come from the normal history alone, by one rule (``limits.py``); rows judged one by one or in any
batches give the same numbers to the last bit; the state does not grow.
"""

from detectors.series.related.canonical import CanonicalVariates
from detectors.series.related.covariance import RobustCovariance
from detectors.series.related.dynamic_pca import DynamicPca
from detectors.series.related.forest import IsolatedRows
from detectors.series.related.judged import RelatedScored, sentences
from detectors.series.related.relation import BrokenRelation
from detectors.series.related.watch import RelatedSettings, RelatedWatch

__all__ = [
    "BrokenRelation",
    "CanonicalVariates",
    "DynamicPca",
    "IsolatedRows",
    "RelatedScored",
    "RelatedSettings",
    "RelatedWatch",
    "RobustCovariance",
    "sentences",
]
