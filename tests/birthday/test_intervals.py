"""Confidence intervals of a proportion."""

import pytest
from scipy.stats import binomtest

from pigeonhole.birthday.intervals import clopper_pearson, wilson


@pytest.mark.parametrize(
    ("hits", "trials"), [(0, 10), (10, 10), (391, 1000), (1, 2), (5026, 10_000)]
)
def test_intervals_equal_scipy(hits, trials):
    test = binomtest(hits, trials)
    assert wilson(hits, trials) == pytest.approx(
        tuple(test.proportion_ci(method="wilson")), abs=1e-12
    )
    assert clopper_pearson(hits, trials) == pytest.approx(
        tuple(test.proportion_ci(method="exact")), abs=1e-12
    )
