"""What a detector thinks of one observation."""

from datetime import datetime

from msgspec import Struct


class Score(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A score is a p-value: the probability of something at least as unusual in normal operation.

    Identity: lane, series, observed_at, known_at, detector, version. ``expected``, ``low``, ``high`` are in the series' unit and bound the
    central 99 %. ``is_anomaly`` is p_value ≤ the detector's alarm level, or by the alarm budget for the vote. ``sentence_zh`` and ``sentence_en`` say
    it in words when it is one. ``shadow``: of a detector that is only tried out beside the others; such a score counts for nothing.
    """

    lane: str
    series: str
    observed_at: datetime
    known_at: datetime
    detector: str
    version: str
    value: float
    p_value: float
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    is_anomaly: bool = False
    shadow: bool = False
    sentence_zh: str = ""
    sentence_en: str = ""


class ScoreMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scores of one feed message; topic, partition and offset say which, also when no score is worth sending. With ``tick``, a lane time: what the
    clock of the lane told of the messages up to that offset, beside what they told themselves."""

    lane: str
    topic: str
    partition: int
    offset: int
    scores: list[Score]
    tick: datetime | None = None
    v: int = 1
