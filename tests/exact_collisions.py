"""Collision probabilities in integers, computed in another way than by the library.

No logarithms, Bernoulli numbers or floats: products, closed formulas for sums of powers
and Taylor's series of exp, all rounded outward.
"""

import math
from fractions import Fraction


def bounds(draws, space, groups, bits):
    """Return bounds on P(no group has equal draws), as integers over 2**bits."""
    if draws > groups * space:
        return 0, 0
    per_group, remainder = divmod(draws, groups)
    low = high = Fraction(0)
    for number, count in ((per_group, groups - remainder), (per_group + 1, remainder)):
        if count:
            some_low, some_high = _exponent(number, space)
            low, high = low + count * some_low, high + count * some_high
    return _exp(high, bits, up=False), _exp(low, bits, up=True)


def _exponent(n, space):
    """Return bounds on the sum of -ln(1 - i/N) over i < n, by five terms of each."""
    if n < 2:
        return Fraction(0), Fraction(0)
    if n > 2**14 and n * n > 2000 * space:
        # Beyond doubt a collision.
        return Fraction(n * (n - 1), 2 * space), Fraction(n * space)
    if n <= 2**14 and 2**16 * n > space:
        return _exponent_of_product(n, space)
    m = n - 1
    s1, s2 = m * (m + 1) // 2, m * (m + 1) * (2 * m + 1) // 6
    s3, s4 = s1 * s1, s2 * (3 * m * m + 3 * m - 1) // 5
    s5 = s3 * (2 * m * m + 2 * m - 1) // 3
    power = space**5
    total = s1 * space**4 * 60 + s2 * space**3 * 30 + s3 * space**2 * 20
    total += s4 * space * 15 + s5 * 12
    # The other terms are at most (m/N)**6 / 6 * (1 + 1/2 + 1/4 + ...), m times.
    rest = Fraction(m**7, 3 * space**6)
    return Fraction(total, 60 * power), Fraction(total, 60 * power) + rest


def _exponent_of_product(n, space):
    """Return bounds for few draws, by 2 atanh(z) = ln((1+z) / (1-z)) of each factor."""
    bits, low = 400, 0
    one = 1 << bits
    for i in range(1, n):
        # -ln(1 - i/N) with z = i / (2N - i).
        z_numerator, z_denominator = i, 2 * space - i
        term, k = one * z_numerator // z_denominator, 1
        while term:
            low += 2 * term // k
            term = term * z_numerator**2 // z_denominator**2
            k += 2
    # Each of at most 1300 terms of a factor loses less than 2, and N - i is 1 or more.
    return Fraction(low, one), Fraction(low + 2 * n * 200_000, one)


def _exp(exponent, bits, *, up):
    """Return exp(-exponent) * 2**bits, rounded down or up."""
    if exponent > 4000:
        return 1 if up else 0
    # exp(-x) = exp(-x / 2**k) ** (2**k), with a small exponent for the series.
    halvings = math.ceil(exponent).bit_length() + 60
    width = bits + 2 * halvings + 40
    if exponent > 1:
        width += 2 * math.ceil(exponent)
    one = 1 << width
    x = one * exponent.numerator // (exponent.denominator << halvings)
    total, term, k = one, one, 1
    while term:
        term = term * x // (k << width)
        total, k = total + (-term if k % 2 else term), k + 1
    slack = (k + 4) << halvings
    for _ in range(halvings):
        total = total * total >> width
    total = total + slack * 4 if up else max(total - slack * 4, 0)
    shift = width - bits
    return -(-total >> shift) if up else total >> shift


def reaches(draws, space, probability, groups=1):
    """Return whether the collision probability is at least `probability`."""
    if draws > groups * space:
        return True
    factors = draws - groups
    if 0 < factors * space.bit_length() < 20_000 and groups < 20_000:
        return 1 - survival(draws, space, groups) >= probability
    bits = 2 * draws.bit_length() + probability.denominator.bit_length() + 1100
    low, high = bounds(draws, space, groups, bits)
    limit = (1 - probability) * 2**bits
    if high <= limit:
        return True
    assert low > limit, f"undecided: {draws} {space} {probability} {groups}"
    return False


def survival(draws, space, groups=1):
    """Return the exact probability that no group has equal draws."""
    per_group, remainder = divmod(draws, groups)
    total = Fraction(1)
    for number, count in ((per_group, groups - remainder), (per_group + 1, remainder)):
        total *= Fraction(math.perm(space, number), space**number) ** count
    return total


def probability(draws, space, groups=1):
    """Return the collision probability with a relative error below 1e-19."""
    # Small probabilities need more bits.
    bits = 200 + max(space.bit_length() - 2 * draws.bit_length(), 0)
    bits += groups.bit_length()
    low, high = bounds(draws, space, groups, bits)
    return 1 - Fraction(low + high, 2 << bits)
