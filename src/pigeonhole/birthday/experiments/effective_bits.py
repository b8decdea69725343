"""The effective bits of any hash on given keys, from first collisions of its values.

The keys' values are read in order: a trial ends with the first that repeats one of the
trial's own, and the next begins behind it. In a space of N values T(T-1) has the mean
2N exactly, so that the sum over the trials tells the size of the space that the hash
really uses; T(T-1)/2N is close to an exponential variable.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from pigeonhole.birthday.experiments.repeats import Values, split_at_repeats


class Effective(NamedTuple):
    """Estimate, 95 % interval and both tails' chances of so few or so many bits."""

    trials: int
    effective_bits: float
    bits_low: float
    bits_high: float
    p_low: float
    p_high: float


def effective_bits(values: Values, bits: int) -> Effective:
    """
    Estimate how many of the values' bits work.

    Parameters
    ----------
    values : uint64 array, shape (n,)
        Below 2**bits.
    bits : int
        Up to 24.

    Notes
    -----
    With d trials ended, the sum of T(T-1)/2N doubled is chi-square with 2d degrees of
    freedom; the last trial, cut short, counts with what it has (as in tests of lives
    that are censored), and its end may come at once: 2d + 2 for the upper limit. No
    trial that ends leaves the estimate and the upper limit infinite.
    """
    times, left = split_at_repeats(values, 2**bits)
    drawn = times.astype(np.float64)
    total = float((drawn * (drawn - 1)).sum()) + float(left) * (left - 1)
    ended, space = times.size, 2.0**bits
    low = total / float(chi2.ppf(0.975, 2 * ended + 2))
    high = total / float(chi2.ppf(0.025, 2 * ended)) if ended else math.inf
    middle = total / (2 * ended) if ended else math.inf
    return Effective(
        ended,
        _log2(middle),
        _log2(low),
        _log2(high),
        float(chi2.cdf(total / space, 2 * ended)) if ended else 1.0,
        float(chi2.sf(total / space, 2 * ended + 2)),
    )


def _log2(size: float) -> float:
    return math.log2(size) if size > 0 else -math.inf
