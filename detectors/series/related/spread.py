"""Covariance from few rows, and its inverse square root."""

import numpy as np

from detectors.series.detector import Floats


def shrunk_covariance(errors: Floats) -> Floats:
    """Covariance about zero, drawn towards a multiple of unity as far as the number of rows asks for.

    Source: O. Ledoit, M. Wolf, *A well-conditioned estimator for large-dimensional covariance matrices*, J. Multivariate Analysis 88 (2004) 365-411.
    """
    n, variables = errors.shape
    sample = errors.T @ errors / n
    middle = float(np.trace(sample)) / variables
    apart = float(((sample - middle * np.eye(variables)) ** 2).sum())
    unsure = float(((errors**2).sum(axis=1) ** 2).mean() - (sample**2).sum()) / n
    share = min(1.0, max(0.0, unsure / apart)) if apart > 0 else 1.0
    made: Floats = (1 - share) * sample + share * middle * np.eye(variables)
    return made


def whitener(covariance: Floats) -> Floats:
    """The symmetric inverse square root; directions without any spread are left out."""
    size, axes = np.linalg.eigh(covariance)
    is_real = size > 1e-12 * max(float(size[-1]), 1e-300)
    made: Floats = (axes[:, is_real] / np.sqrt(size[is_real])) @ axes[:, is_real].T
    return made
