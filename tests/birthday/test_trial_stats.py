"""Counts of trials with a hit."""

import numpy as np
import pytest

from pigeonhole.birthday.theory import collision_probability
from pigeonhole.birthday.trial_stats import TrialStats


def test_rows_have_share_interval_and_exact_probability():
    row = TrialStats(1000, 391).collision_row(16, 256)
    assert (row["draws"], row["space"]) == (16, 256)
    assert (row["trials"], row["hits"], row["share"]) == (1000, 391, 0.391)
    assert row["low"] < 0.391 < row["high"]
    assert row["exact"] == collision_probability(16, 256)


def test_statistics_are_read_from_a_table():
    stats = TrialStats(1000, 391)
    table = {name: np.array([value]) for name, value in stats.row().items()}
    assert TrialStats.from_table(table, 0) == stats
    assert stats.share == pytest.approx(0.391)
