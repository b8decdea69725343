"""Exact theory of collisions among uniform draws, stable for spaces of any size.

`space` is the number of equally likely values of a draw, 1 or more; `draws` is the
number of draws, 0 or more. Both are integers of any size. This module imports nothing
heavier than NumPy.
"""

import decimal
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np

from pigeonhole.birthday import bounds
from pigeonhole.core.arrays import Float64Array
from pigeonhole.core.checks import check_integer

# Coefficients c of Stirling's series:
# ln z! = z ln z - z + ln(2 pi z)/2 + sum of c / z**(2k-1), k = 1, 2, ...
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)

SMALL = 1e-290
"""Doubles below this number may have fewer digits than others."""
NEAREST_TO_ONE = Fraction(1, 10**400)
"""Smallest distance from 1 of a probability below 1."""
EXACT_BITS = 1_000_000
"""Fractions of up to this many bits are compared as they are."""
MAX_PMF_DRAWS = 100_000


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
    # A space can be larger than any double, and its product with phi smaller.
    shift = max(space.bit_length() - 1000, 0)
    phi = _phi(x, unused / space, log_unused)
    excess = math.ldexp((space >> shift) * phi, shift)
    return -excess - log_unused / 2 + (_stirling(space) - _stirling(unused))


def _phi(x: float, complement: float, log_complement: float) -> float:
    """Return x + (1-x) ln(1-x), which is the sum of x**k / (k (k-1)) from k = 2."""
    if x > 0.5:
        return x + complement * log_complement
    return math.fsum(x**k / (k * (k - 1)) for k in range(2, 60))


def _stirling(z: int) -> float:
    """Return the sum of c / z**(2k-1) in Stirling's series; z is 12 or more."""
    total, per_z = 0.0, 1 / z
    for term in reversed(_STIRLING):
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


def draws_for(probability: float | Fraction, space: int, groups: int = 1) -> int:
    """
    Return the smallest number of draws whose collision probability reaches a limit.

    If `groups` share the draws evenly, returns the number of draws of each group at
    which the probability that any group has two equal draws reaches the limit.

    The first estimate is Brink's expansion (OEIS A182008 and A182009, generalized from
    1/2). The result is exact: it reaches the probability and one draw less doesn't.
    `probability` is from 0 to 1; its exact value is used.

    Examples
    --------
    >>> draws_for(0.5, 365), draws_for(0.5, 2**64)
    (23, 5056937541)
    >>> draws_for(0.5, 365, groups=10)
    8
    """
    space = check_integer("space", space, 1)
    groups = check_integer("groups", groups, 1)
    limit = _checked_probability(probability)
    if limit in (0, 1):
        return (space + 1) * int(limit)

    def is_reached(draws: int) -> bool:
        return reaches(groups * draws, space, limit, groups)

    high = min(max(_estimate_draws_for(limit, space, groups), 2), space + 1)
    low, step = high - 1, 1
    while low > 1 and is_reached(low):
        low, high, step = max(low - step, 1), low, 2 * step
    while not is_reached(high):
        low, high, step = high, high + step, 2 * step
    return bisect(low, high, is_reached)


def bisect(low: int, high: int, predicate: Callable[[int], bool]) -> int:
    """Return the smallest number that satisfies a predicate: not `low`, but `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if predicate(middle) else (middle, high)
    return high


def _estimate_draws_for(probability: Fraction, space: int, groups: int) -> int:
    """Return Brink's expansion, rounded up."""
    bits = _bits_for(math.isqrt(space))
    low, _ = bounds.log_bounds(1 - probability, bits)
    with decimal.localcontext(prec=int(bits * bounds.DIGITS_PER_BIT) + 10):
        log_limit = Decimal(low.numerator) / low.denominator / groups
        root = (2 * space * log_limit).sqrt()
        estimate = root + (3 - 2 * log_limit) / 6
        estimate += (9 - 4 * log_limit * log_limit) / (72 * max(root, Decimal(1)))
        estimate -= 2 * log_limit * log_limit / (135 * space)
        return int(estimate.to_integral_value(decimal.ROUND_CEILING))


def reaches(
    draws: int, space: int, probability: float | Fraction, groups: int = 1
) -> bool:
    """
    Return whether the collision probability is at least `probability`, exactly.

    `groups` share the draws evenly; draws of different groups can't collide. Where
    double precision can't decide, compares integers, or bounds that become narrower
    until they do.

    Examples
    --------
    >>> reaches(23, 365, 0.5), reaches(22, 365, 0.5)
    (True, False)
    """
    draws, space = _checked(draws, space)
    groups = check_integer("groups", groups, 1)
    limit = _checked_probability(probability)
    if draws > groups * space or limit == 0:
        return True
    if draws <= groups or limit == 1:
        return False
    if (decided := _reaches_by_doubles(draws, space, limit, groups)) is not None:
        return decided
    per_group, remainder = divmod(draws, groups)
    factors = draws - groups
    size = factors * space.bit_length() + limit.denominator.bit_length()
    if size <= EXACT_BITS:
        falling = math.perm(space - 1, per_group - 1) ** (groups - remainder)
        falling *= math.perm(space - 1, per_group) ** remainder
        whole = limit.denominator
        return bool(falling * whole <= (whole - limit.numerator) * space**factors)
    bits = _bits_for(draws)
    # Two different fractions of this size differ by more than the last bounds.
    while bits < 2 * (size + 64):
        low, high = bounds.survival_bounds(draws, space, groups, bits)
        limit_low, limit_high = bounds.log_bounds(1 - limit, bits)
        if low > limit_high or high < limit_low:
            return low > limit_high
        bits *= 2
    return True


