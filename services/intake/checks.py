"""The checks of one candidate, in the order in which they are made. Pure: time, catalogue and limits are in the judge."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.chain import Series
from schemas.lane import Lane, LaneKind, kind_of
from schemas.provider import Provider
from schemas.quality import Quality
from schemas.rejection import Reason
from schemas.report import TELEPHONE, is_report
from services.intake.candidate import Candidate, Finding, about
from services.intake.catalogue import Catalogue, is_listed
from services.intake.limits import Limits
from services.runtime.clock import lane_time

MAX_NAME = 200
QUALITY_WORDS: dict[str, Quality] = {
    **{q.name.lower(): q for q in Quality},
    "": Quality.GOOD,
    "正常": Quality.GOOD,
    "良好": Quality.GOOD,
    "有效": Quality.GOOD,
    "估计": Quality.ESTIMATED,
    "估算": Quality.ESTIMATED,
    "预计": Quality.ESTIMATED,
    "可疑": Quality.SUSPECT,
    "存疑": Quality.SUSPECT,
    "坏": Quality.BAD,
    "无效": Quality.BAD,
}


class Judge(Struct, frozen=True, kw_only=True):
    """Everything a judgement depends on. ``provider`` None is the operator, who may write every series and lane.

    ``arrived_at`` is the wall time of the first arrival, which a retry repeats.
    """

    catalogue: Catalogue
    limits: Limits
    source: str
    arrived_at: datetime
    provider: Provider | None = None

    def known_at(self, lane: str) -> datetime:
        """Lane time of the arrival; wall time for a lane that does not exist."""
        found = self.catalogue.lanes.get(lane)
        return lane_time(found, self.arrived_at) if found else self.arrived_at


class Subject(Struct, frozen=True):
    """A candidate before its judge."""

    judge: Judge
    candidate: Candidate

    @property
    def series(self) -> Series:
        """Its series; only after the check of the series."""
        return self.judge.catalogue.series[self.candidate.series]

    def now(self) -> datetime:
        """Lane time of its arrival."""
        return self.judge.known_at(self.candidate.lane)


def _lane(subject: Subject) -> Finding | None:
    candidate, judge = subject.candidate, subject.judge
    lane: Lane | None = judge.catalogue.lanes.get(candidate.lane)
    if lane is None:
        wanted = "live 或已打开的 drill:<id>、replay:<id> / live, or an open drill:<id> or replay:<id>"
        return about(candidate, Reason.BAD_LANE, "lane", candidate.lane, wanted)
    allowed = judge.provider.lanes if judge.provider else ["*"]
    if not is_listed(candidate.lane, allowed):
        wanted = f"本单位可用通道：{'、'.join(allowed)} / lanes of this provider: {', '.join(allowed)}"
        return about(candidate, Reason.BAD_LANE, "lane", candidate.lane, wanted)
    if lane.closed_at is not None:
        return about(candidate, Reason.LANE_CLOSED, "lane", candidate.lane, "一个未关闭的通道 / a lane that is open")
    return None


def _series(subject: Subject) -> Finding | None:
    candidate = subject.candidate
    if candidate.series in subject.judge.catalogue.series:
        return None
    near = subject.judge.catalogue.nearest(candidate.series)
    hint = f"，是否为 {near}？" if near else "，见 GET /v1/series"
    hint_en = f"; did you mean {near}?" if near else "; see GET /v1/series"
    wanted = f"目录中的序列编号{hint} / a series id of the catalogue{hint_en}"
    return about(candidate, Reason.UNKNOWN_SERIES, "series", candidate.series, wanted)


def _ownership(subject: Subject) -> Finding | None:
    candidate, provider = subject.candidate, subject.judge.provider
    if is_report(candidate.series) and subject.judge.source != TELEPHONE:
        wanted = "接报事件只由接报登记录入 / reported events are entered by officers alone, with report.event"
        return about(candidate, Reason.FOREIGN_SERIES, "series", candidate.series, wanted)
    if provider is None or is_listed(candidate.series, provider.series):
        return None
    own = ", ".join(provider.series[:5]) + (" …" if len(provider.series) > 5 else "")
    wanted = f"本单位的序列：{own} / a series of this provider: {own}"
    return about(candidate, Reason.FOREIGN_SERIES, "series", candidate.series, wanted)


def _observed(subject: Subject) -> Finding | None:
    candidate = subject.candidate
    if candidate.observed_at.tzinfo is None:
        return _naive(candidate, "observed_at", candidate.observed_at)
    limit = subject.judge.limits.time_limit(candidate.series, subject.series.indicator)
    now = subject.now()
    latest = now + timedelta(hours=limit.future_h)
    if candidate.observed_at > latest:
        wanted = f"不晚于 {latest:%Y-%m-%dT%H:%MZ} / not after {latest:%Y-%m-%dT%H:%MZ}"
        return about(candidate, Reason.TOO_FAR_FUTURE, "observed_at", candidate.observed_at.isoformat(), wanted)
    if kind_of(candidate.lane) is LaneKind.REPLAY:
        return None
    earliest = now - timedelta(days=limit.past_d)
    if candidate.observed_at < earliest:
        wanted = f"不早于 {earliest:%Y-%m-%dT%H:%MZ} / not before {earliest:%Y-%m-%dT%H:%MZ}"
        return about(candidate, Reason.TOO_FAR_PAST, "observed_at", candidate.observed_at.isoformat(), wanted)
    return None


def _issued(subject: Subject) -> Finding | None:
    candidate = subject.candidate
    issued = candidate.issued_at
    if issued is None:
        return None
    if issued.tzinfo is None:
        return _naive(candidate, "issued_at", issued)
    if issued < candidate.observed_at:
        wanted = f"不早于 observed_at / not before observed_at {candidate.observed_at.isoformat()}"
        return about(candidate, Reason.ISSUED_BEFORE_OBSERVED, "issued_at", issued.isoformat(), wanted)
    latest = subject.now() + timedelta(hours=subject.judge.limits.issued_future_h)
    if issued > latest:
        wanted = f"不晚于 {latest:%Y-%m-%dT%H:%MZ} / not after {latest:%Y-%m-%dT%H:%MZ}"
        return about(candidate, Reason.TOO_FAR_FUTURE, "issued_at", issued.isoformat(), wanted)
    return None


def _naive(candidate: Candidate, field: str, given: datetime) -> Finding:
    wanted = f"带时区，如 {given.isoformat()}+08:00 / with an offset, such as {given.isoformat()}+08:00"
    return about(candidate, Reason.TIME_WITHOUT_OFFSET, field, given.isoformat(), wanted)


def _finite(subject: Subject) -> Finding | None:
    candidate = subject.candidate
    if math.isfinite(candidate.value):
        return None
    wanted = "有限数；无数据则不报 / a finite number; send nothing when there is no data"
    return about(candidate, Reason.NOT_FINITE, "value", str(candidate.value), wanted)


def _quality(subject: Subject) -> Finding | None:
    candidate = subject.candidate
    if candidate.quality.strip().lower() in QUALITY_WORDS:
        return None
    wanted = "good 正常、estimated 估计、suspect 可疑、bad 无效 / good, estimated, suspect or bad"
    return about(candidate, Reason.BAD_QUALITY, "quality", candidate.quality, wanted)


def _sizes(subject: Subject) -> Finding | None:
    candidate = subject.candidate
    if candidate.key is not None and len(candidate.key) > MAX_NAME:
        wanted = f"至多 {MAX_NAME} 字 / at most {MAX_NAME} characters"
        return about(candidate, Reason.TOO_LARGE, "key", candidate.key, wanted)
    most = subject.judge.limits.detail_bytes
    if candidate.detail is not None and len(candidate.detail.encode()) > most:
        wanted = f"至多 {most} 字节 / at most {most} bytes"
        return about(candidate, Reason.TOO_LARGE, "detail", candidate.detail, wanted)
    return None


CHECKS: tuple[Callable[[Subject], Finding | None], ...] = (
    _lane,
    _series,
    _ownership,
    _observed,
    _issued,
    _finite,
    _quality,
    _sizes,
)
"""The order of judging; the first finding is told. Unit and plausible range come after them."""
