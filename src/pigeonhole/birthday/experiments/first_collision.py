"""Exact first-collision times T of MD5, and what they say about its law.

T(T-1) has the mean 2N exactly, so that its mean over the trials estimates the size of
the space in which a hash really falls: the effective bits. (With q(n) the chance that n
draws differ, the sum of n q(n) is N, since q(n) n / N is the chance of T = n + 1.)
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, chi2, gamma, kstest

from pigeonhole.birthday.collisions import walks
from pigeonhole.birthday.experiments.clock import busy_ns
from pigeonhole.birthday.experiments.trials import (
    Experiment,
    rate_row,
    root_of_space,
    stream,
)
from pigeonhole.birthday.hashing import md5
from pigeonhole.birthday.intervals import Interval
from pigeonhole.birthday.variants import log_no_collision_array
from pigeonhole.core.shards import bounds
from pigeonhole.core.tables import Row
from pigeonhole.pipeline.script import log

Times = npt.NDArray[np.int64]
Part = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]

LANES = 64
AT_A_TIME = 2000
DISCRETE = 24
CELLS = 20


def masks(bits: int) -> md5.Words:
    """Return which bits of a digest's first three little-endian words are kept.

    They are the first ones of hexdigest: whole bytes first, then a byte's high bits.
    """
    kept = (1 << 96) - (1 << (96 - bits)) if bits < 96 else (1 << 96) - 1
    return np.frombuffer(kept.to_bytes(12, "big"), "<u4").astype(np.uint32)


def first_collision_times(seed: int, bits: int, trials: int, begin: int = 0) -> Times:
    """
    Return T of each trial: the draw that first repeats the first bits of MD5.

    Parameters
    ----------
    seed : int
    bits : int
        From 2 to 64.
    trials : int
    begin : int
        Number of the first trial.

    Notes
    -----
    Each trial walks from a random start: its next message is the value just drawn and
    the number of the trial. Until the walk repeats itself, its values are as
    independent as any, and the trials' functions differ. Seed and number alone decide.
    """
    start = stream(seed, Experiment.FIRST, bits).integers(2**63, dtype=np.uint64)
    # Few enough that a walk's marks fit in memory even if it takes eight times the root
    # of the space, and in the first bytes, which have to be kept whole.
    marked = min(max(3 * bits // 8 - 3, bits // 2 - 9, 0), 8 * (bits // 8))
    mark, times = np.uint32(2**marked - 1), np.empty(trials, np.int64)
    with np.errstate(over="ignore"):
        for first in range(0, trials, AT_A_TIME):
            part = times[first : first + AT_A_TIME]
            lanes = min(LANES, part.size)
            number = begin + first
            walks.first_collisions(start, number, masks(bits), mark, lanes, part)
            if first:
                log.info("%d of %d trials of %d bits", first, trials, bits)
    return times


class Fit(NamedTuple):
    """What the times of one width say."""

    effective_bits: float
    bits_low: float
    bits_high: float
    p_low: float
    p_high: float
    p_law: float


def fit(times: Times, bits: int) -> Fit:
    """
    Compare times with their law: the size of the space, and the shape.

    Notes
    -----
    The sum of T(T-1) is taken as a gamma variable of the exact mean and variance; in
    large spaces that is the chi-square law with two degrees of freedom a trial. The
    shape is tested with 20 cells of about equal chance while T is discrete (below 24
    bits), else by Kolmogorov and Smirnov; both use the exact distribution.
    """
    space, trials = 2.0**bits, times.size
    ratio = float(np.mean(times.astype(np.float64) * (times - 1.0))) / (2 * space)
    shape = trials / _relative_variance(bits)
    law = gamma(shape, scale=1 / shape)
    low, high = (ratio / float(law.ppf(level)) for level in (0.975, 0.025))
    found, bits_low, bits_high = (bits + math.log2(x) for x in (ratio, low, high))
    return Fit(
        found,
        bits_low,
        bits_high,
        float(law.cdf(ratio)),
        float(law.sf(ratio)),
        _shape_test(times, bits),
    )


def _relative_variance(bits: int) -> float:
    """Return the variance of T(T-1) over the square of its mean 2N; 1 in the limit."""
    if bits > DISCRETE:
        return 1.0
    space = 2.0**bits
    n = np.arange(1, min(2**bits, int(12 * 2 ** (bits / 2))) + 1.0)
    # P(T = n + 1) = q(n) n / N.
    chances = np.exp(log_no_collision_array(n, space)) * n / space
    return float(chances @ (n * (n + 1)) ** 2) / (2 * space) ** 2 - 1


def time_cdf(times: npt.ArrayLike, bits: int) -> npt.NDArray[np.float64]:
    """Return P(T <= t), exact."""
    return np.asarray(0 - np.expm1(log_no_collision_array(times, 2.0**bits)))


def _shape_test(times: Times, bits: int) -> float:
    if bits >= DISCRETE:
        # What the test transforms is uniform if the law holds.
        return float(kstest(time_cdf(times, bits), "uniform").pvalue)
    most = min(2**bits + 1, int(12 * 2 ** (bits / 2)))
    cdf = time_cdf(np.arange(1, most + 1), bits)
    edges = np.unique(np.searchsorted(cdf, np.arange(1, CELLS) / CELLS))
    chances = np.diff(np.concatenate([[0.0], cdf[edges], [1.0]]))
    # Cells of few expected trials go to their neighbour's.
    full = chances > 5 / times.size
    cell = np.searchsorted(edges + 1, times)
    seen = np.bincount(cell, minlength=chances.size)
    seen = np.append(seen[full], seen[~full].sum())
    expected = times.size * np.append(chances[full], chances[~full].sum())
    seen, expected = seen[expected > 0], expected[expected > 0]
    if seen.size < 2:
        return 1.0
    return float(chi2.sf(((seen - expected) ** 2 / expected).sum(), seen.size - 1))


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Correct p-values for their number (Holm, Scand. J. Statistics 6, 1979)."""
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def band(trials: int, exact: float, points: int, level: float = 0.99) -> Interval:
    """Return where a share lies by chance, together with those of `points` in all.

    Sidak's level for each point (JASA 62, 1967), with binomial tails on both sides.
    """
    tail = (1 - level ** (1 / points)) / 2
    low = float(binom.ppf(tail, trials, exact)) / trials
    return Interval(low, float(binom.isf(tail, trials, exact)) / trials)


