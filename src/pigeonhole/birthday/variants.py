"""Collisions beyond equal chances: several at once, unequal, in a table, over time.

Everything here is light: whole numbers, floats and NumPy.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from operator import index

import numpy as np
import numpy.typing as npt

from pigeonhole.birthday.theory import log_no_collision

Numbers = npt.NDArray[np.float64]

_LOG_FACTORIALS = np.array([math.lgamma(k + 1) for k in range(12)])


def coincidence_probability(draws: int, space: int, fold: int) -> float:
    """
    Return the probability that some value is drawn at least `fold` times.

    Notes
    -----
    Exact, with positive terms only for draws up to `space`: the coefficients of
    (sum of x**j / j!, j < fold)**N by the recursion for powers of a series (Knuth, The
    Art of Computer Programming, 4.7), scaled so that they are probabilities. Takes
    draws * fold steps.

    Examples
    --------
    >>> coincidence_probability(88, 365, 3)
    0.511065...
    """
    draws, space, fold = index(draws), index(space), index(fold)
    if draws < 0 or space < 1 or fold < 2:
        raise ValueError(
            "draws can't be negative, space below 1 nor fold below 2, but they are "
            f"{draws}, {space}, {fold}"
        )
    if draws > space * (fold - 1):
        return 1.0
    if fold == 2:
        return 0.0 - math.expm1(log_no_collision(draws, space))
    none = [1.0]
    for m in range(1, draws + 1):
        total, falling = 0.0, 1.0
        for j in range(1, min(fold, m + 1)):
            # m (m-1) ... over N**j j!: how likely j of the draws share a value.
            falling *= (m - j + 1) / (j * space)
            total += (j * (space + 1) - m) / m * falling * none[m - j]
        none.append(min(max(total, 0.0), 1.0))
    return 1 - none[-1]


def coincidence_draws_for(probability: float, space: int, fold: int) -> int:
    """
    Return the fewest draws that share a value `fold`-fold with a probability.

    Notes
    -----
    By bisection over `coincidence_probability`; for 365 days OEIS A014088.

    Examples
    --------
    >>> [coincidence_draws_for(0.5, 365, fold) for fold in (2, 3, 4)]
    [23, 88, 187]
    """
    low, high = 0, fold
    while coincidence_probability(high, space, fold) < probability:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if coincidence_probability(middle, space, fold) < probability:
            low = middle
        else:
            high = middle
    return high


def expected_coincidences(draws: int, space: int, fold: int) -> float:
    """
    Return the mean number of groups of `fold` equal draws, C(n, k) / N**(k-1).

    Notes
    -----
    Each group of k is equal with 1 / N**(k-1), and means add up (Feller, An
    Introduction to Probability Theory and Its Applications 1, IX.2).

    Examples
    --------
    >>> expected_coincidences(3, 10, 3)
    0.01
    """
    return float(Fraction(math.comb(index(draws), fold), index(space) ** (fold - 1)))


def unequal_no_collision(draws: int, chances: Sequence[float] | Numbers) -> float:
    """
    Return the probability that all draws differ, where values aren't equally likely.

    Parameters
    ----------
    draws : int
    chances : floats that sum to 1
        The probability of each value.

    Notes
    -----
    n! e_n(p), with e_n the elementary symmetric polynomial (Stanley, Enumerative
    Combinatorics 2, 7.4): one value at a time, all terms positive.

    Examples
    --------
    >>> unequal_no_collision(2, [0.5, 0.25, 0.25])
    0.625
    """
    p = np.asarray(chances, np.float64)
    if draws < 0 or (p < 0).any() or abs(math.fsum(p.tolist()) - 1) > 1e-9:
        raise ValueError("chances are 0 or more and sum to 1; draws aren't negative")
    if draws > p.size:
        return 0.0
    # Row k holds k! e_k: the k draws that some of the values so far can make.
    terms = np.zeros(draws + 1)
    terms[0] = 1.0
    k = np.arange(1, draws + 1)
    for chance in p:
        terms[1:] += chance * k * terms[:-1]
    return float(terms[-1])


def effective_space(chances: Sequence[float] | Numbers) -> float:
    """Return the size of the equally likely space with as many pairs, 1 / sum of p**2.

    That is the first order of the birthday problem with unequal values (Bloom, American
    Mathematical Monthly 80, 1973).

    Examples
    --------
    >>> effective_space([0.5, 0.25, 0.25])
    2.6666...
    """
    return 1 / math.fsum((np.asarray(chances, np.float64) ** 2).tolist())


def biased_alphabet(size: int, source: int = 256) -> Numbers:
    """
    Return the chances of the signs where each is a random number % `size`.

    Notes
    -----
    The first source % size signs come once more than the others (Knuth, The Art of
    Computer Programming, 3.4.1).

    Examples
    --------
    >>> biased_alphabet(3, 4)
    array([0.5 , 0.25, 0.25])
    """
    counts = np.bincount(np.arange(source) % size, minlength=size)
    return np.asarray(counts / source, np.float64)


def table_collision_probability(new: int, old: int, space: int) -> float:
    """
    Return the chance that one of so many new keys hits a table of old ones.

    Notes
    -----
    1 - (1 - n/N)**m, independent trials (Feller, An Introduction to Probability Theory
    and Its Applications 1, VI.2): collisions among the new keys aren't counted.

    Examples
    --------
    >>> table_collision_probability(2, 10, 40)
    0.4375
    """
    new, old, space = index(new), index(old), index(space)
    if new < 0 or not 0 <= old <= space:
        raise ValueError(f"of {space} values {old} can't be taken by {new} new keys")
    if old == space:
        return float(new > 0)
    return 0.0 - math.expm1(new * math.log1p(-old / space))


def expected_retries(old: int, space: int) -> float:
    """
    Return the mean number of further tries until a new key is free, n / (N - n).

    Notes
    -----
    The mean of the geometric distribution (Feller, An Introduction to Probability
    Theory and Its Applications 1, VI.8).

    Examples
    --------
    >>> expected_retries(10, 60)
    0.2
    """
    if not 0 <= old < space:
        raise ValueError(f"of {space} values {old} are taken: there is none left")
    return old / (space - old)


def timed_collision_probability(
    per_tick: float, ticks: int, bits: int, *, steady: bool = False
) -> float:
    """
    Return the chance of a collision among ids of a time and random bits.

    Parameters
    ----------
    per_tick : float
        Ids made while the time stays the same, on average.
    ticks : int
        How many times there are.
    bits : int
        Random bits that follow the time.
    steady : bool
        True if every tick has exactly `per_tick` ids, which then is whole; else they
        arrive by chance (Poisson).

    Notes
    -----
    Ids of different ticks never collide: the logarithms of the chances of none add up.
    By chance a tick has r**2 / 2**(bits+1) pairs on average (RFC 9562, 6.7, asks to
    weigh that, and gives no formula).

    Examples
    --------
    A year of UUIDv7, a thousand in each millisecond:

    >>> timed_collision_probability(1000, 31_557_600_000, 74)
    8.3532...e-07
    """
    if per_tick < 0 or ticks < 0 or bits < 0:
        raise ValueError("numbers of ids, ticks and bits aren't negative")
    if steady:
        return 0.0 - math.expm1(ticks * log_no_collision(int(per_tick), 2**bits))
    pairs = math.ldexp(per_tick * per_tick, -bits - 1)
    return 0.0 - math.expm1(-ticks * pairs)


def log_no_collision_array(draws: npt.ArrayLike, space: float) -> Numbers:
    """
    Return `log_no_collision` for many numbers of draws at once, for plots and tests.

    Parameters
    ----------
    draws : array of numbers
        Below half of the space; whole numbers up to 2**53.
    space : float

    Notes
    -----
    The same series as `log_no_collision`, right to 1e-12.

    Examples
    --------
    >>> log_no_collision_array([1, 2, 3], 4)
    array([ 0.        , -0.28768207, -0.98082925])
    """
    n, r = np.maximum(np.asarray(draws, np.float64), 1), 1.0 / space
    x = n * r
    if (x > 1).any():
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = log_no_collision_array(np.minimum(n, space), space)
            return np.where(x > 1, -np.inf, inside)
    power, total = x * x, np.zeros_like(x)
    for k in range(2, 60):
        total += power / (k * (k - 1))
        power = power * x
    rest = 1 - x
    with np.errstate(divide="ignore", invalid="ignore"):
        far = x + np.where(rest > 0, rest * np.log(rest), 0.0)
        phi = np.where(x > 0.4, far, total)
        left = np.maximum(space - n, 1.0)
        log_left = np.where(rest > 0, np.log1p(-np.minimum(x, 1 - r)), np.log(r))
        found = -space * phi - log_left / 2 + _tail(space) - _tail(left)
    # Stirling's series needs a dozen; below it the factorial itself.
    few_left = np.clip(space - n, 0, 11).astype(np.int64)
    near_all = few_left * math.log(space) - space + math.log(2 * math.pi * space) / 2
    near_all = near_all + _tail(space) - _LOG_FACTORIALS[few_left]
    found = np.where(space - n < 12, near_all, found)
    few = np.minimum(n, 64)
    i = np.arange(1, 64)
    direct = np.where(
        i < few[..., None], np.log1p(-np.minimum(i * r, 0.9999999)), 0.0
    ).sum(axis=-1)
    return np.where(n <= 64, direct, np.where(x < 0.002, _by_powers(n, r), found))


def _by_powers(n: Numbers, r: float) -> Numbers:
    """Sum the powers as `theory` does."""
    y, t1 = (n - 1) * r, n * (n - 1) * r / 2
    t2, t3 = t1 * (2 * y + r) / 3, t1 * (t1 * r)
    t4 = t2 * (3 * y * y + 3 * y * r - r * r) / 5
    t5 = t3 * (2 * y * y + 2 * y * r - r * r) / 3
    return np.asarray(-(t1 + t2 / 2 + t3 / 3 + t4 / 4 + t5 / 5), np.float64)


def _tail(z: npt.ArrayLike) -> Numbers:
    z = np.asarray(z, np.float64)
    return np.asarray(1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5), np.float64)
