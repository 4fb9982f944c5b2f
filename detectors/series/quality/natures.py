"""Which series measure what, told by patterns of their names."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from detectors.series.quality.kinds import Nature


def matches(series: str, patterns: Sequence[str]) -> bool:
    """True when one of the patterns (``*``, ``?``) fits the whole name.

    >>> matches("hazard.snow.150627", ["stock.*", "hazard.*"])
    True
    """
    return any(fnmatchcase(series, pattern) for pattern in patterns)


def nature_of(series: str, natures: Mapping[str, Sequence[str]]) -> Nature:
    """What a series measures: the first nature one of whose patterns fits, else any number.

    >>> nature_of("stock.a", {"stock": ["stock.*"]}).name, nature_of("x", {"stock": ["stock.*"]}).name
    ('STOCK', 'OTHER')
    """
    found = (name for name, patterns in natures.items() if matches(series, patterns))
    return Nature[next(found, Nature.OTHER.name).upper()]
