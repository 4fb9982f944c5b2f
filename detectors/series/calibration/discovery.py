"""Online false-discovery control: the level at which the next test may reject, from what was tested and rejected before.

All three rules are one: a level is earned by a first wealth and by every rejection, and fades with the tests counted since,
``factor * (wealth * g(n + 1) + (share - wealth) * g(n - n_1 + 1) + share * sum of g(n - n_j + 1))``, n the tests counted so far, n_j those
counted when rejection j was made.

- LORD++ counts every test: A. Ramdas, F. Yang, M. Wainwright, M. Jordan, *Online Control of the False Discovery Rate with Decaying Memory*,
  NIPS 2017 (g of A. Javanmard, A. Montanari, Annals of Statistics 46, 2018).
- SAFFRON counts p > 1/2: A. Ramdas, T. Zrnic, M. Wainwright, M. Jordan, *SAFFRON: an Adaptive Algorithm for Online Control of the FDR*, ICML 2018.
- ADDIS counts 1/4 < p <= 1/2, so that p-values that are too large cost nothing: J. Tian, A. Ramdas, *ADDIS: an Adaptive Discarding Algorithm
  for Online FDR Control with Conservative Nulls*, NeurIPS 2019.
"""

import math
from dataclasses import dataclass

import numpy as np

from detectors.series.calibration.layout import Floats

HORIZON = 65_536
"""Tests after which a rejection earns nothing more (1e-8 of its share); leaving that out only lowers levels."""


@dataclass(frozen=True)
class Rule:
    """Tests with ``candidate`` < p <= ``kept`` are counted; ``fading`` are the g."""

    candidate: float
    kept: float
    fading: Floats

    @property
    def factor(self) -> float:
        """Share of honest tests of nothing that are counted."""
        return min(self.kept, 1.0) - max(self.candidate, 0.0)


def _lord() -> Floats:
    at = np.arange(1, HORIZON + 1, dtype=np.float64)
    fading: Floats = 0.07720838 * np.log(np.maximum(at, 2.0)) / (at * np.exp(np.sqrt(np.log(at))))
    return fading


def _power() -> Floats:
    at = np.arange(1, HORIZON + 1, dtype=np.float64)
    fading: Floats = at**-1.6 / 2.2857656  # zeta(1.6)
    return fading


RULES = ("lord++", "saffron", "addis")


def rule_of(name: str) -> Rule:
    """The rule of this name. Raises ValueError for an unknown one."""
    if name == "lord++":
        return Rule(-math.inf, math.inf, _lord())
    if name == "saffron":
        return Rule(0.5, math.inf, _power())
    if name == "addis":
        return Rule(0.25, 0.5, _power())
    raise ValueError(f"rule {name!r} is unknown; {', '.join(RULES)} are right")
