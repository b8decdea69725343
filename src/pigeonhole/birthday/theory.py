"""Exact theory of collisions among uniform draws, stable for spaces of any size.

`space` is the number of equally likely values of a draw, 1 or more; `draws` is the
number of draws, 0 or more. Both are integers of any size. This module imports nothing
heavier than NumPy.
"""

import decimal
import math
from decimal import Decimal
from fractions import Fraction
from operator import index

import numpy as np

from pigeonhole.core.arrays import Float64Array

# Coefficients c of Stirling's series:
# ln z! = z ln z - z + ln(2 pi z)/2 + sum of c / z**(2k-1), k = 1, 2, ...
_NUMERATORS = (1, -1, 1, -1, 1, -691, 1, -3617, 43867, -174611)
_DENOMINATORS = (12, 360, 1260, 1680, 1188, 360360, 156, 122400, 244188, 125400)
_STIRLING = tuple(map(Fraction, _NUMERATORS, _DENOMINATORS))
_STIRLING_FLOATS = tuple(map(float, _STIRLING[:7]))


def log_no_collision(draws: int, space: int) -> float:
    """
    Return the natural logarithm of the probability that all draws differ.

    Computes the sum of ln(1 - i/N) over i < n in constant time and without
    cancellation. Up to 64 terms are added directly. While n/N is small, Faulhaber's
    formulas for sums of powers are used; otherwise the difference of two Stirling
    series (Knuth, The Art of Computer Programming, 1.2.11.2 and 1.2.11.3). The relative
    error is below 1e-15.

    Examples
    --------
    >>> log_no_collision(23, 365)
    -0.7078491...
    >>> log_no_collision(2**2000, 2**4001)
    -0.25
    """
    draws, space = _checked(draws, space)
    if draws > space:
        return -math.inf
    if draws <= 64:
        return math.fsum(math.log1p(-i / space) for i in range(1, draws))
    if draws / space < 0.002:
        return _log_by_powers(draws, space)
    try:
        return _log_by_stirling(draws, space)
    except OverflowError:
        return -math.inf


def _log_by_powers(n: int, space: int) -> float:
    """Return -sum of S_k(n-1) / (k N**k), k = 1 to 6; S_k is the sum of k-th powers."""
    r, y = 1 / space, (n - 1) / space
    try:
        t1 = n * (n - 1) / (2 * space)
    except OverflowError:
        return -math.inf
    t2 = t1 * (2 * y + r) / 3
    t3 = t1 * (t1 * r)
    t4 = t2 * (3 * y * y + 3 * y * r - r * r) / 5
    t5 = t3 * (2 * y * y + 2 * y * r - r * r) / 3
    t6 = t2 * (3 * y**4 + 6 * y**3 * r - 3 * y * r**3 + r**4) / 7
    return -(t1 + t2 / 2 + t3 / 3 + t4 / 4 + t5 / 5 + t6 / 6)


def _log_by_stirling(n: int, space: int) -> float:
    """Return ln(N! / (N-n)! / N**n)."""
    unused = space - n
    if unused < 12:
        log_root = math.log(2 * math.pi * space) / 2
        log_powers = unused * math.log(space) - space
        return log_powers + log_root + _stirling(space) - math.lgamma(unused + 1)
    x = n / space
    log_unused = math.log(unused / space) if x > 0.5 else math.log1p(-x)
    excess = space * _phi(x, unused / space, log_unused)
    return -excess - log_unused / 2 + (_stirling(space) - _stirling(unused))


def _phi(x: float, complement: float, log_complement: float) -> float:
    """Return x + (1-x) ln(1-x), which is the sum of x**k / (k (k-1)) from k = 2."""
    if x > 0.5:
        return x + complement * log_complement
    return math.fsum(x**k / (k * (k - 1)) for k in range(2, 60))


def _stirling(z: int) -> float:
    """Return the sum of c / z**(2k-1) in Stirling's series; z is 12 or more."""
    total, per_z = 0.0, 1 / float(z)
    for term in reversed(_STIRLING_FLOATS):
        total = total * per_z * per_z + term
    return total * per_z


