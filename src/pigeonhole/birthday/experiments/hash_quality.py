"""Hash quality: repeats and effective bits of many hash functions on key sets."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.special import betainc, betaincc
from scipy.stats import norm, poisson

from pigeonhole.birthday.experiments.effective_bits import estimate_effective_bits
from pigeonhole.birthday.experiments.key_sets import make_keys
from pigeonhole.birthday.hash_tests import EffectiveBitsTest, HashTest, RepeatsTest
from pigeonhole.birthday.hashing.algorithms import ALGORITHMS, truncated_hashes
from pigeonhole.birthday.multiple_testing import holm
from pigeonhole.birthday.theory import expected_repeats
from pigeonhole.core.arrays import UInt64Array
from pigeonhole.core.checks import check_integer
from pigeonhole.core.tables import Row

log = logging.getLogger(__name__)

WIDTHS = (20, 24, 28, 32)
"""Numbers of leading bits in which repeats are counted."""
EFFECTIVE_WIDTH = 16
"""Number of leading bits whose effective bits are estimated. A million keys make about
3,000 trials."""
ALGORITHM_NAMES = tuple(ALGORITHMS)
STRICT_SIGNIFICANCE = 0.001
"""A hash is flagged if its corrected p-value is below this. Of all runs with perfect
hashes, at most this share has any flag."""
SMALLEST_TAIL = 1e-300
"""Tails below this are too small for exact z-scores."""
KeySets = Mapping[str, Sequence[Row]]
"""Rows of each key set, by its name."""
Test = TypeVar("Test", bound=HashTest)


def count_repeats_by_width(
    values: UInt64Array, widths: Sequence[int], bits: int = 32
) -> list[int]:
    """
    Count the repeats among the leading w bits of values, for each width w in one pass.

    Sorted values whose leading bits agree are neighbors, as in SMHasher3.
    """
    bits = check_integer("bits", bits, 1, 64)
    widths = [check_integer("widths", width, 1, bits) for width in widths]
    ordered = np.sort(values)
    differ = ordered[1:] ^ ordered[:-1]
    return [int(np.count_nonzero(differ >> np.uint64(bits - w) == 0)) for w in widths]


def repeats_variance(draws: int, space: int) -> float:
    """
    Return the variance of the number of repeats.

    N(N-1)(1-2/N)**n + N(1-1/N)**n - N**2 (1-1/N)**(2n). If the space is large compared
    with the draws, this would cancel; there the variance equals the mean.
    """
    draws = check_integer("draws", draws, 0)
    space = check_integer("space", space, 1)
    if draws < space / 100:
        return expected_repeats(draws, space)
    if space <= 2:
        # Two draws or more leave one of two values unused, or none.
        one_unused = 2.0 ** (1 - draws) * (space - 1)
        return one_unused * (1 - one_unused)
    one, two = draws * math.log1p(-1 / space), draws * math.log1p(-2 / space)
    unused = space * math.exp(one)
    return unused + space * (space - 1) * math.exp(two) - unused * unused


def repeats_z_score(repeats: int, draws: int, bits: int) -> float:
    """
    Return the deviation of a number of repeats in standard deviations, with its sign.

    It is a two-sided p-value on the scale of a normal distribution, ``2 * norm.sf(|z|)
    = p``. The p-value is twice the smaller tail, at most 1, and each tail includes the
    number itself: 0 repeats where none are expected deviate by 0. Tails too small for
    a float are replaced by the deviation in standard deviations.

    Few repeats have a Poisson distribution, and others nearly a binomial one with the
    same mean and variance, extended to a real number of trials.
    """
    draws = check_integer("draws", draws, 0)
    repeats = check_integer("repeats", repeats, 0, max(draws - 1, 0))
    space = 2 ** check_integer("bits", bits, 1, 64)
    mean, variance = expected_repeats(draws, space), repeats_variance(draws, space)
    if variance < mean:
        # Of a binomial distribution, 1 - p is the variance over the mean.
        p = 1 - variance / mean
        others = max(mean / p - repeats, 0)
        at_least = float(betainc(repeats, others + 1, p)) if repeats else 1.0
        at_most = float(betaincc(repeats + 1, others, p)) if others else 1.0
    else:
        at_least = float(poisson.sf(repeats - 1, mean)) if repeats else 1.0
        at_most = float(poisson.cdf(repeats, mean))
    tail = min(at_least, at_most)
    sign = 1 if at_least < at_most else -1
    if tail > SMALLEST_TAIL:
        # Not -0.0.
        return sign * float(norm.isf(min(tail, 0.5))) + 0.0
    deviation = abs(repeats - mean) / math.sqrt(variance)
    return sign * max(deviation, float(norm.isf(SMALLEST_TAIL)))


def measure_hashes(seed: int, key_set: str, count: int) -> tuple[list[Row], list[Row]]:
    """Return rows of the repeats at every width and of the effective bits."""
    keys = make_keys(key_set, count, seed)
    repeats_rows: list[Row] = []
    effective_rows: list[Row] = []
    for number, algorithm in enumerate(ALGORITHM_NAMES):
        values = truncated_hashes(keys, algorithm, 32)
        counts = count_repeats_by_width(values, WIDTHS)
        for bits, repeats in zip(WIDTHS, counts, strict=True):
            repeats_rows.append(
                {
                    "hash": number,
                    "bits": bits,
                    "keys": len(keys),
                    "repeats": repeats,
                    "expected": expected_repeats(len(keys), 2**bits),
                    "z": repeats_z_score(repeats, len(keys), bits),
                }
            )
        leading = values >> np.uint64(32 - EFFECTIVE_WIDTH)
        estimate = estimate_effective_bits(leading, EFFECTIVE_WIDTH)
        row = {"hash": number, "bits": EFFECTIVE_WIDTH, **estimate._asdict()}
        effective_rows.append(row)
        log.info("%s of %s: %s repeats", algorithm, key_set, counts)
    return repeats_rows, effective_rows


def flag_repeats(key_sets: KeySets) -> list[RepeatsTest]:
    """Join the key sets and flag significant deviations, all tests together."""
    return _flag(RepeatsTest, key_sets, lambda row: 2 * float(norm.sf(abs(row["z"]))))


def flag_effective_bits(key_sets: KeySets) -> list[EffectiveBitsTest]:
    """Join the key sets and flag significant deviations, all tests together."""
    return _flag(
        EffectiveBitsTest,
        key_sets,
        lambda row: min(1, 2 * row["p_low"], 2 * row["p_high"]),
    )


def _flag(
    test: type[Test], key_sets: KeySets, p_value: Callable[[Row], float]
) -> list[Test]:
    rows = [(name, row) for name, rows in key_sets.items() for row in rows]
    corrected = holm([p_value(row) for _, row in rows]).tolist()
    return [
        test.from_row(
            {
                **row,
                "key_set": key_set,
                "algorithm": ALGORITHM_NAMES[int(row["hash"])],
                "p_corrected": p,
                "flagged": p < STRICT_SIGNIFICANCE,
            }
        )
        for (key_set, row), p in zip(rows, corrected, strict=True)
    ]
