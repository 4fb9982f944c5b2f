"""Alerts in words for a terminal. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

from schemas.alert import Alert, AlertState, Role
from schemas.level import LEVEL_ZH, Level, rank

_BEIJING = timezone(timedelta(hours=8))
_STATE_ZH = {
    AlertState.OPENED: "发出",
    AlertState.WORSENED: "升级",
    AlertState.EASED: "缓解",
    AlertState.UPDATED: "续报",
    AlertState.CLOSED: "关闭",
}


def incidents(alerts: Iterable[Alert]) -> list[list[Alert]]:
    """Episodes by incident: the gravest incident first, in it the root, then by level and time."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.incident or alert.episode, []).append(alert)
    for group in groups.values():
        group.sort(key=lambda a: (a.role is not Role.ROOT, -_height(a), a.opened_at, a.node))
    return sorted(groups.values(), key=lambda g: (-max(_height(a) for a in g), min(a.opened_at for a in g)))


def list_lines(alerts: Iterable[Alert]) -> Iterator[str]:
    """Incidents with their episodes, a line each."""
    for group in incidents(alerts):
        first = min(a.opened_at for a in group)
        yield f"■ 根因 root {group[0].root or group[0].node}  {stamp(first)} 起  {len(group)} 处 places  {group[0].incident}"
        yield from (f"   {line(alert)}" for alert in group)


def line(alert: Alert) -> str:
    """One episode: level, place, time left, what people did, its name."""
    left = "" if alert.hours_to_minimum_p50 is None else f" 剩 {alert.hours_to_minimum_p50:.0f} h"
    return f"{level_word(alert)} {alert.headline_zh}{left}{''.join(_notes(alert))}  {alert.episode}"


def step_lines(alerts: Iterable[Alert]) -> Iterator[str]:
    """The steps of an episode, two lines each."""
    for a in alerts:
        who = f"  {a.actor}" if a.actor else ""
        yield f"{stamp(a.acted_at or a.as_of)}  {_STATE_ZH[a.state]} {a.state.value} {level_word(a)}{who}{''.join(_notes(a))}"
        told = f"{a.comment} " if a.command_id else f"{a.headline_zh} | {a.headline_en} "
        yield f"        {told}{a.retraction_zh}".rstrip()


def level_word(alert: Alert) -> str:
    """The level in both languages; 情况不明 beside it while lost from sight."""
    word = "观察中 under observation" if alert.level is Level.NORMAL else f"{LEVEL_ZH[alert.level]} {alert.level.value}"
    return f"{word}·情况不明 unknown" if alert.is_unknown else word


def stamp(moment: datetime) -> str:
    """Beijing time to the minute."""
    return moment.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M")


def _notes(alert: Alert) -> Iterator[str]:
    if alert.acknowledged_by and alert.acknowledged_until is not None:
        yield f"  已确认 acknowledged: {alert.acknowledged_by} 至 until {stamp(alert.acknowledged_until)}"
    if alert.is_awaiting:
        yield "  待人工解除 awaits a person"
    if alert.closing_by and alert.state is not AlertState.CLOSED:
        yield f"  已同意解除 closing agreed: {alert.closing_by}"
    if alert.muted_by:
        yield f"  已静默 muted: {alert.muted_by}"
    if alert.approvals:
        yield f"  已审批 approved: {'、'.join(alert.approvals)} ({alert.scope.value})"


def _height(alert: Alert) -> int:
    return rank(alert.level) or 0