def collision_probability(draws: int, space: int) -> float:
    """
    Return the probability that at least two draws are equal.

    1 - P(all differ), computed from `log_no_collision` so that tiny probabilities
    aren't rounded to 0 (von Mises, Revue de la Faculté des Sciences d'Istanbul 4,
    1939).

    Examples
    --------
    >>> collision_probability(23, 365)
    0.507297...
    >>> collision_probability(10**6, 2**122)
    9.40394...e-26
    """
    return 0.0 - math.expm1(log_no_collision(draws, space))


def draws_for(probability: float, space: int) -> int:
    """
    Return the smallest number of draws whose collision probability reaches a limit.

    The first estimate is Brink's expansion (OEIS A182008 and A182009, generalized from
    1/2). The result is exact: it reaches the probability and one draw less doesn't.
    Where double precision can't decide, the comparison uses integers or as many decimal
    digits as it needs. `probability` is from 0 to 1; its exact value is used.

    Examples
    --------
    >>> draws_for(0.5, 365), draws_for(0.5, 2**64)
    (23, 5056937541)
    """
    _, space = _checked(0, space)
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must be from 0 to 1, not {probability}")
    if probability in (0, 1):
        return (space + 1) * int(probability)
    draws = min(max(_estimate_draws_for(probability, space), 2), space + 1)
    while draws > 2 and _reaches(draws - 1, space, probability):
        draws -= 1
    while not _reaches(draws, space, probability):
        draws += 1
    return draws


def _estimate_draws_for(probability: float, space: int) -> int:
    """Return Brink's expansion, rounded up."""
    with decimal.localcontext(prec=_digits(space)):
        log_limit = -(1 - Decimal(probability)).ln()
        root = (2 * space * log_limit).sqrt()
        estimate = root + (3 - 2 * log_limit) / 6
        estimate += (9 - 4 * log_limit * log_limit) / (72 * root)
        estimate -= 2 * log_limit * log_limit / (135 * space)
        return int(estimate.to_integral_value(decimal.ROUND_CEILING))


def _reaches(draws: int, space: int, probability: float) -> bool:
    """Return whether the collision probability is at least `probability`, exactly."""
    if draws > space:
        return True
    log_survival = log_no_collision(draws, space)
    log_limit = math.log1p(-probability)
    if not math.isclose(log_survival, log_limit, rel_tol=1e-13):
        return log_survival < log_limit
    if draws <= 2000:
        exact_limit = 1 - Fraction(probability)
        return bool(math.perm(space, draws) <= exact_limit * space**draws)
    digits = _digits(space)
    while True:
        with decimal.localcontext(prec=digits):
            gap = _decimal_log_no_collision(draws, space)
            gap -= (1 - Decimal(probability)).ln()
            # Rounding errors are a small multiple of draws * 10**-digits.
            if abs(gap) > draws * Decimal(10) ** (10 - digits):
                return gap < 0
        digits *= 2


def _decimal_log_no_collision(draws: int, space: int) -> Decimal:
    unused = space - draws
    log_unused = (Decimal(unused) / space).ln()
    tail = _decimal_stirling(space) - _decimal_stirling(unused)
    return -draws - (unused + Decimal("0.5")) * log_unused + tail


def _decimal_stirling(z: int) -> Decimal:
    terms = (
        Decimal(term.numerator) / term.denominator / Decimal(z) ** power
        for term, power in zip(_STIRLING, range(1, 20, 2), strict=True)
    )
    return sum(terms, Decimal(0))


def _digits(space: int) -> int:
    """Return a precision that amply separates one number of draws from the next."""
    return 2 * int(space.bit_length() * 0.30103) + 40


