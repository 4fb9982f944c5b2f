"""The loop over rows of :mod:`detectors.series.calibration.vote`, compiled. One file, so that its compiled form knows when a piece changed."""

import math

import numpy as np

from detectors.series.calibration.layout import Floats
from detectors.series.compiled import compiled_bare, part_bare

CAUCHY, HARMONIC, BONFERRONI = range(3)
_LEAST_P = 1e-300
_MOST_P = 0.99
"""A p-value of 1 would be an infinite vote against the others under Cauchy (its known flaw): it counts as 0.99."""
_SMALL = 1e-8


@part_bare
def _cauchy_of(p: float) -> float:
    """The Cauchy variable of a p-value; small ones without loss of digits."""
    return 1.0 / (math.pi * p) if p < _SMALL else math.tan((0.5 - min(p, _MOST_P)) * math.pi)


@part_bare
def _combined(way: int, voices: int, cauchy: float, evidence: float, strongest: float) -> float:
    """One p-value of the weighted sums over a row: of Cauchy variables, of 1 / p, and the largest of the latter."""
    if way == CAUCHY:
        return 1.0 / (math.pi * cauchy) if cauchy > 1.0 / _SMALL else 0.5 - math.atan(cauchy) / math.pi
    if way == HARMONIC:
        factor = math.e * math.log(voices) if voices > 2 else float(voices)
        return factor / max(evidence, 1.0)
    return 1.0 / strongest


@part_bare
def _keep_strongest(share: Floats, strongest: float) -> float:
    """Under Bonferroni the strongest voice alone is evidence; the sum that is left."""
    left = 0.0
    for d in range(len(share)):
        share[d] = strongest if share[d] == strongest else 0.0
        left += share[d]
    return left


@compiled_bare
def combine_rows(p: Floats, weight: Floats, way: int, combined: Floats, share: Floats) -> None:
    """Fill ``combined`` and ``share`` (zeros before); NaN and zeros where no detector speaks."""
    for i in range(p.shape[0]):
        whole, voices = 0.0, 0
        for d in range(p.shape[1]):
            if not math.isnan(p[i, d]):
                whole += weight[d]
                voices += 1
        if voices == 0:
            combined[i] = np.nan
            continue
        cauchy, evidence, strongest = 0.0, 0.0, 0.0
        for d in range(p.shape[1]):
            if not math.isnan(p[i, d]):
                part, least = weight[d] / whole, max(p[i, d], _LEAST_P)
                share[i, d] = part / least
                evidence += share[i, d]
                strongest = max(strongest, share[i, d])
                if way == CAUCHY:
                    cauchy += part * _cauchy_of(least)
        combined[i] = min(_combined(way, voices, cauchy, evidence, strongest), 1.0)
        if way == BONFERRONI:
            evidence = _keep_strongest(share[i], strongest)
        for d in range(p.shape[1]):
            share[i, d] /= evidence
