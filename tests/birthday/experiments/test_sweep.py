"""Tables of the sweep over hash lengths."""

import numpy as np
import pytest
from first_collision_samples import draw_times
from scipy.stats import binomtest

from pigeonhole.birthday.experiments import sweep
from pigeonhole.birthday.experiments.first_collision import TimedShard, time_shard
from pigeonhole.birthday.trial_stats import TrialStats
from pigeonhole.core.tables import write_rows


def test_rates_and_timings_of_real_trials():
    shard = time_shard(1, 6, 3)
    (rate,) = sweep.rate_rows([(6, sweep.collision_stats(6, shard.times))])
    timing = sweep.timing_row(6, *shard)
    assert rate["draws"] == timing["draws"] == 8
    assert rate["low"] <= rate["share"] <= rate["high"]
    total = shard.times.sum()
    assert timing["draws_per_second"] == pytest.approx(total / timing["seconds"])


def test_rates_agree_with_the_theory():
    stats = sweep.collision_stats(10, time_shard(1, 10, 100).times)
    (rate,) = sweep.rate_rows([(10, stats)])
    assert binomtest(stats.hits, stats.trials, rate["exact"]).pvalue > 1e-6


def test_rates_report_whether_they_are_inside_the_band():
    rates = [(8, TrialStats(1000, hits)) for hits in (380, 500)]
    rows = sweep.rate_rows(rates)
    assert [row["inside"] for row in rows] == [1, 0]
    assert rows[0]["bits"] == 8


def test_shards_are_merged_into_one_sample():
    times = draw_times(8, 400, 1)
    single = [TimedShard(times, 3.0)]
    split = [TimedShard(times[:100], 1.0), TimedShard(times[100:], 2.0)]
    tables = sweep.sweep_tables([8], [single])
    assert sweep.sweep_tables([8], [split]) == tables
    repeated = sweep.sweep_tables([8, 8], [single, split])
    assert [row["trials"] for row in repeated.rates] == [400, 400]
    assert repeated.seconds == tables.seconds * 2


def test_fits_of_all_lengths_are_corrected_together():
    times = {8: draw_times(8, 400, 1), 9: draw_times(10, 400, 2)}
    rows = sweep.fit_rows(times)
    assert [row["holds"] for row in rows] == [1, 0]


def test_exact_densities_sum_to_one():
    times = {8: draw_times(8, 400, 1), 9: draw_times(10, 400, 2)}
    density = sweep.density_rows(times)
    for bits in times:
        exact = np.array([row["exact"] for row in density if row["bits"] == bits])
        assert exact.sum() / 5 == pytest.approx(1, abs=0.01)


def test_shards_are_read_by_hash_length_in_the_order_of_their_files(tmp_path):
    files = []
    for number in range(4):
        times, seconds = tmp_path / f"{number}.csv", tmp_path / f"{number}_seconds.csv"
        write_rows(times, ["t"], [{"t": number + 2}])
        write_rows(seconds, ["seconds"], [{"seconds": number}])
        files.append((times, seconds))
    shards = sweep.read_shards(*zip(*files, strict=True), lengths=2)
    assert [[part.times.tolist() for part in parts] for parts in shards] == [
        [[2], [3]],
        [[4], [5]],
    ]
    assert [[part.seconds for part in parts] for parts in shards] == [[0, 1], [2, 3]]
