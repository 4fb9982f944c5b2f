"""Words of overview, map and wall for hazards, kinds of places and notices, Chinese and English. Pure."""

from services.console.wording import HAZARDS
from services.runtime.chain.vocabulary import HAZARD_EVENTS, KINDS

DATA_HAZARDS = frozenset({"silent", "distrusted"})
NOTICE_LEVELS: tuple[tuple[str, str], ...] = (
    ("无", "none"),
    ("蓝", "blue"),
    ("黄", "yellow"),
    ("橙", "orange"),
    ("红", "red"),
)


def hazard_words(hazard: str) -> tuple[str, str]:
    """What threatens.

    >>> hazard_words("blocked")
    ('胀库', 'has no room left')
    """
    return HAZARDS.get(hazard, (hazard, hazard))


def kind_words(kind: str) -> tuple[str, str]:
    """What sort of place it is.

    >>> kind_words("rail_line")
    ('铁路', 'rail line')
    """
    return KINDS[kind][1] if kind in KINDS else kind, kind.replace("_", " ")


def notice_words(series: str, level: float) -> tuple[str, str]:
    """A notice in force, from the series that carries it.

    >>> notice_words("hazard.snow.150600", 3.0)
    ('暴雪橙色', 'snow orange')
    """
    event = series.split(".")[1] if series.count(".") >= 2 else series
    zh, en = NOTICE_LEVELS[min(max(int(level), 0), 4)]
    return f"{HAZARD_EVENTS.get(event, event)}{zh}色", f"{event.replace('_', ' ')} {en}"
