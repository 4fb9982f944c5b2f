"""An order, and the words of people that go into it."""

import hashlib
from datetime import datetime

from msgspec import Struct

from services.console.errors import StaleError, WrongError

MOST_WORDS = 1000


class Order(Struct, frozen=True):
    """A command to be sent: its kind, arguments and reason."""

    kind: str
    arguments: dict[str, str]
    reason: str


def order(kind: str, reason: str = "", /, **arguments: str) -> Order:
    """An order; empty arguments are left out.

    >>> order("playbook.refuse", "no", task="t-1", level="").arguments
    {'task': 't-1'}
    """
    return Order(kind, {name: text for name, text in arguments.items() if text}, reason)


def words(text: str, zh: str, en: str, *, is_needed: bool = True, most: int = MOST_WORDS) -> str:
    """What somebody wrote, without blanks around it. Raises WrongError where it is missing or too long, or holds what is no text."""
    said = text.replace("\r\n", "\n").strip()
    if is_needed and not said:
        raise WrongError(f"请填写{zh}", f"{en} is missing")
    if len(said) > most:
        raise WrongError(
            f"{zh}有 {len(said)} 个字，至多 {most} 个", f"{en} has {len(said)} letters, at most {most} are right"
        )
    if any(ord(sign) < 32 and sign not in "\n\t" for sign in said):
        raise WrongError(f"{zh}含有控制字符", f"{en} holds control characters")
    return said


def number(text: str, zh: str, en: str, low: float, high: float) -> float:
    """A number between two ends. Raises WrongError."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise WrongError(
            f"{zh} {text[:20]!r} 应为 {low:g} 至 {high:g}", f"{en} {text[:20]!r}: {low:g} to {high:g} is right"
        )
    return value


def command_id(person: str, kind: str, nonce: str) -> str:
    """The id of what a form orders: sending the same form twice orders once. Raises WrongError for a form without a nonce.

    >>> command_id("wang", "task.done", "a" * 16) == command_id("wang", "task.done", "a" * 16)
    True
    """
    if not 16 <= len(nonce) <= 64:
        raise WrongError("页面已失效，请刷新后重填", "this form is not valid any more; reload the page")
    return "console-" + hashlib.sha256("|".join((person, kind, nonce)).encode()).hexdigest()[:32]


def check_open(closed_at: datetime | None, lane: str) -> None:
    """Raise StaleError in a lane that was closed: nobody obeys there any more."""
    if closed_at is not None:
        raise StaleError(f"{lane} 已关闭，只可查看", f"{lane} is closed and may only be looked at")
