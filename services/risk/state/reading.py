"""The newest usable row of a series with its age and trust."""

from msgspec import Struct, structs

from detectors.series.quality.ledger import Finding
from detectors.series.quality.trust import Trust
from schemas.assessment import InputState
from schemas.chain import Series
from schemas.quality import Quality
from schemas.report import PHONED
from services.risk.evidence import HOUR_US, Evidence, Row
from services.runtime.clock import from_us

DOUBTED = 0.5
"""What is left of the trust in an anomalous reading that no other bears out."""
DISTRUSTED = 0.6
"""Trust in a feed below which its readings are known less surely, the less the lower."""


HEARD, HEARD_UNVERIFIED = 0.8, 0.5
"""What is left of the trust in a reading that an officer took over the telephone, verified or not."""
_WHOLE = Trust(1.0, ())


_LEAST = 0.15
"""No feed that still reports counts for less: what it tells of a danger is seen, however little it is believed."""


class Reading(Struct, frozen=True):
    """Newest usable row of a series, its age in hours and its trust: that of its feed when fresh, falling to 0 at the age at which silence is an
    alarm; half of it for an anomalous reading in doubt, whose p-value is ``anomaly_p``. ``is_contradicted`` when its series disagrees with all
    others over weeks. ``feed``: trust in what its provider reports of the series, with the reasons. ``heard``: what is left of the trust in a
    reading that came by telephone, 1 for others."""

    series: Series
    row: Row | None
    age_h: float
    trust: float
    anomaly_p: float | None = None
    is_contradicted: bool = False
    feed: Trust = _WHOLE
    heard: float = 1.0

    @property
    def widening(self) -> float:
        """By how many times what is read is less sure than usual."""
        return max(1.0, DISTRUSTED / max(self.feed.score, 0.1)) / self.heard

    def doubted(self, p_value: float) -> "Reading":
        """The reading in doubt."""
        return structs.replace(self, trust=DOUBTED * self.trust, anomaly_p=p_value)

    def slipped(self) -> "Reading":
        """The reading with its decimal point in the wrong place."""
        return structs.replace(self, trust=DOUBTED * self.trust, is_contradicted=True)

    def state(self) -> InputState:
        """The reading as it is shown."""
        return InputState(
            series=self.series.id,
            observed_at=from_us(self.row.observed_us) if self.row else None,
            value=self.row.value if self.row else None,
            age_hours=round(self.age_h, 2) if self.row else None,
            trust=round(self.trust, 3),
            feed_trust=round(self.feed.score, 3),
            anomaly_p=self.anomaly_p,
            is_contradicted=self.is_contradicted,
        )


def read(evidence: Evidence, series: Series, as_of_us: int, beside: tuple[Finding, ...] = ()) -> Reading:
    """Newest usable row of a series with age and trust; ``beside`` are findings about it that no score tells."""
    history = evidence.of(series.id)
    row = history.newest(as_of_us) if history else None
    if row is None:
        return Reading(series, None, float("inf"), 0.0)
    age = (as_of_us - row.observed_us) / HOUR_US
    fresh, silent = series.cadence_h + series.lateness_h, max(series.silence_h, 1e-6)
    trust = 1.0 if age <= fresh else max(0.0, 1.0 - (age - fresh) / max(silent - fresh, 1e-6))
    feed = history.provenance.trust(series, as_of_us, beside) if history else _WHOLE
    heard = heard_of(row)
    left = heard * max(feed.score, _LEAST) * trust if age <= silent else 0.0
    return Reading(series, row, age, left, feed=feed, heard=heard)


def heard_of(row: Row) -> float:
    """What is left of the trust in a row that came by telephone: less where nobody verified it, which its quality says; 1 for any other row."""
    if row.detail is None or not row.detail.startswith(PHONED):
        return 1.0
    return HEARD if row.quality == Quality.GOOD else HEARD_UNVERIFIED
