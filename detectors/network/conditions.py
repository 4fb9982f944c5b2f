"""The present as the forecast starts from it: stocks, limits and rates per account and link, in plain arrays."""

from dataclasses import dataclass

import numpy as np

from detectors.network.grid import Floats


@dataclass(slots=True)
class Rates:
    """Rates per hour that hold from now until ``until_h`` and are ``later`` from then on (infinite: for ever)."""

    now: Floats
    later: Floats
    until_h: Floats

    @classmethod
    def zeros(cls, count: int) -> "Rates":
        """All zero for ever."""
        return cls(np.zeros(count), np.zeros(count), np.full(count, np.inf))

    def cumulative(self, index: int, hours: Floats) -> Floats:
        """Amount from now to each hour."""
        now, until = self.now[index], self.until_h[index]
        if until >= hours[-1]:
            return np.asarray(now * hours)
        return np.asarray(now * np.minimum(hours, until) + self.later[index] * np.maximum(hours - until, 0.0))


@dataclass(slots=True)
class Conditions:
    """What the forecast starts from. Per account: ``stock``, ``minimum``, ``maximum``, ``use`` (drawn at the place itself) and ``production``
    (made there, or coming in from outside; for the output of a converter the wish, which its inputs may cut). Per link: ``flow`` (the wish, which
    the source's stock may cut) and ``past_flow``, the rate of what is under way now. Amounts and amounts per hour, not negative, finite
    (``maximum`` may be infinite).
    """

    stock: Floats
    minimum: Floats
    maximum: Floats
    use: Rates
    production: Rates
    flow: Rates
    past_flow: Floats

    @classmethod
    def empty(cls, accounts: int, links: int) -> "Conditions":
        """Nothing anywhere, no limits."""
        return cls(
            stock=np.zeros(accounts),
            minimum=np.zeros(accounts),
            maximum=np.full(accounts, np.inf),
            use=Rates.zeros(accounts),
            production=Rates.zeros(accounts),
            flow=Rates.zeros(links),
            past_flow=np.zeros(links),
        )
