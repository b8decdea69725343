"""Groups with real birthdays."""

import numpy as np
import pytest
from scipy.stats import chisquare

from pigeonhole.birthday.experiments import real_birthdays
from pigeonhole.birthday.variants import effective_space, unequal_no_collision


def test_births_equal_the_source():
    month, day, births = real_birthdays.read_births().T
    assert births.sum() == 62_187_024
    assert list(zip(month, day, strict=True)) == sorted(zip(month, day, strict=True))
    assert births[(month == 2) & (day == 29)].item() == 41_869
    assert effective_space(births / births.sum()) == pytest.approx(364.31, abs=0.005)
    shared = 1 - unequal_no_collision(23, births / births.sum())
    assert shared == pytest.approx(0.507929, abs=5e-7)


def test_days_are_drawn_in_proportion_to_births():
    births = np.array([1, 0, 3])
    rng = np.random.default_rng(1)
    days = real_birthdays._draw_days(rng, np.cumsum(births), (100, 40))
    counts = np.bincount(days.ravel(), minlength=3)
    assert counts[1] == 0
    assert chisquare(counts[[0, 2]], [1000, 3000]).pvalue > 1e-3


def test_groups_with_real_birthdays_agree_with_the_exact_probability():
    rows = real_birthdays.real_birthdays(1, 2000)
    assert [row["draws"] for row in rows] == list(range(1, 90))
    at_23 = rows[22]
    assert at_23["exact"] == pytest.approx(0.507929, abs=5e-7)
    assert at_23["equal_days"] == pytest.approx(0.507297, abs=5e-7)
    assert abs(at_23["share"] - at_23["exact"]) < 0.05
    assert all(row["exact"] >= row["equal_days"] for row in rows[2:])
