"""The detectors an analyst may ask for, by name."""

from collections.abc import Callable, Mapping, Sequence

from detectors.series.bank import standard_detectors
from detectors.series.detector import Detector
from detectors.series.ensemble import Ensemble
from services.detection.entries import KNOWN
from services.runtime.errors import InputError

MAKERS: Mapping[str, Callable[[], Detector]] = {
    **{name: made.detector for name, made in KNOWN.items()},
    Ensemble.name: Ensemble,
}
STANDARD = (*(d.name for d in standard_detectors()), Ensemble.name)
"""Those that judge when none are named."""
DETECTOR_WORDS: dict[str, tuple[str, str]] = {
    "robust_level": ("稳健水平", "robust level"),
    "ewma": ("平滑水平", "EWMA"),
    "cusum": ("累积和", "CUSUM"),
    "page_hinkley": ("均值变化", "Page-Hinkley"),
    "seasonal": ("季节基线", "seasonal baseline"),
    "cover_trend": ("覆盖趋势", "cover trend"),
    "ensemble": ("综合", "ensemble"),
    "change_point": ("变点", "change point"),
    "forecast_residual": ("预测残差", "forecast residual"),
}


def detectors_named(names: Sequence[str]) -> list[Detector]:
    """Fresh detectors; the standard ones without names. Raises InputError for an unknown or repeated name."""
    wanted = tuple(n.strip() for n in names if n.strip()) or STANDARD
    unknown = [n for n in wanted if n not in MAKERS]
    if unknown or len(set(wanted)) < len(wanted):
        given, right = "、".join(unknown or wanted), ", ".join(MAKERS)
        raise InputError(
            f"--detectors {given}: 没有这个检测器，或重复；可用 {right} / unknown or named twice; {right} are right"
        )
    return [MAKERS[n]() for n in wanted]
