"""Is a value plausible; if not, is it a decimal slip or a unit taken for another?"""

from collections.abc import Sequence

from msgspec import Struct

from schemas.chain import Series
from schemas.rejection import Reason


class Outside(Struct, frozen=True):
    """A value outside its plausible range: why, and what would be right."""

    reason: Reason
    wanted: str


def implausible(value: float, series: Series, slip_factors: Sequence[float]) -> Outside | None:
    """None when the value (in the unit of the series) lies in the plausible range, bounds included.

    Otherwise the first factor that brings it back in names it a decimal slip: 10, 100, 1,000 for a comma, 10,000 for 万.
    """
    low, high = series.plausible_low, series.plausible_high
    if low <= value <= high:
        return None
    span = f"{low:g}–{high:g} {series.unit}"
    better = next((f for f in slip_factors if value != 0 and low <= value * f <= high), None)
    if better is None or value * better == 0:
        return Outside(Reason.IMPLAUSIBLE, f"{span} 之内 / within {span}")
    right = f"{value * better:.12g} {series.unit}"
    return Outside(
        Reason.DECIMAL_SLIP,
        f"{span} 之内；{_cause_zh(better)}应为 {right}？ / within {span}; {_cause_en(better)}, {right} would fit",
    )


def _cause_zh(factor: float) -> str:
    if factor in (1e-4, 1e4):
        return "是否混淆了万吨与吨，"
    return f"是否小数点错位（{_times(factor)}），"


def _cause_en(factor: float) -> str:
    if factor in (1e-4, 1e4):
        return "perhaps 万 (10,000) was given as units or the reverse"
    return f"perhaps a decimal slip ({_times(factor)})"


def _times(factor: float) -> str:
    return f"×{factor:g}" if factor >= 1 else f"÷{1 / factor:g}"
