"""How many pictures would look alike by chance: the birthday bound, for hashes."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import betainc

from pigeonhole.birthday import expected_pairs
from pigeonhole.imaging.fingerprint import BITS, read_looks

SAMPLE = 100_000
"""From how many pairs it is told what the bits are worth."""


class Chance(NamedTuple):
    """
    How many pairs of different pictures would agree in their hashes by chance.

    Attributes
    ----------
    uniform : float
        Expected pairs if the bits were fair and independent.
    worth : float
        How many independent bits the hashes of these pictures are worth.
    measured : float
        Expected pairs with bits worth that much.
    """

    uniform: float
    worth: float
    measured: float


def matches_by_chance(looks: Sequence[str], bits: int) -> Chance:
    """
    Return how many pairs of pictures would agree within `bits` bits by chance.

    Notes
    -----
    `uniform` is the birthday bound in a space of 2**64 over the number of hashes
    within `bits` of one. Real hashes lean and hang together, so their distances are
    spread like those of fewer bits: `worth` = p(1 - p)/s**2, from the mean p and the
    standard deviation s of the share of bits in which pairs differ (J. Daugman,
    "The importance of being random", Pattern Recognition 36, 2003).
    """
    hashes, _ = read_looks([word for word in looks if word])
    number = len(hashes)
    ball = sum(math.comb(BITS, differing) for differing in range(bits + 1))
    uniform = expected_pairs(number, 2**BITS // ball)
    if number < 2:
        return Chance(uniform, float(BITS), uniform)
    random = np.random.default_rng(0)
    one = random.integers(number, size=SAMPLE)
    other = (one + random.integers(1, number, size=SAMPLE)) % number
    share = np.bitwise_count(hashes[one] ^ hashes[other]) / BITS
    mean, variance = float(share.mean()), float(share.var())
    if not variance:
        return Chance(uniform, 0.0, number * (number - 1) / 2)
    worth = mean * (1 - mean) / variance
    near = worth * bits / BITS
    within = float(betainc(max(worth - near, 0.0), near + 1, 1 - mean))
    return Chance(uniform, worth, number * (number - 1) / 2 * within)
