"""The two languages of every page, Chinese first."""

from enum import StrEnum

COOKIE = "language"


class Language(StrEnum):
    """Language of a page."""

    ZH = "zh"
    EN = "en"


def language_of(cookie: str | None) -> Language:
    """The chosen language, Chinese unless English was chosen.

    >>> language_of("en"), language_of(None), language_of("xx")
    (<Language.EN: 'en'>, <Language.ZH: 'zh'>, <Language.ZH: 'zh'>)
    """
    return Language.EN if cookie == Language.EN else Language.ZH
