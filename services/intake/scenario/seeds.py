"""Random numbers by purpose: each stream has its own, so that drawing more of one thing moves nothing else."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What the numbers are for."""

    WORLD = 1
    NOISE = 2
    REPORT = 3
    PRICE = 4
    SCENARIO = 5
    RECOVERY = 6
    SCARE = 7


def generator(seed: int, stream: Stream, *parts: int) -> np.random.Generator:
    """Generator of one stream, and of one part of it such as a day. Negative parts are allowed."""
    return np.random.default_rng([seed & 0xFFFFFFFF, int(stream), *(part & 0xFFFFFFFF for part in parts)])
