"""The day of a row, and the moments that follow from it."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.intake.history.mapping import YEAR_WEEK, DateRule
from services.runtime.clock import to_us

_SATURDAY = 5


def is_day_format(text: str) -> bool:
    """True when a strptime format (or ``year-week``) fixes a day, or a month, and reads what it writes.

    >>> is_day_format("%Y-%m-%d"), is_day_format("%d.%m"), is_day_format("%Y-%q-%d")
    (True, False, False)
    """
    if text == YEAR_WEEK:
        return True
    probe = datetime(2021, 3, 1)  # noqa: DTZ001  # a probe of the format, not a moment
    try:
        read = datetime.strptime(probe.strftime(text), text)  # noqa: DTZ007  # the zone is the mapping's
    except ValueError:
        return False
    return read.date() == probe.date()


def day_of(texts: list[str], rule: DateRule) -> date:
    """The last local day a row speaks of. Raises ValueError when the texts do not fit the rule."""
    if rule.format == YEAR_WEEK:
        return _week_end(_whole(texts[0]), _whole(texts[1]))
    given = datetime.strptime(" ".join(texts), rule.format).date()  # noqa: DTZ007  # the zone is the mapping's
    if rule.period == "month":
        return given.replace(day=monthrange(given.year, given.month)[1])
    return given


def observed_us(day: date, rule: DateRule, zone: ZoneInfo) -> int:
    """Microseconds since the epoch of the rule's hour on a local day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return to_us(midnight + timedelta(hours=rule.hour))


def _whole(text: str) -> int:
    value = float(text)
    if not value.is_integer():
        raise ValueError(f"{text!r} is no whole number")
    return int(value)


def _week_end(year: int, week: int) -> date:
    if not (1 <= year <= 9998 and 1 <= week <= 53):
        raise ValueError(f"week {week} of year {year} does not exist")
    first = date(year, 1, 1)
    saturday = first + timedelta(days=(_SATURDAY - first.weekday()) % 7, weeks=week - 1)
    return min(saturday, date(year, 12, 31))
