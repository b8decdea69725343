"""Variants of the birthday problem: multiple, unequal, table and time-based collisions.

This module imports nothing heavier than NumPy.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from operator import index

import numpy as np
import numpy.typing as npt

from pigeonhole.birthday.theory import log_no_collision
from pigeonhole.core.arrays import Float64Array

_LOG_FACTORIALS = np.array([math.lgamma(k + 1) for k in range(12)])


def coincidence_probability(draws: int, space: int, fold: int) -> float:
    """
    Return the probability that some value is drawn at least `fold` times.

    Exact. Computes the coefficients of (sum of x**j / j!, j < fold)**N by the
    recurrence for powers of a series (Knuth, The Art of Computer Programming, 4.7),
    scaled so that they are probabilities. All terms are positive for draws up to
    `space`. Takes draws * fold steps.

    Examples
    --------
    >>> coincidence_probability(88, 365, 3)
    0.511065...
    """
    draws, space, fold = index(draws), index(space), index(fold)
    if draws < 0 or space < 1 or fold < 2:
        raise ValueError(
            "draws must be 0 or more, space 1 or more and fold 2 or more, not "
            f"{draws}, {space} and {fold}"
        )
    if draws > space * (fold - 1):
        return 1.0
    if fold == 2:
        return 0.0 - math.expm1(log_no_collision(draws, space))
    # no_coincidence[m]: probability that m draws have no value `fold` times.
    no_coincidence = [1.0]
    for m in range(1, draws + 1):
        total, falling = 0.0, 1.0
        for j in range(1, min(fold, m + 1)):
            # Falling factorial m (m-1) ... (m-j+1) over N**j j!.
            falling *= (m - j + 1) / (j * space)
            total += (j * (space + 1) - m) / m * falling * no_coincidence[m - j]
        no_coincidence.append(min(max(total, 0.0), 1.0))
    return 1 - no_coincidence[-1]


def coincidence_draws_for(probability: float, space: int, fold: int) -> int:
    """
    Return the smallest number of draws with a probable `fold`-fold coincidence.

    Bisects `coincidence_probability`. The numbers for 365 days are OEIS A014088.

    Examples
    --------
    >>> [coincidence_draws_for(0.5, 365, fold) for fold in (2, 3, 4)]
    [23, 88, 187]
    """

    def reached(draws: int) -> float:
        return coincidence_probability(draws, space, fold)

    high = fold
    while reached(high) < probability:
        high *= 2
    return bisect_left(range(high), probability, lo=1, key=reached)


def expected_coincidences(draws: int, space: int, fold: int) -> float:
    """
    Return the mean number of groups of `fold` equal draws, C(n, k) / N**(k-1).

    Each group of k draws is equal with probability 1 / N**(k-1), and expectations add
    (Feller, An Introduction to Probability Theory and Its Applications 1, IX.2).

    Examples
    --------
    >>> expected_coincidences(3, 10, 3)
    0.01
    """
    return float(Fraction(math.comb(index(draws), fold), index(space) ** (fold - 1)))


def unequal_no_collision(
    draws: int, probabilities: Sequence[float] | Float64Array
) -> float:
    """
    Return the probability that all draws differ if values aren't equally likely.

    n! e_n(p), with e_n the elementary symmetric polynomial (Stanley, Enumerative
    Combinatorics 2, 7.4), computed one value at a time; all terms are positive. The
    probabilities of the values must sum to 1.

    Examples
    --------
    >>> unequal_no_collision(2, [0.5, 0.25, 0.25])
    0.625
    """
    p = np.asarray(probabilities, np.float64)
    if draws < 0 or (p < 0).any() or abs(math.fsum(p.tolist()) - 1) > 1e-9:
        raise ValueError(
            "draws and probabilities must be 0 or more, and the probabilities must "
            "sum to 1"
        )
    if draws > p.size:
        return 0.0
    # terms[k] is k! e_k of the values so far: the probability that k draws are all
    # different and among those values.
    terms = np.zeros(draws + 1)
    terms[0] = 1.0
    k = np.arange(1, draws + 1)
    for probability in p:
        terms[1:] += probability * k * terms[:-1]
    return float(terms[-1])


def effective_space(probabilities: Sequence[float] | Float64Array) -> float:
    """
    Return the size of the uniform space in which pairs collide as often.

    1 / sum of p**2, the first-order approximation of the birthday problem with unequal
    values (Bloom, American Mathematical Monthly 80, 1973).

    Examples
    --------
    >>> effective_space([0.5, 0.25, 0.25])
    2.6666...
    """
    return 1 / math.fsum((np.asarray(probabilities, np.float64) ** 2).tolist())


def biased_alphabet(size: int, source: int = 256) -> Float64Array:
    """
    Return the probability of each character if it is chosen by a number % `size`.

    `source` is the number of equally likely numbers, 256 for a byte. The first
    source % size characters are chosen by one number more than the others (Knuth, The
    Art of Computer Programming, 3.4.1).

    Examples
    --------
    >>> biased_alphabet(3, 4)
    array([0.5 , 0.25, 0.25])
    """
    counts = np.bincount(np.arange(source) % size, minlength=size)
    return np.asarray(counts / source, np.float64)


def table_collision_probability(new: int, old: int, space: int) -> float:
    """
    Return the probability that any of `new` keys equals one of `old` existing keys.

    1 - (1 - n/N)**m for m independent new keys (Feller, An Introduction to Probability
    Theory and Its Applications 1, VI.2). Collisions among the new keys aren't counted.

    Examples
    --------
    >>> table_collision_probability(2, 10, 40)
    0.4375
    """
    new, old, space = index(new), index(old), index(space)
    if new < 0 or not 0 <= old <= space:
        raise ValueError(
            f"new must be 0 or more and old from 0 to space ({space}), not {new} "
            f"and {old}"
        )
    if old == space:
        return float(new > 0)
    return 0.0 - math.expm1(new * math.log1p(-old / space))


def expected_retries(old: int, space: int) -> float:
    """
    Return the mean number of extra attempts until a new key is unused, n / (N - n).

    The mean of the geometric distribution (Feller, An Introduction to Probability
    Theory and Its Applications 1, VI.8).

    Examples
    --------
    >>> expected_retries(10, 60)
    0.2
    """
    if not 0 <= old < space:
        raise ValueError(f"old must be from 0 to {space - 1}, not {old}")
    return old / (space - old)


def timed_collision_probability(
    per_tick: float, ticks: int, bits: int, *, steady: bool = False
) -> float:
    """
    Return the collision probability of ids made of a timestamp and random bits.

    Ids of different ticks never collide, so the logarithms of the survival
    probabilities of all ticks add. With random arrivals at r ids per tick, a tick has
    r**2 / 2**(bits+1) equal pairs on average. (RFC 9562, 6.7, asks implementers to
    weigh collisions but gives no formula.)

    Parameters
    ----------
    per_tick : float
        Mean number of ids created per tick of the clock.
    ticks : int
        Number of ticks.
    bits : int
        Number of random bits after the timestamp.
    steady : bool
        True if every tick has exactly `per_tick` ids, which must then be an integer.
        False if ids arrive at random (Poisson).

    Examples
    --------
    UUIDv7 for a year, at a thousand per millisecond:

    >>> timed_collision_probability(1000, 31_557_600_000, 74)
    8.3532...e-07
    """
    if per_tick < 0 or ticks < 0 or bits < 0:
        raise ValueError(
            f"per_tick, ticks and bits must be 0 or more, not {per_tick}, {ticks} "
            f"and {bits}"
        )
    if steady:
        return 0.0 - math.expm1(ticks * log_no_collision(int(per_tick), 2**bits))
    pairs = math.ldexp(per_tick * per_tick, -bits - 1)
    return 0.0 - math.expm1(-ticks * pairs)


def log_no_collision_array(draws: npt.ArrayLike, space: float) -> Float64Array:
    """
    Return `log_no_collision` for an array of draws, for plots and hypothesis tests.

    Uses the same series as `log_no_collision`; the relative error is below 1e-12 for
    integers up to 2**53.

    Examples
    --------
    >>> log_no_collision_array([1, 2, 3], 4)
    array([ 0.        , -0.28768207, -0.98082925])
    """
    n, r = np.maximum(np.asarray(draws, np.float64), 1), 1.0 / space
    x = n * r
    if (x > 1).any():
        with np.errstate(divide="ignore", invalid="ignore"):
            capped = log_no_collision_array(np.minimum(n, space), space)
            return np.where(x > 1, -np.inf, capped)
    # Difference of two Stirling series; phi is x + (1-x) ln(1-x).
    power, series = x * x, np.zeros_like(x)
    for k in range(2, 60):
        series += power / (k * (k - 1))
        power = power * x
    complement = 1 - x
    with np.errstate(divide="ignore", invalid="ignore"):
        log_term = np.where(complement > 0, complement * np.log(complement), 0.0)
        phi = np.where(x > 0.4, x + log_term, series)
        unused = np.maximum(space - n, 1.0)
        log_unused = np.where(
            complement > 0, np.log1p(-np.minimum(x, 1 - r)), np.log(r)
        )
        stirling = -space * phi - log_unused / 2 + _tail(space) - _tail(unused)
    # With fewer than 12 unused values, use the factorial itself.
    few_unused = np.clip(space - n, 0, 11).astype(np.int64)
    factorial = few_unused * math.log(space) - space
    factorial = factorial + math.log(2 * math.pi * space) / 2
    factorial = factorial + _tail(space) - _LOG_FACTORIALS[few_unused]
    stirling = np.where(space - n < 12, factorial, stirling)
    # Up to 64 draws, add the logarithms directly.
    few_draws = np.minimum(n, 64)
    i = np.arange(1, 64)
    direct = np.where(
        i < few_draws[..., None], np.log1p(-np.minimum(i * r, 0.9999999)), 0.0
    ).sum(axis=-1)
    large = np.where(x < 0.002, _by_powers(n, r), stirling)
    return np.where(n <= 64, direct, large)


def _by_powers(n: Float64Array, r: float) -> Float64Array:
    """Return the sum of powers of `theory`'s `_log_by_powers`, for an array."""
    y, t1 = (n - 1) * r, n * (n - 1) * r / 2
    t2, t3 = t1 * (2 * y + r) / 3, t1 * (t1 * r)
    t4 = t2 * (3 * y * y + 3 * y * r - r * r) / 5
    t5 = t3 * (2 * y * y + 2 * y * r - r * r) / 3
    return np.asarray(-(t1 + t2 / 2 + t3 / 3 + t4 / 4 + t5 / 5), np.float64)


def _tail(z: npt.ArrayLike) -> Float64Array:
    """Return the tail of Stirling's series."""
    z = np.asarray(z, np.float64)
    return np.asarray(1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5), np.float64)
