"""Effective bits estimated from first collisions of hash values."""

import numpy as np
import pytest

from pigeonhole.birthday.experiments.effective_bits import estimate_effective_bits


def test_intervals_contain_the_truth_95_times_in_100():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(300):
        values = rng.integers(2**10, size=4000).astype(np.uint64)
        estimate = estimate_effective_bits(values, 10)
        covered += estimate.bits_low < 10 < estimate.bits_high
    assert 275 <= covered <= 297


def test_constant_bits_are_not_effective():
    values = np.random.default_rng(2).integers(2**8, size=20_000).astype(np.uint64)
    estimate = estimate_effective_bits(values << np.uint64(2), 10)
    assert estimate.effective_bits == pytest.approx(8, abs=0.2)
    assert estimate.bits_high < 10
    assert estimate.p_low < 1e-6


def test_values_without_a_repeat_have_infinite_effective_bits():
    estimate = estimate_effective_bits(np.arange(2**10, dtype=np.uint64), 10)
    assert estimate.trials == 0
    assert estimate.effective_bits == estimate.bits_high == np.inf
    assert estimate.p_high < 1e-6
    assert estimate.bits_low > 10
    assert estimate_effective_bits(np.zeros(0, np.uint64), 10).p_low == 1