class SweepTables(NamedTuple):
    """The tables of a sweep: rows of rates, seconds, fits and densities."""

    rates: list[Row]
    seconds: list[Row]
    fit: list[Row]
    density: list[Row]


def sweep_tables(widths: Sequence[int], parts: Sequence[Part]) -> SweepTables:
    """
    Make the tables of a sweep of what its jobs have measured.

    Parameters
    ----------
    widths : sequence of int
        Bits of the hashes.
    parts : sequence of pairs of arrays
        Times T and busy seconds of each job: as many jobs for each width, all of the
        first before those of the second.
    """
    jobs = len(parts) // len(widths)
    times, rows = {}, []
    for number, bits in enumerate(widths):
        some = parts[number * jobs : (number + 1) * jobs]
        times[bits] = np.concatenate([found for found, _ in some]).astype(np.int64)
        seconds = sum(float(busy.sum()) for _, busy in some)
        rows.append(sweep_rows(bits, times[bits], seconds))
    rates, timings = map(list, zip(*rows, strict=True))
    return SweepTables(with_band(rates), timings, fit_rows(times), density_rows(times))


def with_band(rates: Sequence[Row]) -> list[Row]:
    """Return the rows of a sweep, with the band that holds all of them in 99 of 100."""
    rows: list[Row] = []
    for rate in rates:
        low, high = band(int(rate["trials"]), rate["exact"], len(rates))
        inside = int(low <= rate["share"] <= high)
        rows.append({**rate, "band_low": low, "band_high": high, "inside": inside})
    return rows


def fit_rows(times: dict[int, Times]) -> list[Row]:
    """Return a row for each width: effective bits and p-values, corrected together."""
    fits = {bits: fit(found, bits) for bits, found in times.items()}
    p_values = [p for each in fits.values() for p in each[3:]]
    corrected = holm([min(1.0, p) for p in p_values]).reshape(-1, 3)
    return [
        {
            "bits": bits,
            "trials": times[bits].size,
            **each._asdict(),
            "p_corrected": float(corrected[number].min()),
            "holds": int(corrected[number].min() >= 0.01),
        }
        for number, (bits, each) in enumerate(fits.items())
    ]


def density_rows(times: dict[int, Times], bins: int = 20) -> list[Row]:
    """Return the density of T over the root of the space, for each width."""
    edges = np.linspace(0, 4, bins + 1)
    rows: list[Row] = []
    for bits, found in times.items():
        counts, _ = np.histogram(found / 2.0 ** (bits / 2), edges)
        chances = np.diff(time_cdf(np.floor(edges * 2.0 ** (bits / 2)), bits))
        width = edges[1]
        rows += [
            {
                "bits": bits,
                "middle": float(left + width / 2),
                "density": float(count / found.size / width),
                "exact": float(chance / width),
                "trials": found.size,
            }
            for left, count, chance in zip(edges, counts, chances, strict=False)
        ]
    return rows


def timed_part(
    seed: int, bits: int, trials: int, part: int = 0, parts: int = 1
) -> tuple[Times, float]:
    """
    Find T of each trial in one of the parts into which they are shared.

    Returns
    -------
    times : int64 array
        Those of all parts, one after the other, are those of a single part.
    seconds : float
        How long one core was busy with it.
    """
    # The first call loads or compiles the kernels.
    first_collision_times(seed, 4, 1)
    first, last = bounds(trials, part, parts)
    begin = busy_ns()
    times = first_collision_times(seed, bits, last - first, first)
    return times, max(busy_ns() - begin, 1) / 1e9


def sweep_rows(bits: int, times: Times, seconds: float) -> tuple[Row, Row]:
    """
    Count the trials with a collision within the root of the space.

    Returns
    -------
    rate, timing : rows
        What was found, and how long one core was busy with it.
    """
    trials, draws = times.size, root_of_space(bits)
    hits = int(np.count_nonzero(times <= draws))
    timing = {
        "bits": bits,
        "draws": draws,
        "trials": trials,
        "seconds": seconds,
        "seconds_per_trial": seconds / trials,
        "draws_per_second": float(times.sum()) / seconds,
    }
    return {"bits": bits, **rate_row(draws, 2**bits, trials, hits)}, timing
