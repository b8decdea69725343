"""Exact theory of collisions among uniform draws, stable for spaces of any size.

`space` is the number of values that a draw can take, `draws` how many have been drawn;
both are whole numbers. Nothing of the package is imported here.
"""

import decimal
import math
from decimal import Decimal
from fractions import Fraction
from operator import index

import numpy as np
import numpy.typing as npt

Distribution = npt.NDArray[np.float64]

# Stirling: ln z! = z ln z - z + ln(2 pi z)/2 + sum of c / z**(2k-1), k = 1, 2, ...
_STIRLING = tuple(
    Fraction(*term)
    for term in (
        (1, 12),
        (-1, 360),
        (1, 1260),
        (-1, 1680),
        (1, 1188),
        (-691, 360360),
        (1, 156),
        (-3617, 122400),
        (43867, 244188),
        (-174611, 125400),
    )
)
_STIRLING_FLOATS = tuple(map(float, _STIRLING[:7]))


def log_no_collision(draws: int, space: int) -> float:
    """
    Return the natural logarithm of the probability that all draws differ.

    Parameters
    ----------
    draws, space : int
        Of any size; `space` is positive.

    Notes
    -----
    The sum of ln(1 - i/N) over i < n, in constant time and without cancellation: its
    terms while they are few; Faulhaber's sums of powers while n/N is small; else the
    difference of two Stirling series (Knuth, The Art of Computer Programming, 1.2.11.2
    and 1.2.11.3). The relative error is below 1e-15.

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
    """Sum S_k(n-1) / (k N**k) for k = 1 to 6, S_k being the sums of k-th powers."""
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
    left = space - n
    if left < 12:
        root = math.log(2 * math.pi * space) / 2
        whole = left * math.log(space) - space
        return whole + root + _stirling(space) - math.lgamma(left + 1)
    x = n / space
    log_left = math.log(left / space) if x > 0.5 else math.log1p(-x)
    excess = space * _phi(x, left / space, log_left)
    return -excess - log_left / 2 + (_stirling(space) - _stirling(left))


def _phi(x: float, rest: float, log_rest: float) -> float:
    """Return x + (1-x) ln(1-x), the sum of x**k / (k (k-1)) from k = 2."""
    if x > 0.5:
        return x + rest * log_rest
    return math.fsum(x**k / (k * (k - 1)) for k in range(2, 60))


def _stirling(z: int) -> float:
    """Sum the tail of Stirling's series; z is 12 or more."""
    total, per_z = 0.0, 1 / float(z)
    for term in reversed(_STIRLING_FLOATS):
        total = total * per_z * per_z + term
    return total * per_z


def collision_probability(draws: int, space: int) -> float:
    """
    Return the probability that at least two draws are equal.

    Notes
    -----
    1 - P(all differ), of which `log_no_collision` is the logarithm (von Mises, Revue
    de la Faculté des Sciences d'Istanbul 4, 1939); what is tiny isn't rounded to 0.

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
    Return the smallest number of draws that collide with at least a probability.

    Parameters
    ----------
    probability : float
        From 0 to 1, taken as the exact value of the double.
    space : int
        Of any size, positive.

    Notes
    -----
    The start is Brink's expansion (OEIS A182008/9, generalised from 1/2). The answer is
    certain: it passes the test and its predecessor fails it, and where doubles can't
    tell, the test is made with whole numbers or with as many digits as it takes.

    Examples
    --------
    >>> draws_for(0.5, 365), draws_for(0.5, 2**64)
    (23, 5056937541)
    """
    _, space = _checked(0, space)
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability lies from 0 to 1, not at {probability}")
    if probability in (0, 1):
        return (space + 1) * int(probability)
    draws = min(max(_near_draws_for(probability, space), 2), space + 1)
    while draws > 2 and _reaches(draws - 1, space, probability):
        draws -= 1
    while not _reaches(draws, space, probability):
        draws += 1
    return draws


def _near_draws_for(probability: float, space: int) -> int:
    with decimal.localcontext(prec=_digits(space)):
        need = -(1 - Decimal(probability)).ln()
        root = (2 * space * need).sqrt()
        near = root + (3 - 2 * need) / 6 + (9 - 4 * need * need) / (72 * root)
        near -= 2 * need * need / (135 * space)
        return int(near.to_integral_value(decimal.ROUND_CEILING))


