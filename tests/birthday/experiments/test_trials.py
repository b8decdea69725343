"""Simulated trials depend on the seed alone and agree with the theory."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare

from pigeonhole.birthday.experiments import trials
from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.birthday.experiments.registry import EXPERIMENTS
from pigeonhole.birthday.theory import collision_probability

# Hashes that aren't compiled take 0.1 ms, so the experiments are small.
SMALL = {
    "people": lambda seed: trials.people(seed, 300),
    "curve": lambda seed: trials.curve(seed, 300),
    "first_byte": lambda seed: trials.first_byte(seed, 20),
    "root": lambda seed: trials.root(seed, 200),
}


@pytest.mark.parametrize("name", SMALL)
def test_results_depend_on_the_seed_alone(name, monkeypatch):
    experiment = SMALL[name]
    rows = experiment(1)
    monkeypatch.setattr(trials, "DRAWS_PER_BATCH", 100)
    assert experiment(1) == rows
    assert experiment(2) != rows


@pytest.mark.parametrize("name", SMALL)
def test_shares_are_in_their_intervals(name):
    for row in SMALL[name](5):
        assert row["low"] <= row["share"] <= row["high"]
        assert row["share"] == row["hits"] / row["trials"]


def test_the_registry_names_the_functions():
    assert EXPERIMENTS["people"] is trials.people
    assert SMALL.keys() < EXPERIMENTS.keys()


def test_experiments_have_independent_streams():
    starts = [random_stream(1, stream).random() for stream in Stream]
    starts += [random_stream(1, Stream.SWEEP, bits).random() for bits in (4, 8)]
    assert len(set(starts)) == len(starts)


def is_plausible(row, exact=None):
    """Return whether a sample has a p-value above 1e-6; the seed is fixed."""
    exact = row["exact"] if exact is None else exact
    return binomtest(row["hits"], row["trials"], exact).pvalue > 1e-6


def test_rates_agree_with_the_theory():
    with_365, with_366 = trials.people(1, 5000)
    (root,) = trials.root(1, 1000)
    assert is_plausible(with_365)
    assert is_plausible(with_366)
    assert is_plausible(root)
    assert not is_plausible(with_365, 0.45)
    assert not is_plausible(root, 0.5)


def test_the_curve_agrees_with_the_theory_and_never_falls():
    rows = trials.curve(1, 3000)
    assert [row["draws"] for row in rows] == list(range(1, 90))
    assert all(is_plausible(row) for row in rows[1:-12])
    assert all(a["hits"] <= b["hits"] for a, b in pairwise(rows))
    assert rows[22]["exact"] == collision_probability(23, 365)


def test_repeats_of_first_bytes_have_the_exact_distribution():
    rows = trials.first_byte(1, 60)
    assert sum(row["hits"] for row in rows) == 60
    assert sum(row["exact"] for row in rows) == pytest.approx(1, abs=1e-6)
    below = [row["repeats"] < 94 for row in rows]
    hits, exact = (np.array([row[key] for row in rows]) for key in ("hits", "exact"))
    observed = [hits[below].sum(), 60 - hits[below].sum()]
    expected = [60 * exact[below].sum(), 60 - 60 * exact[below].sum()]
    assert chisquare(observed, expected).pvalue > 1e-6


@pytest.mark.parametrize(("bits", "draws"), [(2, 2), (5, 6), (8, 16), (40, 2**20)])
def test_root_of_space(bits, draws):
    assert trials.root_of_space(bits) == draws


def test_long_runs_log_their_progress(monkeypatch, caplog):
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr(trials.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(trials, "DRAWS_PER_BATCH", 10)
    with caplog.at_level("INFO", "pigeonhole"):
        trials.people(1, 2)
    assert "1 of 2 trials of 23 draws" in caplog.text
