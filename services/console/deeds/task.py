"""What people do about tasks and questions of plans: 办结, 委托, 同意, 不同意."""

from collections.abc import Mapping
from datetime import datetime

from schemas.level import Level
from services.console.configured.roster import Roster
from services.console.deeds.alert import check_fresh
from services.console.deeds.order import Order, order, words
from services.console.errors import ForbiddenError, StaleError, WrongError
from services.console.reading.answer import Answered
from services.console.reading.run import Run
from services.console.reading.task import Task

_COLOURS = ("blue", "yellow", "orange", "red")
_MOST_NAME = 80


def done(task: Task, given: Mapping[str, str], roster: Roster, login: str) -> Order:
    """The task is done. Raises WrongError, StaleError, ForbiddenError."""
    _check(task, roster, login)
    if task.is_question:
        raise WrongError("这是请示，请同意或不同意", "this is a question: approve or refuse it")
    is_call = task.kind == "call"
    answered = words(given.get("answered_by", ""), "接听人", "who answered", is_needed=is_call, most=_MOST_NAME)
    result = words(given.get("result", ""), "办理结果", "the result", is_needed=task.kind != "report", most=4000)
    by = words(given.get("done_by", ""), "办理人", "who did it", is_needed=False, most=_MOST_NAME)
    return order("task.done", result, task=task.task_id, result=result, answered_by=answered, done_by=by)


def delegate(task: Task, to: str, reason: str, roster: Roster, login: str) -> Order:
    """Another role takes it over. Raises WrongError, StaleError, ForbiddenError."""
    _check(task, roster, login)
    roles = {contact.role: contact.name_zh for contact in roster.contacts}
    if to not in roles or to == task.role:
        raise WrongError(
            f"委托对象应为另一角色：{'、'.join(roles.values())}", f"another role is right: {', '.join(roles)}"
        )
    return order("task.delegate", words(reason, "委托理由", "a reason"), task=task.task_id, to=to)


def refuse(task: Task, comment: str, roster: Roster, login: str) -> Order:
    """The answer is no. Raises WrongError, StaleError, ForbiddenError."""
    _check_question(task, roster, login)
    return order("playbook.refuse", words(comment, "不同意的理由", "why not"), task=task.task_id)


def approve(
    task: Task,
    run: Run,
    given: Mapping[str, str],
    roster: Roster,
    login: str,
    *,
    answer: Answered | None,
    now: datetime,
) -> Order:
    """The answer is yes. ``answer`` is the newest remedy or what-if about the run; one that is out of date hinders, unless the person says that
    the decision does not rest on it, which he cannot where the plan says that it does. Raises WrongError, StaleError, ForbiddenError."""
    _check_question(task, roster, login)
    rests = run.rests_on_answer(task.step)
    if answer is not None and (rests or given.get("apart") != "yes"):
        check_fresh(answer, now)
    comment = words(given.get("comment", ""), "意见", "a comment", is_needed=False)
    if answer is not None and answer.is_stale(now):
        comment = f"{comment}（不以已过时的方案为依据）".strip()
    if task.kind != "publish":
        return order("playbook.approve", comment, task=task.task_id, comment=comment)
    signer = words(given.get("signer", ""), "签发人", "who signs", most=_MOST_NAME)
    document = words(given.get("document", ""), "文号", "the document number", most=_MOST_NAME)
    scope = words(given.get("scope", "") or run.scope, "发布范围", "the scope", most=200)
    level = given.get("level", "")
    if level and level not in _COLOURS:
        raise WrongError(
            f"等级 {level[:20]!r} 应为 {'、'.join(_COLOURS)}", f"the level is one of {', '.join(_COLOURS)}"
        )
    said = {"signer": signer, "document": document, "scope": scope, "level": level, "comment": comment}
    return order("playbook.approve", comment, task=task.task_id, **said)


def may_speak(task: Task, roster: Roster, login: str) -> bool:
    """True when somebody may do a task or decide it."""
    return roster.may_speak(task.role, login)


def _check_question(task: Task, roster: Roster, login: str) -> None:
    _check(task, roster, login)
    if not task.is_question:
        raise WrongError("这是任务，请办结并填写结果", "this is work: finish it and say what came of it")


def _check(task: Task, roster: Roster, login: str) -> None:
    if not task.is_open:
        raise StaleError("该任务已结束", "the task has ended")
    if not roster.may_speak(task.role, login):
        name_zh, name_en = roster.name(task.role)
        raise ForbiddenError(
            f"{login} 不在{name_zh}的值班表账号中，由 {'、'.join(sorted(roster.logins(task.role)))} 办理或委托",
            f"{login} is not on the roster of {name_en}; {', '.join(sorted(roster.logins(task.role)))} may do or delegate it",
        )


COLOURS: tuple[Level, ...] = tuple(Level(name) for name in _COLOURS)
"""Levels that an official warning may have."""
