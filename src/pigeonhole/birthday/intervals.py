"""Intervals that hold a measured share's true value, 95 times in 100."""

import math
from statistics import NormalDist
from typing import NamedTuple

NORMAL_95 = NormalDist().inv_cdf(0.975)
"""Standard deviations to either side that hold 95 % of a normal distribution."""


class Interval(NamedTuple):
    """Both ends, included."""

    low: float
    high: float


def wilson(hits: int, trials: int) -> Interval:
    """
    Return Wilson's 95 % interval of a share (JASA 22, 1927): right on average.

    Its width is never 0, unlike that of the textbook's normal interval.
    """
    z2 = NORMAL_95 * NORMAL_95
    share, weight = hits / trials, 1 + z2 / trials
    centre = (share + z2 / (2 * trials)) / weight
    variance = share * (1 - share) / trials + z2 / (4 * trials * trials)
    half = NORMAL_95 * math.sqrt(variance) / weight
    # At the ends rounding would put 1e-17 where the formula has 0.
    low = centre - half if hits else 0.0
    high = centre + half if hits < trials else 1.0
    return Interval(low, high)


def clopper_pearson(hits: int, trials: int) -> Interval:
    """Return the exact 95 % interval (Biometrika 26, 1934): never too narrow."""
    # Slow to import, and only the claims need it.
    from scipy.stats import binomtest

    found = binomtest(hits, trials).proportion_ci(0.95, method="exact")
    return Interval(float(found.low), float(found.high))
