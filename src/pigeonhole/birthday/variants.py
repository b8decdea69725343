"""Variants of the birthday problem: multiple, unequal, table and time-based collisions.

This module imports nothing heavier than NumPy.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count, islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pigeonhole.birthday.theory import (
    collision_probability,
    draws_for,
    log_no_collision,
)
from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.checks import check_integer, check_number

MAX_STEPS = 20_000_000
"""Maximum of draws * fold in the probability of a coincidence."""
MAX_FOLD = 100_000
MAX_SOURCE = 2**24
"""Maximum number of characters, and of numbers from which one is chosen."""
MAX_TICK_BITS = 1_000_000
"""Maximum number of random bits after a timestamp."""
_LOG_SMALLEST, _LOG_ROUNDED = -1075 * math.log(2), -40
"""Logarithms of probabilities that are 0 as a float, and whose complement is 1."""
_LOG_FACTORIALS = np.array([math.lgamma(k + 1) for k in range(12)])


def coincidence_probability(draws: int, space: int, fold: int) -> float:
    """
    Return the probability that some value is drawn at least `fold` times.

    Exact to the last bits, however small. The probability that m draws have no such
    value is m! / N**m times a coefficient of (sum of x**j / j!, j < fold)**N, which the
    recurrence for powers of a series computes (Knuth, The Art of Computer Programming,
    4.7). If there are more draws than values, its terms cancel, so it is repeated in
    integer arithmetic with twice the bits until two results agree. Takes draws * fold
    steps; ValueError is raised if they are more than `MAX_STEPS`.

    Examples
    --------
    >>> coincidence_probability(88, 365, 3)
    0.511065...
    >>> coincidence_probability(30, 2**64, 3)
    1.193126...e-35
    """
    draws = check_integer("draws", draws, 0)
    space = check_integer("space", space, 1)
    fold = check_integer("fold", fold, 2, MAX_FOLD)
    if draws < fold:
        return 0.0
    if draws > space * (fold - 1):
        return 1.0
    if fold == 2:
        return collision_probability(draws, space)
    if _log_expected(draws, space, fold) < _LOG_SMALLEST:
        return 0.0
    if _log_survival_bound(draws, space, fold) < _LOG_ROUNDED:
        return 1.0
    bits, previous = _first_bits(space, fold), 0
    while True:
        _check_steps(draws, fold, bits)
        survivals = islice(_scaled_survivals(space, fold, bits), draws, None)
        hits = (1 << bits) - next(survivals, 1 << bits)
        if _agree(hits, previous << bits // 2):
            return hits / (1 << bits)
        previous, bits = hits, 2 * bits


def coincidence_draws_for(probability: float, space: int, fold: int) -> int:
    """
    Return the smallest number of draws with a probable `fold`-fold coincidence.

    The result is exact: this many draws reach the probability, from 0 to 1, and one
    draw less doesn't. ValueError is raised if it would take more than `MAX_STEPS`
    steps. The numbers for 365 days are OEIS A014088.

    Examples
    --------
    >>> [coincidence_draws_for(0.5, 365, fold) for fold in (2, 3, 4)]
    [23, 88, 187]
    """
    probability = check_number("probability", probability, 0, 1)
    space = check_integer("space", space, 1)
    fold = check_integer("fold", fold, 2, MAX_FOLD)
    if probability in (0, 1):
        return (space * (fold - 1) + 1) * int(probability)
    if fold == 2:
        return draws_for(probability, space)
    exact = Fraction(probability)
    bits, previous = _first_bits(space, fold), None
    while True:
        found = _first_reaching(exact * (1 << bits), space, fold, bits)
        if found and previous:
            limit = exact * (1 << bits)
            margin = min(found.hits - limit, limit - found.before)
            # The rounding errors at half the bits are larger than those of `found`.
            error = 2 * abs(found.hits - (previous.hits << bits // 2))
            if margin < found.hits >> 60:
                # A probability may be equal to the limit.
                for draws in (found.draws - 1, found.draws, found.draws + 1):
                    before, hits = (_exact(n, space, fold) for n in (draws - 1, draws))
                    if before < exact <= hits:
                        return draws
            elif found.draws == previous.draws and margin > error:
                return found.draws
        previous, bits = found, 2 * bits


class _Reached(NamedTuple):
    """The first draw that reaches a probability, and both scaled probabilities."""

    draws: int
    hits: int
    """With this many draws."""
    before: int
    """With one draw less."""


def _first_reaching(
    limit: Fraction, space: int, fold: int, bits: int
) -> _Reached | None:
    """Return the first draw that reaches a limit, None if there are too few bits."""
    before = 0
    for draws, survival in enumerate(_scaled_survivals(space, fold, bits)):
        hits = (1 << bits) - survival
        if hits >= limit:
            return _Reached(draws, hits, before)
        _check_steps(draws, fold, bits)
        before = hits
    return None


def _scaled_survivals(space: int, fold: int, bits: int) -> Iterator[int]:
    """
    Yield the probability that 0, 1, 2, ... draws have no value `fold` times.

    The probabilities are rounded to multiples of 2**-bits and scaled to integers. They
    end when rounding errors have become visible: a probability that rises.
    """
    last, tolerance = deque([1 << bits], maxlen=fold - 1), 1 << bits // 2
    for m in count(1):
        yield last[-1]
        # Horner's rule for the sum of (j (N+1) - m) / m * p[m-j] * m! / (m-j)! / N**j
        # / j!, from the last j to the first.
        total = 0
        for j in range(len(last), 0, -1):
            total += (j * (space + 1) - m) * last[-j]
            total = total * (m - j + 1) // (j * space)
        if not -tolerance <= total // m <= last[-1] + tolerance:
            return
        last.append(total // m)


def _first_bits(space: int, fold: int) -> int:
    """Return enough bits for the smallest probability, of `fold` draws, if a float."""
    return 128 + min((fold - 1) * space.bit_length(), 1100)


def _agree(one: int, two: int) -> bool:
    """Return whether two results are equal to more digits than those of a float."""
    return abs(one - two) < one >> 60


def _check_steps(draws: int, fold: int, bits: int) -> None:
    if draws * fold * max(bits, 1000) > MAX_STEPS * 1000:
        raise ValueError(
            f"{draws:,} draws of a {fold:,}-fold coincidence would take too long: "
            f"draws * fold must be at most {MAX_STEPS:,}, and less if there are many "
            "more draws than values"
        )


def _log_expected(draws: int, space: int, fold: int) -> float:
    """Return the logarithm of an upper bound of `expected_coincidences`."""
    return fold * math.log(draws) - (fold - 1) * math.log(space)


def _log_survival_bound(draws: int, space: int, fold: int) -> float:
    """
    Return an upper bound of the log-probability of no coincidence (Chernoff).

    A coefficient of a series with positive terms is at most its value at any x > 0,
    divided by a power of x.
    """
    mean = draws / space
    if mean < 1:
        return 0.0
    log_x = math.log(mean) + np.arange(0, 8, 0.25)
    j = np.arange(fold)
    log_factorials = np.concatenate([[0], np.cumsum(np.log(j[1:]))])
    log_sums = np.logaddexp.reduce(j * log_x[:, None] - log_factorials, axis=1)
    log_outcomes = draws * (math.log(space) + log_x) - math.lgamma(draws + 1)
    return float((space * log_sums - log_outcomes).min())


def _exact(draws: int, space: int, fold: int) -> Fraction:
    """Return the probability of a coincidence by the same recurrence in integers."""
    # sequences[m]: number of sequences of m draws without a coincidence.
    sequences = [1]
    for m in range(1, draws + 1):
        terms = (
            (j * (space + 1) - m) * math.comb(m, j) * sequences[m - j]
            for j in range(1, min(fold, m + 1))
        )
        sequences.append(sum(terms) // m)
    return 1 - Fraction(sequences[draws], space**draws)


def expected_coincidences(draws: int, space: int, fold: int) -> float:
    """
    Return the mean number of groups of `fold` equal draws, C(n, k) / N**(k-1).

    Each group of k draws is equal with probability 1 / N**(k-1), and expectations add
    (Feller, An Introduction to Probability Theory and Its Applications 1, IX.2). Means
    that are too large for a float are infinite.

    Examples
    --------
    >>> expected_coincidences(3, 10, 3)
    0.01
    """
    draws = check_integer("draws", draws, 0)
    space = check_integer("space", space, 1)
    fold = check_integer("fold", fold, 1, MAX_FOLD)
    try:
        return float(Fraction(math.comb(draws, fold), space ** (fold - 1)))
    except OverflowError:
        return math.inf


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
    draws, p = check_integer("draws", draws, 0), _check_distribution(probabilities)
    if draws <= 1:
        return 1.0
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
    return 1 / math.fsum((_check_distribution(probabilities) ** 2).tolist())


def _check_distribution(probabilities: Sequence[float] | Float64Array) -> Float64Array:
    p = np.asarray(probabilities, np.float64)
    # NaN fails both comparisons.
    if p.ndim != 1 or not (p >= 0).all() or not abs(math.fsum(p.tolist()) - 1) <= 1e-9:
        raise ValueError(
            "probabilities must be a list of numbers that are 0 or more and sum to 1"
        )
    return p


def biased_alphabet(size: int, source: int = 256) -> Float64Array:
    """
    Return the probability of each character if it is chosen by a number % `size`.

    `source` is the number of equally likely numbers, 256 for a byte, and at most
    `MAX_SOURCE`; `size` is at most as large, too. The first
    source % size characters are chosen by one number more than the others (Knuth, The
    Art of Computer Programming, 3.4.1).

    Examples
    --------
    >>> biased_alphabet(3, 4)
    array([0.5 , 0.25, 0.25])
    """
    size = check_integer("size", size, 1, MAX_SOURCE)
    source = check_integer("source", source, 1, MAX_SOURCE)
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
    new = check_integer("new", new, 0, 10**300)
    space = check_integer("space", space, 1)
    old = check_integer("old", old, 0, space)
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
    space = check_integer("space", space, 1)
    old = check_integer("old", old, 0, space - 1)
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
    ticks = check_integer("ticks", ticks, 0)
    bits = check_integer("bits", bits, 0, MAX_TICK_BITS)
    rate = Fraction(check_number("per_tick", per_tick, 0))
    hazard = rate * rate * ticks / 2 ** (bits + 1)
    if steady:
        if rate.denominator > 1:
            raise ValueError(f"a steady per_tick must be an integer, not {per_tick}")
        log_survival = log_no_collision(int(rate), 2**bits)
        if log_survival == -math.inf:
            return float(ticks > 0)
        hazard = -Fraction(log_survival) * ticks
    # In fractions, because ticks and the square of the rate can overflow a float.
    return 1.0 if hazard > 100 else 0.0 - math.expm1(-float(hazard))


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
    space = check_number("space", space, 1)
    n, r = np.asarray(draws, np.float64), 1 / space
    if not (n >= 0).all():
        raise ValueError("draws must be 0 or more")
    n = np.maximum(n, 1)
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
