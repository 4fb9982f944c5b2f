"""The decision about one (lane, node, product, hazard): open, worsen, ease, update, close. Pure."""

import hashlib
from datetime import datetime, timedelta

from msgspec import Struct, structs

from schemas.alert import Alert, AlertState
from schemas.assessment import Assessment
from schemas.lane import LaneKind, kind_of
from schemas.level import LEVEL_ZH, Level, rank

_OPENS_AT = 2
_MARK = {LaneKind.LIVE: ("", ""), LaneKind.DRILL: ("【演练】", "EXERCISE "), LaneKind.REPLAY: ("【回放】", "REPLAY ")}


class Policy(Struct, frozen=True, kw_only=True):
    """How long a lower level must hold before the episode follows it, and how often an open episode says that it still is."""

    hold: timedelta = timedelta(hours=24)
    least_confidence: float = 0.1
    restate_after: timedelta = timedelta(hours=24)
    least_between_updates: timedelta = timedelta(hours=6)


class Episode(Struct, frozen=True, kw_only=True):
    """What is remembered: the last step, since when the level is lower without a break, the highest level since then, and where that began.

    ``is_unknown`` says that the state was lost from sight and not seen since. After a restart only the last step is known (see ``recalled``);
    ``reread_from`` is the offset of the first assessment that changed something without a step since then (a hold begun, an unknown state
    seen again), from where a restart must read once more; None while the last step tells everything.
    """

    last: Alert
    heard_at: datetime
    lower_since: datetime | None = None
    lower_level: Level = Level.NORMAL
    reread_from: int | None = None
    is_unknown: bool = False

    def is_open(self) -> bool:
        """True until the closing step."""
        return self.last.state is not AlertState.CLOSED


def decide(
    episode: Episode | None, assessment: Assessment, policy: Policy, position: int
) -> tuple[Episode | None, Alert | None]:
    """Next state and the step to publish, if any. Assessments older than the newest heard of change nothing."""
    if episode is not None and assessment.as_of < episode.heard_at:
        return episode, None
    after, alert = _judge(episode, assessment, policy)
    if after is None:
        return None, None
    reread_from = position if alert is not None or after.reread_from is None else after.reread_from
    return structs.replace(after, reread_from=None if _is_told(after) else reread_from), alert


def recalled(alert: Alert) -> Episode:
    """The state that a step tells by itself: where a restart begins."""
    return Episode(last=alert, heard_at=alert.as_of, is_unknown=_says_unknown(alert))


def _is_told(episode: Episode) -> bool:
    """True if a restart that knows only the last step is in the same state."""
    is_seen_as_told = episode.is_unknown == _says_unknown(episode.last)
    return not episode.is_open() or (is_seen_as_told and episode.lower_since is None)


def _judge(episode: Episode | None, assessment: Assessment, policy: Policy) -> tuple[Episode | None, Alert | None]:
    if episode is None or not episode.is_open():
        return _maybe_open(episode, assessment)
    heard = structs.replace(episode, heard_at=assessment.as_of)
    if assessment.level is Level.UNKNOWN or assessment.confidence < policy.least_confidence:
        return _lose_sight(heard, assessment)
    height, current = rank(assessment.level) or 0, rank(episode.last.level) or 0
    heard = structs.replace(heard, is_unknown=False)
    if height > current:
        heard = structs.replace(heard, lower_since=None)
        return _step(heard, assessment, AlertState.WORSENED, assessment.level)
    if height < current:
        return _hold(heard, assessment, policy)
    heard = structs.replace(heard, lower_since=None)
    if episode.is_unknown or _says_more(episode.last, assessment, policy):
        return _step(heard, assessment, AlertState.UPDATED, episode.last.level)
    return heard, None


def _maybe_open(episode: Episode | None, assessment: Assessment) -> tuple[Episode | None, Alert | None]:
    if (rank(assessment.level) or 0) < _OPENS_AT:
        return (None if episode is None else structs.replace(episode, heard_at=assessment.as_of)), None
    if episode is not None and assessment.as_of <= episode.last.as_of:
        return episode, None
    path = _path(assessment, [assessment.node])
    alert = _alert(assessment, episode_id(assessment), 1, AlertState.OPENED, assessment.level, assessment.as_of, path)
    return Episode(last=alert, heard_at=assessment.as_of), alert


def _lose_sight(episode: Episode, assessment: Assessment) -> tuple[Episode, Alert | None]:
    heard = structs.replace(episode, lower_since=None)
    if episode.is_unknown or assessment.level is not Level.UNKNOWN:
        return heard, None
    return _step(structs.replace(heard, is_unknown=True), assessment, AlertState.UPDATED, episode.last.level)


