"""Corrections for testing many hypotheses at once."""

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from pigeonhole.birthday.intervals import Interval
from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.checks import check_integer, check_number


def holm(p_values: npt.ArrayLike) -> Float64Array:
    """Return Holm's corrected p-values (Scandinavian J. of Statistics 6, 1979)."""
    p = np.asarray(p_values, np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p_values must be a list of numbers from 0 to 1")
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def simultaneous_band(trials: int, probability: float, points: int) -> Interval:
    """
    Return the range of a share at one of several points of a simultaneous 99% band.

    `probability` is the exact value of the share. Šidák's level at each point (JASA 62,
    1967) is split between two binomial tails.
    """
    trials = check_integer("trials", trials, 1)
    probability = check_number("probability", probability, 0, 1)
    points = check_integer("points", points, 1)
    tail = (1 - 0.99 ** (1 / points)) / 2
    low = float(binom.ppf(tail, trials, probability)) / trials
    return Interval(low, float(binom.isf(tail, trials, probability)) / trials)
