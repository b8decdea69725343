"""Compare first-collision times T with their exact distribution.

T(T-1) has the mean 2N exactly. Its mean over the trials therefore estimates the size of
the space that a hash really uses, its effective bits. (Let q(n) be the probability that
n draws differ. Then the sum of n q(n) is N, because q(n) n / N is the probability of
T = n + 1.)
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, gamma, kstest

from pigeonhole.birthday.variants import log_no_collision_array
from pigeonhole.core.arrays import Float64Array, Int64Array
from pigeonhole.core.checks import check_array, check_integer

DISCRETE_BITS = 24
"""Below this length, T is tested as a discrete variable."""
CELLS = 20
"""Number of cells in the chi-square test."""


class Fit(NamedTuple):
    """Effective bits and p-values from the times of one hash length."""

    effective_bits: float
    bits_low: float
    """Lower end of the 95% confidence interval."""
    bits_high: float
    """Upper end of the 95% confidence interval."""
    p_low: float
    """P-value for fewer effective bits."""
    p_high: float
    """P-value for more effective bits."""
    p_distribution: float
    """P-value for another distribution of T."""


def fit_times(times: Int64Array, bits: int) -> Fit:
    """
    Estimate the effective bits and test the distribution of T.

    The mean of T(T-1) is taken as a gamma variable with the exact mean and variance. In
    large spaces that is the chi-square distribution with two degrees of freedom per
    trial. The distribution of T is tested by a chi-square test with 20 cells of about
    equal probability while T is discrete (below 24 bits), otherwise by the
    Kolmogorov-Smirnov test. Both use the exact distribution.
    """
    bits = check_integer("bits", bits, 1, 96)
    check_array("times", times, np.int64, 1)
    if not times.size or times.min() < 2:
        raise ValueError("times must be one or more numbers that are 2 or more")
    space, trials = 2.0**bits, times.size
    ratio = float(np.mean(times.astype(np.float64) * (times - 1.0))) / (2 * space)
    shape = trials / _relative_variance(bits)
    distribution = gamma(shape, scale=1 / shape)
    low, high = (ratio / float(distribution.ppf(level)) for level in (0.975, 0.025))
    effective, bits_low, bits_high = (bits + math.log2(x) for x in (ratio, low, high))
    return Fit(
        effective,
        bits_low,
        bits_high,
        float(distribution.cdf(ratio)),
        float(distribution.sf(ratio)),
        _test_distribution(times, bits),
    )


def _relative_variance(bits: int) -> float:
    """Return the variance of T(T-1) over the square of its mean 2N; 1 in the limit."""
    if bits > DISCRETE_BITS:
        return 1.0
    space = 2.0**bits
    n = np.arange(1, min(2**bits, int(12 * 2 ** (bits / 2))) + 1.0)
    # P(T = n + 1) = q(n) n / N.
    pmf = np.exp(log_no_collision_array(n, space)) * n / space
    return float(pmf @ (n * (n + 1)) ** 2) / (2 * space) ** 2 - 1


def first_collision_cdf(times: npt.ArrayLike, bits: int) -> Float64Array:
    """Return the exact probability that T is at most each of the times."""
    bits = check_integer("bits", bits, 1, 96)
    return np.asarray(0 - np.expm1(log_no_collision_array(times, 2.0**bits)))


def _test_distribution(times: Int64Array, bits: int) -> float:
    """Return the p-value of the distribution of T."""
    if bits >= DISCRETE_BITS:
        # The cdf turns T into a uniform variable.
        return float(kstest(first_collision_cdf(times, bits), "uniform").pvalue)
    max_time = min(2**bits + 1, int(12 * 2 ** (bits / 2)))
    cdf = first_collision_cdf(np.arange(1, max_time + 1), bits)
    edges = np.unique(np.searchsorted(cdf, np.arange(1, CELLS) / CELLS))
    probabilities = np.diff(np.concatenate([[0.0], cdf[edges], [1.0]]))
    # Merge all cells with few expected trials into one.
    large = probabilities > 5 / times.size
    cell = np.searchsorted(edges + 1, times)
    counts = np.bincount(cell, minlength=probabilities.size)
    counts = np.append(counts[large], counts[~large].sum())
    expected = times.size * np.append(probabilities[large], probabilities[~large].sum())
    counts, expected = counts[expected > 0], expected[expected > 0]
    if counts.size < 2:
        return 1.0
    statistic = ((counts - expected) ** 2 / expected).sum()
    return float(chi2.sf(statistic, counts.size - 1))
