"""Series of a place: what was reported, how it was scored, how far its feed is to be believed."""

from datetime import datetime, timedelta

from msgspec import Struct

from services.console.shelf import Shelf

_HISTORY = """
SELECT DISTINCT ON (s.series, o.observed_at) s.series, s.indicator, s.unit, o.observed_at, o.value, o.quality
FROM observation o JOIN lane l USING (lane_id) JOIN series s USING (series_id)
WHERE l.lane = %s AND s.node = %s AND s.product = %s AND s.indicator = ANY(%s) AND s.link_target = '' AND o.observed_at > %s AND o.observed_at <= %s
ORDER BY s.series, o.observed_at, o.issued_at DESC
"""
_FEEDS = """
SELECT b.series, b.name_zh, b.name_en, b.provider, b.feed, b.is_essential, b.observed_at, b.silence_h, b.age_h, b.is_silent, s.indicator, s.unit,
    s.product
FROM v_board_silence b JOIN v_series s USING (series) WHERE b.lane = %s AND s.chain = %s AND b.node = %s ORDER BY b.is_essential DESC, b.series
"""
_SCORES = """
SELECT DISTINCT ON (c.series, c.detector) c.series, c.detector, c.observed_at, c.value, c.p_value, c.expected, c.low, c.high, c.is_anomaly,
    c.sentence_zh, c.sentence_en, s.name_zh, s.name_en, s.unit
FROM score c JOIN v_series s USING (series) WHERE c.lane = %s AND s.chain = %s AND s.node = %s AND NOT c.shadow AND c.observed_at > %s
    AND (c.is_anomaly OR c.expected IS NOT NULL)
ORDER BY c.series, c.detector, c.observed_at DESC, c.known_at DESC
"""
_HAZARDS = """
SELECT DISTINCT ON (s.series) s.series, s.name_zh, s.name_en, o.observed_at, o.value
FROM observation o JOIN lane l USING (lane_id) JOIN series s USING (series_id)
WHERE l.lane = %s AND s.chain = %s AND s.indicator = 'hazard_level' AND split_part(s.series, '.', 3) = ANY(%s)
ORDER BY s.series, o.observed_at DESC, o.issued_at DESC
"""


class Seen(Struct, frozen=True, kw_only=True):
    """One observed value, in its newest revision."""

    series: str
    indicator: str
    unit: str
    observed_at: datetime
    value: float
    quality: int


class FeedState(Struct, frozen=True, kw_only=True):
    """A series with the age of its newest report."""

    series: str
    name_zh: str
    name_en: str
    provider: str
    feed: str
    is_essential: bool
    observed_at: datetime | None
    silence_h: float
    age_h: float | None
    is_silent: bool
    indicator: str
    unit: str
    product: str


class Scored(Struct, frozen=True, kw_only=True):
    """The last score of a detector on a series, with the range it expected and its sentence."""

    series: str
    name_zh: str
    name_en: str
    unit: str
    detector: str
    observed_at: datetime
    value: float
    p_value: float
    expected: float | None
    low: float | None
    high: float | None
    is_anomaly: bool
    sentence_zh: str
    sentence_en: str


class HazardState(Struct, frozen=True, kw_only=True):
    """The last word of a hazard series; ``value`` 0: nothing in force, 1 to 4: blue to red."""

    series: str
    name_zh: str
    name_en: str
    observed_at: datetime
    value: float

    @property
    def level(self) -> str:
        """Its colour."""
        return ("normal", "blue", "yellow", "orange", "red")[min(4, max(0, round(self.value)))]


def history(
    shelf: Shelf, lane: str, node: str, product: str, indicators: tuple[str, ...], since: datetime, until: datetime
) -> list[Seen]:
    """Observed values of a place in the order of time, series by series."""
    rows = shelf.rows(_HISTORY, (lane, node, product, list(indicators), since, until))
    return [Seen(**{**row, "quality": int(row["quality"])}) for row in rows]


def feeds_of(shelf: Shelf, lane: str, chain: str, node: str) -> list[FeedState]:
    """The feeds of a place, those that its assessment cannot do without first."""
    return [FeedState(**{**row, "age_h": _number(row["age_h"])}) for row in shelf.rows(_FEEDS, (lane, chain, node))]


def scores_of(shelf: Shelf, lane: str, chain: str, node: str, now: datetime) -> list[Scored]:
    """The last score of each detector on each series of a place within a month, anomalies first, the newest first."""
    found = [Scored(**row) for row in shelf.rows(_SCORES, (lane, chain, node, now - timedelta(days=31)))]
    return sorted(found, key=lambda s: (not s.is_anomaly, -s.observed_at.timestamp(), s.series, s.detector))


def hazards_of(shelf: Shelf, lane: str, chain: str, admin_code: str) -> list[HazardState]:
    """Hazard warnings of the area of a place, county, city and province; those in force first."""
    areas = [admin_code, f"{admin_code[:4]}00", f"{admin_code[:2]}0000"]
    found = [HazardState(**row) for row in shelf.rows(_HAZARDS, (lane, chain, areas))]
    return sorted(found, key=lambda h: (-h.value, h.series))


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
