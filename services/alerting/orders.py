"""What a person's command does to an episode: acknowledge, agree to close, approve, note what was done. Pure."""

import msgspec
from msgspec import Struct, structs

from schemas.alert import Alert, AlertState, Ending, Scope
from schemas.alert_command import Acknowledge, Act, AlertCommand, Approve, Close
from schemas.command import Command
from schemas.level import Level
from services.alerting.episode import Episode
from services.alerting.step import command_step
from services.runtime.errors import InputError

_PUBLIC_APPROVERS = 2

_SHAPES: dict[str, type[Acknowledge | Close | Approve | Act]] = {
    AlertCommand.ACKNOWLEDGE.value: Acknowledge,
    AlertCommand.CLOSE.value: Close,
    AlertCommand.APPROVE.value: Approve,
    AlertCommand.ACT.value: Act,
}


class Ordered(Struct, frozen=True):
    """The episode after a command, and the step it brings."""

    episode: Episode
    alert: Alert


def is_about_episode(command: Command) -> bool:
    """True for the commands that ``obey`` knows."""
    return command.kind in _SHAPES


def episode_named(command: Command) -> str:
    """The episode a command is about. Raises InputError for arguments of a wrong shape."""
    return _arguments(command).episode


def obey(episode: Episode, command: Command) -> Ordered:
    """The step a command brings. Raises InputError when it makes no sense; nothing changes then."""
    order = _arguments(command)
    if command.lane != episode.last.lane:
        raise InputError(f"lane {command.lane}: 该事件在 the episode is of lane {episode.last.lane}")
    if not episode.is_open():
        raise InputError(f"{episode.last.episode}: 已关闭 is closed")
    if isinstance(order, Acknowledge):
        return _acknowledge(episode, command, order)
    if isinstance(order, Close):
        return _close(episode, command)
    if isinstance(order, Approve):
        return _approve(episode, command, order)
    actions = [*episode.last.actions, f"{command.actor}：{command.reason}"]
    return _changed(episode, command, AlertState.UPDATED, actions=actions)


def _acknowledge(episode: Episode, command: Command, order: Acknowledge) -> Ordered:
    if order.until <= episode.last.as_of:
        raise InputError(
            f"until {order.until.isoformat()}: 已过 is past; 应晚于 should be after {episode.last.as_of.isoformat()}"
        )
    return _changed(episode, command, AlertState.UPDATED, acknowledged_by=command.actor, acknowledged_until=order.until)


def _close(episode: Episode, command: Command) -> Ordered:
    """At once where all is well for long enough, or where the warning rested on wrong data; else when observations bear it out."""
    last = episode.last
    if not last.is_awaiting and not last.retraction_zh:
        return _changed(episode, command, AlertState.UPDATED, closing_by=command.actor)
    ending = Ending.RETRACTED if last.retraction_zh else Ending.PERSON
    return _changed(
        episode,
        command,
        AlertState.CLOSED,
        level=Level.NORMAL,
        ending=ending,
        is_awaiting=False,
        closing_by=command.actor,
        headline_zh=_closed(last.headline_zh, "撤回" if last.retraction_zh else "解除"),
        headline_en=_closed(last.headline_en, "withdrawn" if last.retraction_zh else "closed"),
    )


def _approve(episode: Episode, command: Command, order: Approve) -> Ordered:
    """An approval of another scope or level begins anew, so that nobody's word is taken for more than it was given for."""
    last = episode.last
    is_same = order.scope is last.scope and last.level is last.approved_level
    before = last.approvals if is_same else []
    if command.actor in before:
        raise InputError(f"{command.actor}: 已审批 has approved already; 应由他人 another person is needed")
    return _changed(
        episode,
        command,
        AlertState.UPDATED,
        approvals=[*before, command.actor],
        approved_level=last.level,
        scope=order.scope,
    )


def is_approved(alert: Alert) -> bool:
    """True when the level that stands was approved by as many as its scope needs."""
    needed = _PUBLIC_APPROVERS if alert.scope is Scope.PUBLIC else 1
    return len(set(alert.approvals)) >= needed and alert.approved_level is alert.level


def _changed(episode: Episode, command: Command, state: AlertState, **told: object) -> Ordered:
    alert = command_step(episode.last, command, state, episode.heard_at, **told)
    return Ordered(structs.replace(episode, last=alert), alert)


def _closed(headline: str, word: str) -> str:
    """A headline with its colour replaced by a word.

    >>> _closed("【演练】【橙色】甲港", "解除"), _closed("[orange] Port", "closed")
    ('【演练】【解除】甲港', '[closed] Port')
    """
    for left, right in (("【", "】"), ("[", "]")):
        if right in headline:
            head, tail = headline.rsplit(right, 1)
            return f"{head.rsplit(left, 1)[0]}{left}{word}{right}{tail}"
    return headline


def _arguments(command: Command) -> Acknowledge | Close | Approve | Act:
    try:
        return msgspec.convert(command.arguments, _SHAPES[command.kind], strict=False)
    except (msgspec.ValidationError, KeyError) as error:
        raise InputError(f"{command.kind} {command.arguments}: {error}") from error