def _hold(episode: Episode, assessment: Assessment, policy: Policy) -> tuple[Episode, Alert | None]:
    if episode.lower_since is None:
        return structs.replace(episode, lower_since=assessment.as_of, lower_level=assessment.level), None
    highest = max(episode.lower_level, assessment.level, key=lambda level: rank(level) or 0)
    if assessment.as_of - episode.lower_since < policy.hold:
        return structs.replace(episode, lower_level=highest), None
    rested = structs.replace(episode, lower_since=None)
    if highest is Level.NORMAL:
        return _step(rested, assessment, AlertState.CLOSED, Level.NORMAL)
    if assessment.level is not highest:
        rested = structs.replace(rested, lower_since=assessment.as_of, lower_level=assessment.level)
    return _step(rested, assessment, AlertState.EASED, highest)


def _says_more(last: Alert, assessment: Assessment, policy: Policy) -> bool:
    passed = assessment.as_of - last.as_of
    if passed < policy.least_between_updates:
        return False
    if passed >= policy.restate_after or _path(assessment, last.path) != last.path:
        return True
    before, after = last.hours_to_minimum_p50, assessment.hours_to_minimum_p50
    if before is None or after is None:
        return before is not after
    elapsed = passed.total_seconds() / 3600
    return abs(max(0.0, before - elapsed) - after) > max(2.0, 0.25 * before)


def _step(episode: Episode, assessment: Assessment, state: AlertState, level: Level) -> tuple[Episode, Alert]:
    last = episode.last
    path = _path(assessment, last.path)
    alert = _alert(assessment, last.episode, last.sequence + 1, state, level, last.opened_at, path)
    return structs.replace(episode, last=alert), alert


def _alert(
    assessment: Assessment,
    episode: str,
    sequence: int,
    state: AlertState,
    level: Level,
    opened_at: datetime,
    path: list[str],
) -> Alert:
    headline_zh, headline_en = _headline(assessment, state, level)
    return Alert(
        lane=assessment.lane,
        chain=assessment.chain,
        node=assessment.node,
        product=assessment.product,
        hazard=assessment.hazard,
        episode=episode,
        sequence=sequence,
        state=state,
        level=level,
        opened_at=opened_at,
        as_of=assessment.as_of,
        known_at=assessment.known_at,
        headline_zh=headline_zh,
        headline_en=headline_en,
        reason_zh="。".join(t for t in (assessment.reason_zh, assessment.smallest_change_zh) if t),
        reason_en=". ".join(t for t in (assessment.reason_en, assessment.smallest_change_en) if t),
        path=path,
        cover_days=assessment.cover_days,
        hours_to_minimum_p50=assessment.hours_to_minimum_p50,
        hours_to_zero_p50=assessment.hours_to_zero_p50,
        cover_days_physical=assessment.cover_days_physical,
        heat_kcal_per_kg=assessment.heat_kcal_per_kg,
        hours_to_minimum_p10=assessment.hours_to_minimum_p10,
        hours_to_minimum_p90=assessment.hours_to_minimum_p90,
        probability=assessment.probability,
    )


def _headline(assessment: Assessment, state: AlertState, level: Level) -> tuple[str, str]:
    mark_zh, mark_en = _MARK[kind_of(assessment.lane)]
    zh, en = assessment.reason_zh.split("。")[0], assessment.reason_en.split(". ")[0]
    word_zh = "解除" if state is AlertState.CLOSED else LEVEL_ZH[level]
    word_en = "closed" if state is AlertState.CLOSED else level.value
    return f"{mark_zh}【{word_zh}】{zh}", f"{mark_en}[{word_en}] {en}"


def _path(assessment: Assessment, before: list[str]) -> list[str]:
    """The way from the leading cause that lies elsewhere, from the place itself when none does. A place that is already under its minimum breaks with
    or without any cause, so that none is told: what was told ``before`` then stands."""
    if not assessment.causes:
        return before
    return next((c.path for c in assessment.causes if len(c.path) > 1), assessment.causes[0].path)


def _says_unknown(alert: Alert) -> bool:
    """True for the step that says an open episode has been lost from sight; causes and rule names, told later, do not count."""
    return alert.state is AlertState.UPDATED and LEVEL_ZH[Level.UNKNOWN] in alert.reason_zh.split("。")[0]


def episode_id(assessment: Assessment) -> str:
    """Name of the episode that an assessment opens: the same in every replay."""
    parts = (
        assessment.lane,
        assessment.node,
        assessment.product,
        assessment.hazard.value,
        assessment.as_of.isoformat(),
    )
    return "ep-" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]
