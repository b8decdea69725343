"""Corrections for testing many hypotheses at once."""

import numpy as np

from pigeonhole.birthday.multiple_testing import holm, simultaneous_band


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]).tolist() == [1, 1]


def test_the_band_widens_with_the_number_of_points():
    low, high = simultaneous_band(10_000, 0.393, 10)
    assert low < 0.393 < high
    assert 0.015 < high - 0.393 < 0.018
    assert simultaneous_band(10_000, 0.393, 1).high < high
