"""Collision probabilities with proven error bounds, for numbers of any size.

Draws are shared evenly by independent groups, such as the tenants of a service; only
draws of the same group can collide. Everything is computed with integers, fractions and
decimal logarithms, which are correctly rounded. This module imports nothing
heavier than NumPy.
"""

import decimal
import math
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache

from pigeonhole.core.checks import check_integer

Bounds = tuple[Fraction, Fraction]
"""A lower and an upper bound."""

FEW_DRAWS = 2**15
"""Up to this many draws, probabilities of crowded spaces are computed exactly."""
CERTAIN = Decimal("1e-300")
"""Smallest probability of no collision that is distinguished from 0."""
DIGITS_PER_BIT, BITS_PER_DIGIT = 0.30103, 3.3220
"""log10(2) and log2(10), rounded up."""


def survival_bounds(draws: int, space: int, groups: int, bits: int) -> Bounds:
    """
    Return bounds on -ln P(no group has two equal draws).

    Groups are independent, so their logarithms add. `draws` is at most
    `groups * space`. The bounds differ by a factor of at most 1 + 2**(1-bits), or are
    both above 1000.
    """
    per_group, remainder = divmod(draws, groups)
    low, high = _survival_bounds(per_group, space, bits)
    low, high = low * (groups - remainder), high * (groups - remainder)
    if remainder:
        more_low, more_high = _survival_bounds(per_group + 1, space, bits)
        low, high = low + remainder * more_low, high + remainder * more_high
    return low, high


def _survival_bounds(draws: int, space: int, bits: int) -> Bounds:
    """
    Return the bounds of one group.

    -ln(1 - i/N) is the sum of i**k / (k N**k) from k = 1, so the sum over i < n is that
    of S_k / (k N**k) with the sums of powers S_k, which are below n**(k+1) / (k+1).
    """
    if draws < 2:
        return Fraction(0), Fraction(0)
    if 16 * draws > space:
        if draws <= FEW_DRAWS:
            # A fraction would be reduced to lowest terms, which takes long.
            return _log_bounds(math.perm(space, draws), space**draws, bits)
        # Each term is at least i/N; and N!/N**N, the least survival, is above exp(-N).
        return Fraction(draws * (draws - 1), 2 * space), Fraction(space)
    pairs = draws * (draws - 1)
    # Fixed-point numbers with enough fractional bits for the smallest result.
    shift = bits + 16 + max((2 * space).bit_length() - pairs.bit_length(), 0)
    total, k, power = 0, 0, 1
    while True:
        k, power = k + 1, power * space
        total += (power_sum(k, draws - 1) << shift) // (k * power)
        # The terms fall at least by a factor of 16 and so add up to less than twice
        # the first one that is missing.
        scale = (k + 1) * (k + 2) * power * space
        rest = (2 * draws ** (k + 2) << shift) // scale + 1
        if rest <= total >> bits + 1:
            return Fraction(total, 1 << shift), Fraction(total + k + rest, 1 << shift)


def power_sum(exponent: int, last: int) -> int:
    """
    Return 1**k + 2**k + ... + last**k by Faulhaber's formula.

    (Knuth, The Art of Computer Programming, 1.2.11.2.)

    Examples
    --------
    >>> power_sum(2, 3)
    14
    """
    exponent = check_integer("exponent", exponent, 1)
    last = check_integer("last", last, 0)
    numbers = [_bernoulli(j) for j in range(exponent + 1)]
    scale = math.lcm(*(number.denominator for number in numbers))
    total = 0
    for j, number in enumerate(numbers):
        factor = math.comb(exponent + 1, j) * int(number * scale)
        total = total + factor * last ** (exponent + 1 - j) if factor else total
    return total // (scale * (exponent + 1))


@cache
def _bernoulli(m: int) -> Fraction:
    """Return the Bernoulli number with index m; that with index 1 is +1/2."""
    terms = (math.comb(m, k) * _bernoulli(k) / (m - k + 1) for k in range(m))
    return 1 - sum(terms, Fraction(0))


@lru_cache(maxsize=64)
def log_bounds(value: Fraction, bits: int) -> Bounds:
    """
    Return bounds on -ln(value), which differ by a factor of at most 1 + 2**(1-bits).

    `value` is above 0 and below 1.

    Examples
    --------
    >>> low, high = log_bounds(Fraction(1, 2), 60)
    >>> float(low), low < high
    (0.693147180559945..., True)
    """
    if not 0 < value < 1:
        raise ValueError(f"value must be above 0 and below 1, not {value}")
    return _log_bounds(*value.as_integer_ratio(), bits)


def _log_bounds(numerator: int, denominator: int, bits: int) -> Bounds:
    # Near 1, the logarithm is as small as the distance d from 1: keep its digits, too.
    length = denominator.bit_length()
    bits_of_d = length - (denominator - numerator).bit_length()
    bits_of_value = length - numerator.bit_length()
    shift = bits + bits_of_d + bits_of_value + 16
    rounded = (numerator << shift) // denominator
    with decimal.localcontext(prec=int(shift * DIGITS_PER_BIT) + 8):
        logarithm = -Fraction((Decimal(rounded) / Decimal(1 << shift)).ln())
    margin = Fraction(1, 1 << bits + 1)
    return logarithm * (1 - margin), logarithm * (1 + margin)


def collision_decimal(
    draws: int, space: int, groups: int = 1, digits: int = 20
) -> Decimal:
    """
    Return the probability that any group has two equal draws, with many digits.

    The relative errors of the probability and of its complement are below
    10**-digits. If the complement is below 1e-300, but not 0, it is 1e-300.

    Examples
    --------
    >>> f"{collision_decimal(23, 365):.20f}"
    '0.50729723432398540723'
    >>> f"{collision_decimal(1000, 2**10_000):.3e}"
    '2.504e-3005'
    """
    draws, space = check_integer("draws", draws, 0), check_integer("space", space, 1)
    groups = check_integer("groups", groups, 1)
    digits = check_integer("digits", digits, 1)
    if draws > space * groups:
        return Decimal(1)
    bits = int(digits * BITS_PER_DIGIT) + 24
    low, _ = survival_bounds(draws, space, groups, bits)
    with decimal.localcontext(prec=digits + 320):
        if low > 690:
            return 1 - CERTAIN
    # The complement has up to 300 zeros after the point.
    with decimal.localcontext(prec=digits + 10 + int(low / 2)):
        logarithm = Decimal(low.numerator) / Decimal(low.denominator)
        if logarithm >= 1:
            return 1 - (-logarithm).exp()
        total, term, k = Decimal(0), logarithm, 1
        while total + term != total:
            total, k = total + term, k + 1
            term = -term * logarithm / k
        return total
