"""How far a value may be trusted by what its provider says of it."""

from enum import IntEnum


class Quality(IntEnum):
    """Provider's word on a value. Only GOOD and ESTIMATED enter windows and forecasts; BAD is stored and shown."""

    GOOD = 0
    ESTIMATED = 1
    SUSPECT = 2
    BAD = 3
