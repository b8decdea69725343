"""95% confidence intervals of a proportion, and of a mean number of events."""

import math
from statistics import NormalDist
from typing import NamedTuple

from pigeonhole.core.checks import check_integer

NORMAL_95 = NormalDist().inv_cdf(0.975)
"""Half-width of the central 95% of a normal distribution, in standard deviations."""


class Interval(NamedTuple):
    """A confidence interval, both ends included."""

    low: float
    high: float


def wilson(hits: int, trials: int) -> Interval:
    """
    Return Wilson's 95% score interval of a proportion (JASA 22, 1927).

    Its mean coverage is close to 95%, and its width is never 0, unlike that of the
    normal (Wald) interval.
    """
    trials = check_integer("trials", trials, 1)
    hits = check_integer("hits", hits, 0, trials)
    z2 = NORMAL_95 * NORMAL_95
    share, weight = hits / trials, 1 + z2 / trials
    center = (share + z2 / (2 * trials)) / weight
    variance = share * (1 - share) / trials + z2 / (4 * trials * trials)
    half_width = NORMAL_95 * math.sqrt(variance) / weight
    # Rounding would give about 1e-17 at the ends instead of exactly 0 or 1.
    low = center - half_width if hits else 0.0
    high = center + half_width if hits < trials else 1.0
    return Interval(low, high)


def clopper_pearson(hits: int, trials: int) -> Interval:
    """Return the exact 95% interval (Biometrika 26, 1934); coverage is never lower."""
    # SciPy is slow to import, and only the claims need this function.
    from scipy.stats import binomtest

    trials = check_integer("trials", trials, 1)
    hits = check_integer("hits", hits, 0, trials)
    interval = binomtest(hits, trials).proportion_ci(0.95, method="exact")
    return Interval(float(interval.low), float(interval.high))


def poisson_interval(events: int) -> Interval:
    """Return the exact 95% interval of a Poisson mean (Biometrika 28, 1936)."""
    from scipy.stats import chi2

    events = check_integer("events", events, 0, 2**53)
    low = float(chi2.ppf(0.025, 2 * events)) / 2 if events else 0.0
    return Interval(low, float(chi2.ppf(0.975, 2 * events + 2)) / 2)
