"""How long until a limit is reached, as people read it: an interval with its middle. Pure."""

from msgspec import Struct

_DAYS_FROM_H = 72.0


class Interval(Struct, frozen=True):
    """Hours from now until the limit: earliest (P10), middle (P50), latest (P90). None: not within the forecast."""

    p10: float | None = None
    p50: float | None = None
    p90: float | None = None

    def is_known(self) -> bool:
        """False where the limit is not reached within the forecast in any of the cases."""
        return any(hours is not None for hours in (self.p10, self.p50, self.p90))


def remaining(p10: float | None, p50: float | None, p90: float | None, age_h: float) -> Interval:
    """The interval counted from now instead of from the assessment, which is ``age_h`` old; what is past is 0.

    >>> remaining(10.0, 30.0, None, 12.0)
    Interval(p10=0.0, p50=18.0, p90=None)
    """
    return Interval(*(None if hours is None else max(0.0, round(hours - age_h, 1)) for hours in (p10, p50, p90)))


def told(interval: Interval) -> tuple[str, str]:
    """The interval in both languages.

    >>> told(Interval(18.0, 30.0, 50.0)), told(Interval(0.0, 0.0, 0.0)), told(Interval())
    (('18～50 小时，中值 30', '18–50 h, median 30'), ('已到限', 'limit reached'), ('预测期内不到限', 'not within the forecast'))
    >>> told(Interval(60.0, 100.0, None))
    ('2.5 天～预测期外，中值 4.2', '2.5 d–beyond the forecast, median 4.2')
    """
    if not interval.is_known():
        return "预测期内不到限", "not within the forecast"
    if interval.p50 == 0.0 and (interval.p90 == 0.0 or interval.p90 is None):
        return "已到限", "limit reached"
    largest = max(hours for hours in (interval.p10, interval.p50, interval.p90) if hours is not None)
    divisor, zh, en = (1.0, " 小时", " h") if largest < _DAYS_FROM_H else (24.0, " 天", " d")
    low, middle, high = (None if hours is None else _number(hours / divisor, divisor) for hours in _all(interval))
    if low is None and middle is None:
        return f"可能在 {high}{zh}后", f"perhaps in {high}{en}"
    if low is None and high is None:
        return f"中值 {middle}{zh}", f"median {middle}{en}"
    ends_zh = f"{low or 0}～{high}{zh}" if high is not None else f"{low}{zh}～预测期外"
    ends_en = f"{low or 0}–{high}{en}" if high is not None else f"{low}{en}–beyond the forecast"
    if middle is None:
        return f"{ends_zh}，中值在预测期外", f"{ends_en}, median beyond it"
    return f"{ends_zh}，中值 {middle}", f"{ends_en}, median {middle}"


def _all(interval: Interval) -> tuple[float | None, float | None, float | None]:
    return interval.p10, interval.p50, interval.p90


def _number(value: float, divisor: float) -> str:
    return f"{value:.0f}" if divisor == 1.0 else f"{value:.1f}"
