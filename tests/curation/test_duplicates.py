"""The number of near-duplicates that are expected by chance."""

import numpy as np
import pytest
from scipy.stats import binom

from pigeonhole.curation.duplicates import expected_chance_matches


def make(hash_value, color="808080"):
    """Return a fingerprint with this hash and mean color."""
    return f"{hash_value:016x}-{color}"


def test_uniform_bits_match_as_the_birthday_bound_predicts():
    rng = np.random.default_rng(3)
    hashes = rng.integers(0, 2**64, 3000, np.uint64)
    chance = expected_chance_matches([make(int(value)) for value in hashes], 4)
    pairs = 3000 * 2999 / 2
    assert chance.ideal == pytest.approx(pairs * binom.cdf(4, 64, 0.5), rel=1e-9)
    assert chance.effective_bits == pytest.approx(64, rel=0.05)
    assert chance.estimated == pytest.approx(chance.ideal, rel=0.6)


def test_correlated_bits_have_fewer_effective_bits():
    """Every bit occurs four times: 16 effective bits, and pairs as counted."""
    rng = np.random.default_rng(4)
    values = rng.integers(0, 2**16, 2000)
    hashes = [int("".join(bit * 4 for bit in f"{value:016b}"), 2) for value in values]
    chance = expected_chance_matches([make(value) for value in hashes], 4)
    assert chance.effective_bits == pytest.approx(16, rel=0.05)
    counted = sum(
        int(np.sum(np.bitwise_count(values[n + 1 :] ^ values[n]) <= 1))
        for n in range(2000)
    )
    assert chance.estimated == pytest.approx(counted, rel=0.25)
    assert chance.ideal < counted / 1e6


@pytest.mark.parametrize("fingerprints", [[], [make(1)], [make(1)] * 3, ["", ""]])
def test_few_or_equal_images(fingerprints):
    chance = expected_chance_matches(fingerprints, 4)
    known = len([text for text in fingerprints if text])
    assert 0 <= chance.ideal <= chance.estimated <= known**2
