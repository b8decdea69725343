"""Near-duplicates, and how many are expected by chance: a birthday problem."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import betainc

from pigeonhole.birthday.theory import expected_pairs
from pigeonhole.imaging.fingerprint import BITS, parse_fingerprints

SAMPLED_PAIRS = 100_000
"""Number of random pairs from which the effective bits are estimated."""


class ChanceMatches(NamedTuple):
    """
    Expected pairs of different images whose hashes match by chance.

    Attributes
    ----------
    ideal : float
        Expected pairs if the bits were uniform and independent.
    effective_bits : float
        Number of independent bits that are as selective as these images' hashes.
    estimated : float
        Expected pairs for that number of bits.
    """

    ideal: float
    effective_bits: float
    estimated: float


def expected_chance_matches(
    fingerprints: Sequence[str], max_distance: int
) -> ChanceMatches:
    """
    Return how many pairs of different images are expected to match by chance.

    Parameters
    ----------
    fingerprints : sequence of str
        Fingerprints of different images; empty ones are left out.
    max_distance : int
        Largest number of bits in which the hashes of a match differ.

    Notes
    -----
    `ideal` is the birthday bound for a space of 2**64, divided by the number of hashes
    within `max_distance` of a given one. Bits of real hashes are biased and correlated,
    so their Hamming distances are distributed like those of fewer bits:
    `effective_bits` = p(1 - p)/s**2, where p and s are the mean and the standard
    deviation of the fraction of differing bits (J. Daugman, "The importance of being
    random", Pattern Recognition 36, 2003).
    """
    hashes, _ = parse_fingerprints([text for text in fingerprints if text])
    n = len(hashes)
    neighbors = sum(math.comb(BITS, distance) for distance in range(max_distance + 1))
    ideal = expected_pairs(n, 2**BITS // neighbors)
    if n < 2:
        return ChanceMatches(ideal, float(BITS), ideal)
    pairs = n * (n - 1) / 2
    rng = np.random.default_rng(0)
    first = rng.integers(n, size=SAMPLED_PAIRS)
    second = (first + rng.integers(1, n, size=SAMPLED_PAIRS)) % n
    fraction = np.bitwise_count(hashes[first] ^ hashes[second]) / BITS
    mean, variance = float(fraction.mean()), float(fraction.var())
    if not variance:
        return ChanceMatches(ideal, 0.0, pairs)
    effective_bits = mean * (1 - mean) / variance
    distance = effective_bits * max_distance / BITS
    # The binomial distribution function, continued to real numbers of bits.
    probability = float(
        betainc(max(effective_bits - distance, 0.0), distance + 1, 1 - mean)
    )
    return ChanceMatches(ideal, effective_bits, pairs * probability)
