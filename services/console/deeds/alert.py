"""What people order about a warning: 接手, 解除, 审批发布, 处置."""

from datetime import datetime, timedelta

from schemas.alert import Alert, AlertState, Scope
from schemas.alert_command import AlertCommand
from services.console.deeds.order import Order, number, order, words
from services.console.errors import StaleError, WrongError
from services.console.reading.answer import Answered

MOST_HOURS = 72.0


def acknowledge(alert: Alert, hours: str, comment: str, now: datetime) -> Order:
    """Somebody has it in hand for some hours of lane time. Raises WrongError, StaleError."""
    _check(alert)
    until = now + timedelta(hours=number(hours, "接手时长（小时）", "hours in hand", 0.25, MOST_HOURS))
    said = words(comment, "说明", "a comment")
    return order(AlertCommand.ACKNOWLEDGE.value, said, episode=alert.episode, until=until.isoformat())


def close(alert: Alert, comment: str) -> Order:
    """Agree to close; observations have to bear it out. Raises WrongError, StaleError."""
    _check(alert)
    return order(AlertCommand.CLOSE.value, words(comment, "解除理由", "a reason to close"), episode=alert.episode)


def approve(alert: Alert, scope: str, comment: str, person: str) -> Order:
    """Approve the present level as an official warning for a scope. Raises WrongError, StaleError."""
    _check(alert)
    if scope not in {each.value for each in Scope}:
        raise WrongError(f"范围 {scope[:20]!r} 应为 {'、'.join(Scope)}", f"scope is one of {', '.join(Scope)}")
    is_same = Scope(scope) is alert.scope and alert.level is alert.approved_level
    if is_same and person in alert.approvals:
        raise StaleError("您已审批，须由另一人审批", "you have approved already; another person is needed")
    said = words(comment, "审批意见（文号）", "a comment (document number)")
    return order(AlertCommand.APPROVE.value, said, episode=alert.episode, scope=scope)


def act(alert: Alert, comment: str) -> Order:
    """Note what was done. Raises WrongError, StaleError."""
    _check(alert)
    return order(AlertCommand.ACT.value, words(comment, "处置内容", "what was done"), episode=alert.episode)


def adopt(alert: Alert, answer: Answered, comment: str, now: datetime) -> Order:
    """Use a remedy: it is noted as what is done about the warning. Raises StaleError for an answer that is out of date."""
    check_fresh(answer, now)
    said = words(comment, "说明", "a comment", is_needed=False, most=400)
    return act(alert, f"采用补链方案：{answer.headline_zh[:500]}" + (f"（{said}）" if said else ""))


def check_fresh(answer: Answered, now: datetime) -> None:
    """Raise StaleError for an answer too old to be approved or used."""
    if answer.is_stale(now):
        raise StaleError(
            "方案或推演已过时（数据时点早于 15 分钟），请先重新推算再批准或采用",
            "the remedy or what-if is out of date (as of more than 15 min ago): compute it anew before it is approved or used",
        )


def _check(alert: Alert) -> None:
    if alert.state is AlertState.CLOSED:
        raise StaleError("该预警已关闭", "this warning is closed")
