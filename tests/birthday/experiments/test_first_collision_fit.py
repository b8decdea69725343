"""Fits of first-collision times drawn from their exact distribution."""

import numpy as np
import pytest
from first_collision_samples import draw_times

from pigeonhole.birthday.experiments.first_collision_fit import fit_times


@pytest.mark.parametrize("bits", [3, 4, 8, 16, 23, 24, 30])
def test_the_right_distribution_is_accepted_and_another_rejected(bits):
    good = fit_times(draw_times(bits, 2000, 1), bits)
    assert min(good.p_low, good.p_high, good.p_distribution) > 1e-4
    assert abs(good.effective_bits - bits) < 0.2
    assert good.bits_low < good.effective_bits < good.bits_high
    bad = fit_times(draw_times(bits + 1, 2000, 1), bits)
    assert bad.p_high < 1e-6
    assert bad.p_distribution < 1e-6


def test_p_values_are_uniform():
    p = np.sort([fit_times(draw_times(10, 200, seed), 10).p_low for seed in range(300)])
    assert np.abs(p - np.arange(300) / 300).max() < 0.1


def test_intervals_contain_the_truth_95_times_in_100():
    fits = [fit_times(draw_times(8, 100, seed), 8) for seed in range(400)]
    covered = sum(fit.bits_low < 8 < fit.bits_high for fit in fits)
    assert 365 <= covered <= 395
