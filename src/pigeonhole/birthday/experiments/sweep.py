"""Tables of the sweep over hash lengths: rates, times, fits and densities."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pigeonhole.birthday.experiments.first_collision import TimedShard
from pigeonhole.birthday.experiments.first_collision_fit import (
    first_collision_cdf,
    fit_times,
)
from pigeonhole.birthday.experiments.trials import root_of_space
from pigeonhole.birthday.hypothesis_tests import SIGNIFICANCE
from pigeonhole.birthday.multiple_testing import holm, simultaneous_band
from pigeonhole.birthday.trial_stats import TrialStats
from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.checks import check_integer
from pigeonhole.core.tables import Row, read_column


class SweepTables(NamedTuple):
    """The tables of a sweep, each with rows for all hash lengths."""

    rates: list[Row]
    seconds: list[Row]
    fit: list[Row]
    density: list[Row]


def read_shards(
    times: Sequence[Path], seconds: Sequence[Path], lengths: int
) -> list[list[TimedShard]]:
    """Read the shards of each hash length; the files of the first length come first."""
    lengths = check_integer("lengths", lengths, 1)
    if len(times) % lengths:
        raise ValueError(f"{len(times)} shards aren't a multiple of {lengths} lengths")
    shards = [
        TimedShard(read_column(path).astype(int), read_column(cpu).sum())
        for path, cpu in zip(times, seconds, strict=True)
    ]
    jobs = len(shards) // lengths
    return [shards[i : i + jobs] for i in range(0, len(shards), jobs)]


def sweep_tables(
    lengths: Sequence[int], shards: Sequence[Sequence[TimedShard]]
) -> SweepTables:
    """Make the tables of a sweep from the shards of each hash length in bits."""
    times = {
        bits: np.concatenate([shard.times for shard in parts])
        for bits, parts in zip(lengths, shards, strict=True)
    }
    rates = [(bits, collision_stats(bits, times[bits])) for bits in lengths]
    seconds = [
        timing_row(bits, times[bits], sum(shard.seconds for shard in parts))
        for bits, parts in zip(lengths, shards, strict=True)
    ]
    return SweepTables(rate_rows(rates), seconds, fit_rows(times), density_rows(times))


def collision_stats(bits: int, times: Int64Array) -> TrialStats:
    """Count the trials with a collision within the root of the space."""
    return TrialStats(times.size, int(np.count_nonzero(times <= root_of_space(bits))))


def rate_rows(rates: Sequence[tuple[int, TrialStats]]) -> list[Row]:
    """Return the collision rate of each hash length, with a simultaneous 99% band."""
    rows: list[Row] = []
    for bits, stats in rates:
        row = {"bits": bits, **stats.collision_row(root_of_space(bits), 2**bits)}
        low, high = simultaneous_band(stats.trials, row["exact"], len(rates))
        inside = int(low <= stats.share <= high)
        rows.append({**row, "band_low": low, "band_high": high, "inside": inside})
    return rows


def timing_row(bits: int, times: Int64Array, seconds: float) -> Row:
    """Return the CPU time and the speed of the trials of one length."""
    return {
        "bits": bits,
        "draws": root_of_space(bits),
        "trials": times.size,
        "seconds": seconds,
        "seconds_per_trial": seconds / times.size,
        "draws_per_second": float(times.sum()) / seconds,
    }


def fit_rows(times: Mapping[int, Int64Array]) -> list[Row]:
    """Return effective bits and p-values of each length, corrected together."""
    fits = {bits: fit_times(sample, bits) for bits, sample in times.items()}
    p_values = [
        p for fit in fits.values() for p in (fit.p_low, fit.p_high, fit.p_distribution)
    ]
    corrected = holm([min(1.0, p) for p in p_values]).reshape(-1, 3).min(axis=1)
    return [
        {
            "bits": bits,
            "trials": times[bits].size,
            **fit._asdict(),
            "p_corrected": p,
            "holds": int(p >= SIGNIFICANCE),
        }
        for (bits, fit), p in zip(fits.items(), corrected.tolist(), strict=True)
    ]


def density_rows(times: Mapping[int, Int64Array]) -> list[Row]:
    """Return a histogram of T over the root of the space, for each length."""
    edges = np.linspace(0, 4, 21)
    width = edges[1]
    centers = edges[:-1] + width / 2
    rows: list[Row] = []
    for bits, sample in times.items():
        root = 2.0 ** (bits / 2)
        density = np.histogram(sample / root, edges)[0] / sample.size / width
        exact = np.diff(first_collision_cdf(np.floor(edges * root), bits)) / width
        columns = np.transpose([centers, density, exact]).tolist()
        rows += [
            {"bits": bits, "center": c, "density": d, "exact": e, "trials": sample.size}
            for c, d, e in columns
        ]
    return rows
