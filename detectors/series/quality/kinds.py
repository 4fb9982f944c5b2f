"""The words of data quality: how a report can be wrong, what a series measures, and what happened to a finding."""

from enum import IntEnum


class Kind(IntEnum):
    """How reports go wrong. NONE: nothing is wrong with them."""

    NONE = 0
    SILENCE = 1
    STUCK = 2
    FROZEN_QUOTE = 3
    UNIT_SWITCH = 4
    DECIMAL_SLIP = 5
    STALE_COPY = 6
    DUPLICATE = 7
    CLOCK_SKEW = 8
    IMPOSSIBLE_JUMP = 9
    MASS_IMBALANCE = 10


class Nature(IntEnum):
    """What a series measures; it decides what is possible.

    STOCK: what lies at a place, it moves no faster than goods come and go. RATE: what goes through per time, it may stop within a report.
    PRICE: a quote. SHARE: a fraction or per cent. QUEUE: what waits (ships, lorries), it may grow many times over. OTHER: any number, of either
    sign. CATEGORY: levels and switches; nothing is said of their values.
    """

    OTHER = 0
    STOCK = 1
    RATE = 2
    PRICE = 3
    SHARE = 4
    QUEUE = 5
    CATEGORY = 6


class Event(IntEnum):
    """What a row does to the finding of its series.

    OPENED: it begins. REVISED: its kind is now another (a slip that lasts is a unit switch). CLOSED: it is over, the kind stands. WITHDRAWN: later
    rows say that the reports were right. ADOPTED: it lasted so long that the new unit or level is taken as the right one from here on.
    """

    NONE = 0
    OPENED = 1
    REVISED = 2
    CLOSED = 3
    WITHDRAWN = 4
    ADOPTED = 5
