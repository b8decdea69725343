"""Simulated trials of the birthday problem, with random days and with MD5.

Each experiment draws from its own random stream. Results depend on the seed alone, not
on other experiments, the number of cores or the number of trials per batch.
"""

import logging
import time
from collections.abc import Iterator

import numpy as np

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.birthday.experiments.repeats import count_repeats, first_repeats
from pigeonhole.birthday.hashing.digests import random_digests
from pigeonhole.birthday.theory import repeats_pmf
from pigeonhole.birthday.trial_stats import TrialStats
from pigeonhole.core.arrays import Int64Array, UInt64Array
from pigeonhole.core.checks import check_indices, check_integer
from pigeonhole.core.tables import Row

log = logging.getLogger(__name__)

DRAWS_PER_BATCH = 2**16
"""Number of draws held in memory at once, unless a single trial has more."""


def people(seed: int, trials: int) -> list[Row]:
    """Count groups of 23 people with a shared birthday, for 365 and 366 days."""
    rows = []
    for days in (tutorials.DAYS, tutorials.OUTCOMES):
        rng = random_stream(seed, Stream.PEOPLE, days)
        first = _first_repeats(rng, tutorials.PEOPLE, days, trials)
        stats = TrialStats(trials, int(np.count_nonzero(first <= tutorials.PEOPLE)))
        rows.append(stats.collision_row(tutorials.PEOPLE, days))
    return rows


def curve(seed: int, trials: int) -> list[Row]:
    """Count groups with a shared birthday as they grow from 1 to 89 people."""
    rng = random_stream(seed, Stream.CURVE)
    first = _first_repeats(rng, tutorials.MAX_PEOPLE, tutorials.DAYS, trials)
    return [
        stats.collision_row(people, tutorials.DAYS)
        for people, stats in growing_groups(first, tutorials.MAX_PEOPLE)
    ]


def growing_groups(
    first_repeat: Int64Array, max_people: int
) -> Iterator[tuple[int, TrialStats]]:
    """
    Yield each group size with the statistics of the groups cut to that size.

    `first_repeat` is the result of `first_repeats` for groups of `max_people`.
    """
    max_people = check_integer("max_people", max_people, 1)
    check_indices("first_repeat", first_repeat, max_people + 2)
    hits = np.cumsum(np.bincount(first_repeat, minlength=max_people + 2)).tolist()
    for people in range(1, max_people + 1):
        yield people, TrialStats(first_repeat.size, hits[people])


def first_byte(seed: int, trials: int) -> list[Row]:
    """Count repeats among the first bytes of the MD5 of 256 random inputs."""
    bits, inputs = tutorials.BYTE_BITS, tutorials.BYTE_INPUTS
    rng = random_stream(seed, Stream.FIRST_BYTE)
    repeats = [count_repeats(draws) for draws in _digests(rng, bits, inputs, trials)]
    histogram = np.bincount(np.concatenate(repeats), minlength=inputs).tolist()
    pmf = repeats_pmf(inputs, 2**bits).tolist()
    return [
        {"repeats": number, **TrialStats(trials, hits).row(), "exact": exact}
        for number, (hits, exact) in enumerate(zip(histogram, pmf, strict=False))
        # Leave out the far tails, which are empty.
        if hits or exact > 1e-9
    ]


def root(seed: int, trials: int) -> list[Row]:
    """Count trials with a collision, and repeats, among 16 values of 8 bits."""
    rng = random_stream(seed, Stream.ROOT)
    return [_hash_collisions(rng, tutorials.BYTE_BITS, tutorials.ROOT_DRAWS, trials)]


def get_uid(seed: int, trials: int) -> list[Row]:
    """Count trials with a collision, and repeats, among 4,096 ids of ``get_uid``."""
    # Four characters of base64 are the first 24 bits of the digest.
    rng = random_stream(seed, Stream.GET_UID)
    return [_hash_collisions(rng, tutorials.UID_BITS, tutorials.UID_USES, trials)]


def root_of_space(bits: int) -> int:
    """Return 2**(bits/2), rounded to an integer."""
    bits = check_integer("bits", bits, 0, 96)
    return round(2 ** (bits / 2))


def _hash_collisions(
    rng: np.random.Generator, bits: int, draws: int, trials: int
) -> Row:
    batches = _digests(rng, bits, draws, trials)
    repeats = np.concatenate([count_repeats(batch) for batch in batches])
    stats = TrialStats(trials, int(np.count_nonzero(repeats)))
    return {**stats.collision_row(draws, 2**bits), "repeats": int(repeats.sum())}


def _digests(
    rng: np.random.Generator, bits: int, draws: int, trials: int
) -> Iterator[UInt64Array]:
    """Yield digests of random messages in batches, one trial per row."""
    for size in batch_sizes(draws, trials):
        yield random_digests(rng, size * draws, bits).reshape(size, draws)


def _first_repeats(
    rng: np.random.Generator, draws: int, space: int, trials: int
) -> Int64Array:
    return np.concatenate(
        [
            first_repeats(rng.integers(space, size=(size, draws)), space)
            for size in batch_sizes(draws, trials)
        ]
    )


def batch_sizes(draws: int, trials: int) -> Iterator[int]:
    """Split trials into batches that fit in memory, and log progress every 2 s."""
    draws, trials = check_integer("draws", draws, 1), check_integer("trials", trials, 1)
    size = max(DRAWS_PER_BATCH // draws, 1)
    logged = time.monotonic()
    for done in range(0, trials, size):
        if time.monotonic() - logged > 2:
            logged = time.monotonic()
            log.info("%d of %d trials of %d draws", done, trials, draws)
        yield min(size, trials - done)
