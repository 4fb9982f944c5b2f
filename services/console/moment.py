"""Moments for people: Beijing time on 24 hours, and how long ago."""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.console.language import Language

SHANGHAI = ZoneInfo("Asia/Shanghai")
_UNKNOWN = {Language.ZH: "情况不明", Language.EN: "unknown"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def local(moment: datetime | None, language: Language = Language.ZH, form: str = "%Y-%m-%d %H:%M") -> str:
    """The moment in Beijing time; without one, that it is not known.

    >>> from datetime import UTC
    >>> local(datetime(2026, 2, 11, 16, 5, tzinfo=UTC)), local(None)
    ('2026-02-12 00:05', '情况不明')
    """
    return _UNKNOWN[language] if moment is None else moment.astimezone(SHANGHAI).strftime(form)


def age(moment: datetime | None, now: datetime | None, language: Language = Language.ZH) -> str:
    """How long ago, or how long until then.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 2, 12, tzinfo=UTC)
    >>> age(noon, noon + timedelta(minutes=3)), age(noon + timedelta(hours=5), noon), age(noon, noon + timedelta(days=3), Language.EN)
    ('3 分钟前', '5 小时后', '3 days ago')
    """
    if moment is None or now is None:
        return _UNKNOWN[language]
    seconds = (now - moment).total_seconds()
    return _before(seconds, language) if seconds >= 0 else _until(-seconds, language)


def span(seconds: float, language: Language = Language.ZH) -> str:
    """A length of time in its largest fitting unit.

    >>> span(59), span(7200), span(172800, Language.EN)
    ('59 秒', '2 小时', '2 days')
    """
    for size, zh, en in (
        (_DAY, "天", "day"),
        (_HOUR, "小时", "hour"),
        (_MINUTE, "分钟", "minute"),
        (1, "秒", "second"),
    ):
        number = int(seconds // size)
        if number >= (2 if size == _DAY else 1) or size == 1:
            return f"{number} {zh}" if language is Language.ZH else f"{number} {en}{'' if number == 1 else 's'}"
    return ""


def _before(seconds: float, language: Language) -> str:
    return f"{span(seconds, language)}前" if language is Language.ZH else f"{span(seconds, language)} ago"


def _until(seconds: float, language: Language) -> str:
    return f"{span(seconds, language)}后" if language is Language.ZH else f"in {span(seconds, language)}"
