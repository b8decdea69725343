"""Effective bits of a hash on given keys, from first collisions of its values.

Values are read in the order of the keys. A trial ends with the first value that repeats
an earlier one of the same trial, and the next value starts a new trial. In a space of N
values T(T-1) has the mean 2N exactly, so its sum over the trials estimates the size of
the space that the hash really uses. T(T-1)/2N is nearly an exponential variable.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from pigeonhole.birthday.experiments.repeats import split_at_repeats
from pigeonhole.core.arrays import UInt64Array
from pigeonhole.core.checks import check_integer


class EffectiveBits(NamedTuple):
    """Estimate of the effective bits of a hash."""

    trials: int
    """Number of complete trials."""
    effective_bits: float
    bits_low: float
    """Lower end of the 95% confidence interval."""
    bits_high: float
    """Upper end of the 95% confidence interval."""
    p_low: float
    """P-value for fewer effective bits."""
    p_high: float
    """P-value for more effective bits."""


def estimate_effective_bits(values: UInt64Array, bits: int) -> EffectiveBits:
    """
    Estimate how many bits of hash values below 2**bits are effective; up to 24 bits.

    With d complete trials, twice the sum of T(T-1)/2N is chi-square with 2d degrees of
    freedom. The incomplete last trial counts as in tests of censored lifetimes: it adds
    what it has drawn, and the limit on the other side has 2d + 2 degrees of freedom.
    Without a complete trial, the estimate and the upper limit are infinite. ValueError
    is raised if a value is 2**bits or more.
    """
    bits = check_integer("bits", bits, 1, 24)
    times, remainder = split_at_repeats(values, 2**bits)
    t = times.astype(np.float64)
    total = float((t * (t - 1)).sum()) + float(remainder) * (remainder - 1)
    trials, space = times.size, 2.0**bits
    low = total / float(chi2.ppf(0.975, 2 * trials + 2))
    high = total / float(chi2.ppf(0.025, 2 * trials)) if trials else math.inf
    estimate = total / (2 * trials) if trials else math.inf
    return EffectiveBits(
        trials,
        _log2(estimate),
        _log2(low),
        _log2(high),
        float(chi2.cdf(total / space, 2 * trials)) if trials else 1.0,
        float(chi2.sf(total / space, 2 * trials + 2)),
    )


def _log2(size: float) -> float:
    return math.log2(size) if size > 0 else -math.inf
