"""The experiments: fixed by the seed alone, and near the theory."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare

from pigeonhole.birthday import collision_probability
from pigeonhole.birthday.experiments import first_collision as first
from pigeonhole.birthday.experiments import trials
from pigeonhole.birthday.experiments.dicts import dict_seconds
from pigeonhole.birthday.intervals import clopper_pearson, wilson
from pigeonhole.core.tables import join_tables, read_table, write_table


def swept(seed, trials, bits):
    return first.sweep_rows(bits, *first.timed_part(seed, bits, trials))


# Uncompiled hashes take 0.1 ms: sizes here are small.
EXPERIMENTS = {
    "people": lambda seed: trials.people(seed, 300),
    "curve": lambda seed: trials.curve(seed, 300),
    "first_byte": lambda seed: trials.first_byte(seed, 20),
    "root": lambda seed: trials.root(seed, 200),
    "sweep": lambda seed: [swept(seed, 40, 8)[0]],
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_seed_alone_decides(name, monkeypatch):
    experiment = EXPERIMENTS[name]
    once = experiment(1)
    monkeypatch.setattr(trials, "AT_A_TIME", 100)
    monkeypatch.setattr(first, "AT_A_TIME", 7)
    assert experiment(1) == once
    assert experiment(2) != once


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_shares_lie_in_their_intervals_and_rows_are_whole(name):
    for row in EXPERIMENTS[name](5):
        assert row["low"] <= row["share"] <= row["high"]
        assert row["share"] == row["hits"] / row["trials"]


def test_experiments_have_streams_of_their_own():
    starts = [trials.stream(1, each).random() for each in trials.Experiment]
    starts += [
        trials.stream(1, trials.Experiment.SWEEP, bits).random() for bits in (4, 8)
    ]
    assert len(set(starts)) == len(starts)


def within_chance(row, exact=None):
    """Right but for one seed in a million; the seed is fixed."""
    exact = row["exact"] if exact is None else exact
    return binomtest(row["hits"], row["trials"], exact).pvalue > 1e-6


def test_rates_are_those_of_the_theory():
    of_365, of_366 = trials.people(1, 5000)
    (root,) = trials.root(1, 1000)
    sweep, _ = swept(1, 100, 10)
    assert within_chance(of_365)
    assert within_chance(of_366)
    assert within_chance(root)
    assert within_chance(sweep)
    assert not within_chance(of_365, 0.45)
    assert not within_chance(root, 0.5)


def test_curve_follows_the_exact_one_and_never_falls():
    rows = trials.curve(1, 3000)
    assert [row["draws"] for row in rows] == list(range(1, 90))
    assert all(within_chance(row) for row in rows[1:-12])
    assert all(a["hits"] <= b["hits"] for a, b in pairwise(rows))
    assert rows[22]["exact"] == collision_probability(23, 365)


def test_first_byte_is_distributed_as_the_theory_says():
    rows = trials.first_byte(1, 60)
    assert sum(row["hits"] for row in rows) == 60
    assert sum(row["exact"] for row in rows) == pytest.approx(1, abs=1e-6)
    below = [row["repeats"] < 94 for row in rows]
    hits, exact = (np.array([row[key] for row in rows]) for key in ("hits", "exact"))
    observed = [hits[below].sum(), 60 - hits[below].sum()]
    expected = [60 * exact[below].sum(), 60 - 60 * exact[below].sum()]
    assert chisquare(observed, expected).pvalue > 1e-6


def test_sweep_times_itself():
    times, seconds = first.timed_part(1, 6, 3)
    rate, timing = first.sweep_rows(6, times, seconds)
    assert rate["draws"] == timing["draws"] == 8
    assert timing["seconds"] > 0
    assert timing["draws_per_second"] == pytest.approx(times.sum() / timing["seconds"])


@pytest.mark.parametrize(("bits", "draws"), [(2, 2), (5, 6), (8, 16), (40, 2**20)])
def test_root_of_space(bits, draws):
    assert trials.root_of_space(bits) == draws


def test_long_runs_tell_how_far_they_are(monkeypatch, caplog):
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr(trials.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(trials, "AT_A_TIME", 10)
    with caplog.at_level("INFO", "pigeonhole"):
        trials.people(1, 2)
    assert "1 of 2 trials of 23 draws" in caplog.text


@pytest.mark.parametrize(
    ("hits", "trials"), [(0, 10), (10, 10), (391, 1000), (1, 2), (5026, 10_000)]
)
def test_intervals_equal_scipys(hits, trials):
    test = binomtest(hits, trials)
    assert wilson(hits, trials) == pytest.approx(
        tuple(test.proportion_ci(method="wilson")), abs=1e-12
    )
    assert clopper_pearson(hits, trials) == pytest.approx(
        tuple(test.proportion_ci(method="exact")), abs=1e-12
    )


def test_dicts_are_timed_at_every_size():
    rows = dict_seconds(1, (64, 16))
    assert [row["size"] for row in rows] == [16, 64]
    for row in rows:
        for name in ("ordered_insertion_ns", "random_look_up_ns"):
            assert 0 < row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]


def test_tables_come_back_as_they_went(tmp_path):
    one, two, both = (tmp_path / f"{name}.csv" for name in ("one", "two", "both"))
    write_table(one, [{"bits": 4, "share": 1 / 3}])
    write_table(two, [{"bits": 8, "share": 2e-300}])
    join_tables([one, two], both)
    assert both.read_text() == "bits,share\n4,0.3333333333333333\n8,2e-300\n"
    assert read_table(both)["share"].tolist() == [1 / 3, 2e-300]
