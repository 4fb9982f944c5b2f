"""The decision about one (lane, node, product, hazard): open, worsen, ease, update, close, withdraw. Pure.

Raising is never held back. Easing waits for the hold, which is learned from the place's own dips. An episode closes only when all was normal over
the hold and every essential input was observed afresh and trusted in it; from orange on a person must agree. The unknown closes nothing.
"""

import hashlib
from datetime import datetime

from msgspec import Struct, structs

from schemas.alert import Alert, AlertState, Ending
from schemas.assessment import Assessment
from schemas.lane import LaneKind, kind_of
from schemas.level import Level, rank
from services.alerting.noise import learned_hold, with_dip
from services.alerting.policy import Policy
from services.alerting.recovery import is_observed_since, is_seen, is_well, revised
from services.alerting.step import first_step, next_step, way
from services.alerting.wording import retraction

_OPENS_AT = 2


class Episode(Struct, frozen=True, kw_only=True):
    """What is remembered beside the last step: since when the level is lower without a break and the highest level since then, since when all is
    normal and trusted, the dips learned so far, and whether the state is lost from sight.

    After a restart only the last step is known (see ``recalled``); ``reread_from`` is the offset of the first assessment that changed something
    without a step since then, from where a restart must read once more; None while the last step tells everything.
    """

    last: Alert
    heard_at: datetime
    lower_since: datetime | None = None
    lower_level: Level = Level.NORMAL
    normal_since: datetime | None = None
    dips: tuple[float, ...] = ()
    is_unknown: bool = False
    reread_from: int | None = None

    def is_open(self) -> bool:
        """True until the closing step."""
        return self.last.state is not AlertState.CLOSED


Outcome = tuple[Episode, Alert | None]


def decide(
    episode: Episode | None, assessment: Assessment, policy: Policy, position: int
) -> tuple[Episode | None, Alert | None]:
    """Next state and the step to publish, if any. Assessments older than the newest heard of change nothing."""
    if episode is not None and assessment.as_of < episode.heard_at:
        return episode, None
    if episode is None or not episode.is_open():
        after, alert = _maybe_open(episode, assessment, policy)
    else:
        after, alert = _go_on(structs.replace(episode, heard_at=assessment.as_of), assessment, policy)
    if after is None:
        return None, None
    reread_from = position if alert is not None or after.reread_from is None else after.reread_from
    return structs.replace(after, reread_from=None if _is_told(after) else reread_from), alert


def recalled(alert: Alert) -> Episode:
    """The state that a step tells by itself: where a restart begins."""
    return Episode(
        last=alert,
        heard_at=alert.as_of,
        normal_since=alert.normal_since,
        dips=tuple(alert.dips_hours),
        is_unknown=alert.is_unknown,
    )


def _is_told(episode: Episode) -> bool:
    """True if a restart that knows only the last step is in the same state."""
    last = episode.last
    return not episode.is_open() or (
        episode.lower_since is None
        and episode.is_unknown == last.is_unknown
        and episode.normal_since == last.normal_since
        and episode.dips == tuple(last.dips_hours)
    )


def _maybe_open(episode: Episode | None, assessment: Assessment, policy: Policy) -> tuple[Episode | None, Alert | None]:
    if (rank(assessment.level) or 0) < _OPENS_AT or (episode is not None and assessment.as_of <= episode.last.as_of):
        return (None if episode is None else structs.replace(episode, heard_at=assessment.as_of)), None
    dips: tuple[float, ...] = ()
    if episode is not None:  # a warning that comes back soon after it closed had dipped
        since = episode.last.normal_since or episode.last.as_of
        dips = with_dip(episode.last.dips_hours, assessment.as_of - since, policy)
    alert = first_step(assessment, episode_id(assessment), dips, learned_hold(dips, policy))
    return Episode(last=alert, heard_at=assessment.as_of, dips=dips), alert


def _go_on(episode: Episode, assessment: Assessment, policy: Policy) -> Outcome:
    if not is_seen(assessment, policy):
        return _lose_sight(episode, assessment, policy)
    episode = _note_wellness(episode, assessment, policy)
    wrong = revised(episode.last.basis, assessment, policy)
    height, current = rank(assessment.level) or 0, rank(episode.last.level) or 0
    if wrong is not None and height < _OPENS_AT:
        return _withdraw(episode, assessment, policy, retraction(*wrong))
    was_unknown = episode.is_unknown
    episode = structs.replace(episode, is_unknown=False)
    if height > current:
        return _step(_end_dip(episode, assessment, policy), assessment, policy, AlertState.WORSENED, assessment.level)
    if height < current:
        return _hold(episode, assessment, policy)
    episode = _end_dip(episode, assessment, policy)
    if _may_close(episode, assessment, policy):
        return _close(episode, assessment, policy)
    if was_unknown or _says_more(episode, assessment, policy):
        return _step(episode, assessment, policy, AlertState.UPDATED, episode.last.level)
    return episode, None