def _reaches_by_doubles(
    draws: int, space: int, limit: Fraction, groups: int
) -> bool | None:
    """Return whether the limit is reached, or None if doubles can't decide."""
    survival = float(1 - limit)
    if survival < SMALL:
        return None
    log_limit = math.log1p(-float(limit)) if limit < 0.5 else math.log(survival)
    per_group, remainder = divmod(draws, groups)
    logs = [log_no_collision(per_group, space), log_no_collision(per_group + 1, space)]
    # Doubles near the smallest ones have few digits.
    if not any(-SMALL > log > -math.inf for log in logs):
        return None
    try:
        total = (groups - remainder) * logs[0] + (remainder and remainder * logs[1])
    except OverflowError:
        return None
    if -log_limit < SMALL or math.isclose(total, log_limit, rel_tol=1e-12):
        return None
    return total < log_limit


def _bits_for(draws: int) -> int:
    """Return a precision that amply separates one number of draws from the next."""
    return draws.bit_length() + 64


def expected_pairs(draws: int, space: int) -> float:
    """
    Return the mean number of equal pairs among the draws, n (n-1) / 2N.

    Each pair is equal with probability 1/N, and expectations add (Feller, An
    Introduction to Probability Theory and Its Applications 1, IX.2). A mean that is
    larger than all doubles is infinite.

    Examples
    --------
    >>> expected_pairs(256, 256)
    127.5
    """
    draws, space = _checked(draws, space)
    try:
        return draws * (draws - 1) / (2 * space)
    except OverflowError:
        return math.inf


def expected_repeats(draws: int, space: int) -> float:
    """
    Return the mean number of draws that repeat an earlier one.

    n - N (1 - (1 - 1/N)**n). For n below N/2 its binomial series is used, the sum of
    (-1)**k C(n, k) / N**(k-1) from k = 2, which avoids cancellation (Knuth, The Art of
    Computer Programming, 3.3.2, the collision test). A mean that is larger than all
    doubles is infinite.

    Examples
    --------
    >>> expected_repeats(256, 256)
    93.99289...
    """
    draws, space = _checked(draws, space)
    try:
        return _expected_repeats(draws, space)
    except OverflowError:
        return math.inf


def _expected_repeats(draws: int, space: int) -> float:
    if 2 * draws >= space:
        if space == 1:
            return float(max(draws - 1, 0))
        if (shift := draws.bit_length() - 1000) > 0 and space >> shift:
            # Beyond doubles, the mean is proportional to the numbers.
            return math.ldexp(_expected_repeats(draws >> shift, space >> shift), shift)
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
    1.2.11.3): the sum itself for small spaces, its asymptotic expansion for others. A
    mean that is larger than all doubles is infinite.

    Examples
    --------
    >>> expected_first_collision(365)
    24.61658...
    """
    space = check_integer("space", space, 1)
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
    try:
        return math.ldexp(math.sqrt(space >> 2 * shift), shift)
    except OverflowError:
        return math.inf


def distinct_pmf(draws: int, space: int) -> Float64Array:
    """
    Return the distribution of the number of distinct values among the draws.

    The result is a float64 array of shape (draws + 1,), the probabilities of 0, 1, ...
    distinct values. Adds one draw at a time: it repeats one of the d values drawn so
    far with probability d/N, otherwise it is new (Knuth, The Art of Computer
    Programming, 3.3.2). Takes draws**2 steps; all terms are positive, so nothing
    cancels. ValueError is raised for more than `MAX_PMF_DRAWS` draws.

    Examples
    --------
    >>> distinct_pmf(2, 4)
    array([0.  , 0.25, 0.75])
    """
    draws = check_integer("draws", draws, 0, MAX_PMF_DRAWS)
    space = check_integer("space", space, 1)
    repeat_probability = np.array([distinct / space for distinct in range(draws + 1)])
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
    return check_integer("draws", draws, 0), check_integer("space", space, 1)


def _checked_probability(probability: float | Fraction) -> Fraction:
    """Return the exact value of a probability."""
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must be from 0 to 1, not {probability}")
    exact = Fraction(probability)
    if 0 < 1 - exact < NEAREST_TO_ONE:
        raise ValueError("probability must be 1 or at most 1 - 1e-400")
    return exact
