"""How far in time and how large a record may be, as the operator configured it (``intake/limits.yaml``)."""

from msgspec import Struct, field


class TimeLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Observed at most ``past_d`` days before and ``future_h`` hours after the lane's now."""

    past_d: float = 400.0
    future_h: float = 1.0


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of intake. ``indicators`` overrides the time limit for some indicators, ``series`` for single series.

    ``issued_future_h`` bounds issued_at against the lane's now. ``slip_factors`` are the factors tried when a value is implausible.
    """

    time: TimeLimit = TimeLimit()
    indicators: dict[str, TimeLimit] = {}
    series: dict[str, TimeLimit] = {}
    issued_future_h: float = 1.0
    slip_factors: list[float] = field(default_factory=lambda: [0.1, 0.01, 0.001, 1e-4, 1e-8, 10, 100, 1000, 1e4, 1e8])
    json_bytes: int = 8 * 1024 * 1024
    file_bytes: int = 32 * 1024 * 1024
    cap_bytes: int = 1024 * 1024
    message_bytes: int = 4 * 1024 * 1024
    detail_bytes: int = 16 * 1024

    def time_limit(self, series: str, indicator: str) -> TimeLimit:
        """Time limit of a series: its own, else its indicator's, else the common one."""
        return self.series.get(series) or self.indicators.get(indicator) or self.time