def _note_wellness(episode: Episode, assessment: Assessment, policy: Policy) -> Episode:
    if not is_well(assessment, policy):
        return structs.replace(episode, normal_since=None)
    return structs.replace(episode, normal_since=episode.normal_since or assessment.as_of)


def _end_dip(episode: Episode, assessment: Assessment, policy: Policy) -> Episode:
    """The level is back where it was: what was lower in between was a dip."""
    if episode.lower_since is None:
        return episode
    dips = with_dip(episode.dips, assessment.as_of - episode.lower_since, policy)
    return structs.replace(episode, lower_since=None, dips=dips)


def _lose_sight(episode: Episode, assessment: Assessment, policy: Policy) -> Outcome:
    """Lost from sight: nothing that was held counts any more. Said once, and only of a state that is unknown, not of one poorly known."""
    blind = structs.replace(episode, lower_since=None, normal_since=None)
    if episode.is_unknown or assessment.level is not Level.UNKNOWN:
        return blind, None
    return _step(structs.replace(blind, is_unknown=True), assessment, policy, AlertState.UPDATED, episode.last.level)


def _hold(episode: Episode, assessment: Assessment, policy: Policy) -> Outcome:
    if episode.lower_since is None:
        return structs.replace(episode, lower_since=assessment.as_of, lower_level=assessment.level), None
    highest = max(episode.lower_level, assessment.level, key=lambda level: rank(level) or 0)
    if assessment.as_of - episode.lower_since < learned_hold(episode.dips, policy):
        return structs.replace(episode, lower_level=highest), None
    rested = structs.replace(episode, lower_since=None)
    if highest is Level.NORMAL and _may_close(rested, assessment, policy):
        return _close(rested, assessment, policy)
    if assessment.level is not highest:
        rested = structs.replace(rested, lower_since=assessment.as_of, lower_level=assessment.level)
    return _step(rested, assessment, policy, AlertState.EASED, highest)


def _may_close(episode: Episode, assessment: Assessment, policy: Policy) -> bool:
    """True when all was normal over the hold and every essential input was observed in it; a person's word is another matter."""
    since = episode.normal_since
    return (
        since is not None
        and assessment.as_of - since >= learned_hold(episode.dips, policy)
        and is_observed_since(assessment.inputs, since)
    )


def needs_person(alert: Alert, policy: Policy) -> bool:
    """True when only a person may close it: it was orange or red, and somebody watches."""
    if policy.person_from is None:
        return False
    is_grave = (rank(alert.peak) or 0) >= (rank(policy.person_from) or 0)
    return is_grave and not alert.hazard.is_of_data() and kind_of(alert.lane) is not LaneKind.REPLAY


def _close(episode: Episode, assessment: Assessment, policy: Policy) -> Outcome:
    last = episode.last
    if not needs_person(last, policy):
        return _step(episode, assessment, policy, AlertState.CLOSED, Level.NORMAL, ending=Ending.EASED)
    if last.closing_by:
        return _step(episode, assessment, policy, AlertState.CLOSED, Level.NORMAL, ending=Ending.PERSON)
    if not last.is_awaiting or _says_more(episode, assessment, policy):
        state = AlertState.UPDATED if last.level is Level.NORMAL else AlertState.EASED
        return _step(episode, assessment, policy, state, Level.NORMAL, is_awaiting=True)
    return episode, None


def _withdraw(episode: Episode, assessment: Assessment, policy: Policy, why: tuple[str, str]) -> Outcome:
    """What the warning rested on was wrong: a yellow one is withdrawn at once, a graver one by a person, who is told why."""
    episode = structs.replace(episode, lower_since=None, is_unknown=False)
    told: dict[str, object] = {"retraction_zh": why[0], "retraction_en": why[1]}
    if not needs_person(episode.last, policy) or episode.last.closing_by:
        told |= {"ending": Ending.RETRACTED}
        return _step(episode, assessment, policy, AlertState.CLOSED, Level.NORMAL, **told)
    told |= {"is_awaiting": True, "basis": []}
    return _step(episode, assessment, policy, AlertState.UPDATED, episode.last.level, **told)


def _says_more(episode: Episode, assessment: Assessment, policy: Policy) -> bool:
    last = episode.last
    passed = assessment.as_of - last.as_of
    if passed < policy.least_between_updates:
        return False
    if passed >= policy.restate_after or way(assessment, last.path) != last.path:
        return True
    before, after = last.hours_to_minimum_p50, assessment.hours_to_minimum_p50
    if before is None or after is None:
        return before is not after
    elapsed = passed.total_seconds() / 3600
    return abs(max(0.0, before - elapsed) - after) > max(2.0, 0.25 * before)


def _step(
    episode: Episode, assessment: Assessment, policy: Policy, state: AlertState, level: Level, **told: object
) -> Outcome:
    kept = {
        "is_unknown": episode.is_unknown,
        "normal_since": episode.normal_since,
        "dips_hours": list(episode.dips),
        "hold_hours": learned_hold(episode.dips, policy).total_seconds() / 3600,
    }
    alert = next_step(episode.last, assessment, state, level, **(kept | told))
    return structs.replace(episode, last=alert), alert


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