def expected_pairs(draws: int, space: int) -> float:
    """
    Return the mean number of equal pairs among the draws, n (n-1) / 2N.

    Each pair is equal with probability 1/N, and expectations add (Feller, An
    Introduction to Probability Theory and Its Applications 1, IX.2).

    Examples
    --------
    >>> expected_pairs(256, 256)
    127.5
    """
    draws, space = _checked(draws, space)
    return draws * (draws - 1) / (2 * space)


def expected_repeats(draws: int, space: int) -> float:
    """
    Return the mean number of draws that repeat an earlier one.

    n - N (1 - (1 - 1/N)**n). For n below N/2 its binomial series is used, the sum of
    (-1)**k C(n, k) / N**(k-1) from k = 2, which avoids cancellation (Knuth, The Art of
    Computer Programming, 3.3.2, the collision test).

    Examples
    --------
    >>> expected_repeats(256, 256)
    93.99289...
    """
    draws, space = _checked(draws, space)
    if 2 * draws >= space:
        if space == 1:
            return float(max(draws - 1, 0))
        return draws + space * math.expm1(draws * math.log1p(-1 / space))
    total, term, k = 0.0, draws * (draws - 1) / (2 * space), 2
    while total + term != total:
        total += term
        term *= -(draws - k) / space / (k + 1)
        k += 1
    return total


def expected_first_collision(space: int) -> float:
    """
    Return the mean of T, the number of the draw that first repeats an earlier one.

    1 + Q(N), with Ramanujan's Q function (Knuth, The Art of Computer Programming,
    1.2.11.3): the sum itself for small spaces, its asymptotic expansion for others.

    Examples
    --------
    >>> expected_first_collision(365)
    24.61658...
    """
    _, space = _checked(0, space)
    if space <= 10_000:
        i = np.arange(space)
        return 1 + math.fsum(np.cumprod(1 - i / space).tolist())
    r = 1 / space
    half_integer_powers = 1 + r / 12 + r * r / 288 - 139 / 51840 * r**3
    integer_powers = 2 / 3 - 4 / 135 * r + 8 / 2835 * r * r
    leading = math.sqrt(math.pi / 2) * _square_root(space)
    return leading * half_integer_powers + integer_powers


def _square_root(space: int) -> float:
    """Return the square root of an integer that can be too large for a float."""
    shift = max(space.bit_length() - 128, 0) // 2
    return math.ldexp(math.sqrt(space >> 2 * shift), shift)


def distinct_pmf(draws: int, space: int) -> Float64Array:
    """
    Return the distribution of the number of distinct values among the draws.

    The result is a float64 array of shape (draws + 1,), the probabilities of 0, 1, ...
    distinct values. Adds one draw at a time: it repeats one of the d values drawn so
    far with probability d/N, otherwise it is new (Knuth, The Art of Computer
    Programming, 3.3.2). Takes draws**2 steps; all terms are positive, so nothing
    cancels.

    Examples
    --------
    >>> distinct_pmf(2, 4)
    array([0.  , 0.25, 0.75])
    """
    draws, space = _checked(draws, space)
    repeat_probability = np.arange(draws + 1) / space
    pmf = np.zeros(draws + 1)
    pmf[0] = 1.0
    for _ in range(draws):
        new_value = pmf * np.clip(1 - repeat_probability, 0, None)
        pmf = pmf * repeat_probability
        pmf[1:] += new_value[:-1]
    return pmf


def repeats_pmf(draws: int, space: int) -> Float64Array:
    """
    Return the distribution of the number of draws that repeat an earlier one.

    With d distinct values there are n - d repeats: `distinct_pmf` in reverse order.

    Examples
    --------
    >>> repeats_pmf(2, 4)
    array([0.75, 0.25, 0.  ])
    """
    return distinct_pmf(draws, space)[::-1]


def _checked(draws: int, space: int) -> tuple[int, int]:
    """Convert NumPy integers to Python's, which don't overflow, and check the range."""
    draws, space = index(draws), index(space)
    if draws < 0 or space < 1:
        raise ValueError(
            f"draws must be 0 or more and space 1 or more, not {draws} and {space}"
        )
    return draws, space