def _reaches(draws: int, space: int, probability: float) -> bool:
    """Say for certain whether the draws collide with at least the probability."""
    if draws > space:
        return True
    found = log_no_collision(draws, space)
    wanted = math.log1p(-probability)
    if not math.isclose(found, wanted, rel_tol=1e-13):
        return found < wanted
    if draws <= 2000:
        wanted_exactly = 1 - Fraction(probability)
        return bool(math.perm(space, draws) <= wanted_exactly * space**draws)
    digits = _digits(space)
    while True:
        with decimal.localcontext(prec=digits):
            gap = _log_by_digits(draws, space) - (1 - Decimal(probability)).ln()
            # Rounding errors are draws * 10**-digits, a few times over.
            if abs(gap) > draws * Decimal(10) ** (10 - digits):
                return gap < 0
        digits *= 2


def _log_by_digits(draws: int, space: int) -> Decimal:
    left = space - draws
    log_left = (Decimal(left) / space).ln()
    tail = _stirling_by_digits(space) - _stirling_by_digits(left)
    return -draws - (left + Decimal("0.5")) * log_left + tail


def _stirling_by_digits(z: int) -> Decimal:
    terms = (
        Decimal(term.numerator) / term.denominator / Decimal(z) ** power
        for term, power in zip(_STIRLING, range(1, 20, 2), strict=True)
    )
    return sum(terms, Decimal(0))


def _digits(space: int) -> int:
    """Return how many digits tell one number of draws from the next, amply."""
    return 2 * int(space.bit_length() * 0.30103) + 40


def expected_pairs(draws: int, space: int) -> float:
    """
    Return the mean number of equal pairs among the draws, n (n-1) / 2N.

    Notes
    -----
    Each of the pairs is equal with 1/N, and means add up (Feller, An Introduction to
    Probability Theory and Its Applications 1, IX.2).

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

    Notes
    -----
    n - N (1 - (1 - 1/N)**n); while n is below N/2, its binomial series, the sum of
    (-1)**k C(n, k) / N**(k-1) from k = 2, which doesn't cancel (Knuth, The Art of
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

    Notes
    -----
    1 + Q(N), with Ramanujan's Q (Knuth, The Art of Computer Programming, 1.2.11.3): its
    sum for small spaces, else its expansion.

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
    half_powers = 1 + r / 12 + r * r / 288 - 139 / 51840 * r**3
    whole_powers = 2 / 3 - 4 / 135 * r + 8 / 2835 * r * r
    return math.sqrt(math.pi / 2) * _root(space) * half_powers + whole_powers


def _root(space: int) -> float:
    """Return the square root of a whole number that may be too large for a float."""
    shift = max(space.bit_length() - 128, 0) // 2
    return math.ldexp(math.sqrt(space >> 2 * shift), shift)


def distinct_pmf(draws: int, space: int) -> Distribution:
    """
    Return the distribution of the number of different values among the draws.

    Returns
    -------
    float64 array, shape (draws + 1,)
        The probabilities of 0, 1, ... different values.

    Notes
    -----
    One draw at a time: either it finds one of the d values already seen (d/N) or a new
    one (Knuth, The Art of Computer Programming, 3.3.2). Takes draws**2 steps, all terms
    positive.

    Examples
    --------
    >>> distinct_pmf(2, 4)
    array([0.  , 0.25, 0.75])
    """
    draws, space = _checked(draws, space)
    seen = np.arange(draws + 1) / space
    chances = np.zeros(draws + 1)
    chances[0] = 1.0
    for _ in range(draws):
        new = chances * np.clip(1 - seen, 0, None)
        chances = chances * seen
        chances[1:] += new[:-1]
    return chances


def repeats_pmf(draws: int, space: int) -> Distribution:
    """
    Return the distribution of the number of draws that repeat an earlier one.

    Returns
    -------
    float64 array, shape (draws + 1,)
        The probabilities of 0, 1, ... repeats.

    Notes
    -----
    That of n - d different values, turned around; see `distinct_pmf`.

    Examples
    --------
    >>> repeats_pmf(2, 4)
    array([0.75, 0.25, 0.  ])
    """
    return distinct_pmf(draws, space)[::-1]


def _checked(draws: int, space: int) -> tuple[int, int]:
    """Turn NumPy's whole numbers into Python's, which don't overflow."""
    draws, space = index(draws), index(space)
    if draws < 0 or space < 1:
        raise ValueError(
            f"draws can't be negative nor space below 1, but they are {draws}, {space}"
        )
    return draws, space
