"""The experiments: what a seed and a number of trials give, as rows of a table.

Every experiment draws from a stream of its own, so that none depends on another, on the
number of cores, or on how many trials are held in memory at a time.
"""

import time
from collections.abc import Iterator
from enum import IntEnum

import numpy as np

from pigeonhole.birthday import tutorials
from pigeonhole.birthday.experiments.repeats import (
    Counts,
    Values,
    count_repeats,
    first_repeats,
)
from pigeonhole.birthday.hashing.digests import random_digests
from pigeonhole.birthday.intervals import wilson
from pigeonhole.birthday.theory import collision_probability, repeats_pmf
from pigeonhole.core.tables import Row
from pigeonhole.pipeline.script import log

AT_A_TIME = 2**16
"""Draws held in memory together, unless a single trial has more."""


class Experiment(IntEnum):
    """The number that sets the random stream of one experiment apart."""

    PEOPLE = 1
    CURVE = 2
    FIRST_BYTE = 3
    ROOT = 4
    SWEEP = 5
    GET_UID = 6
    DICT = 7
    FIRST = 8
    SEARCH = 9
    HEAT = 10
    DAYS = 11


def stream(seed: int, experiment: Experiment, *keys: int) -> np.random.Generator:
    """Return the random numbers of one experiment."""
    source = np.random.SeedSequence((seed, experiment, *keys))
    return np.random.Generator(np.random.SFC64(source))


def people(seed: int, trials: int) -> list[Row]:
    """Count the groups of 23 with a shared birthday, for 365 and 366 days."""
    rows = []
    for days in (tutorials.DAYS, tutorials.OUTCOMES):
        rng = stream(seed, Experiment.PEOPLE, days)
        first = _first_repeats(rng, tutorials.PEOPLE, days, trials)
        shared = int(np.count_nonzero(first <= tutorials.PEOPLE))
        rows.append(rate_row(tutorials.PEOPLE, days, trials, shared))
    return rows


def curve(seed: int, trials: int) -> list[Row]:
    """Count the groups with a shared birthday while they grow from 1 to 89 people."""
    most = tutorials.MOST_PEOPLE
    rng = stream(seed, Experiment.CURVE)
    first = _first_repeats(rng, most, tutorials.DAYS, trials)
    shared = np.cumsum(np.bincount(first, minlength=most + 2)).tolist()
    return [
        rate_row(size, tutorials.DAYS, trials, shared[size])
        for size in range(1, most + 1)
    ]


def first_byte(seed: int, trials: int) -> list[Row]:
    """Count the repeats among the first bytes of the MD5 of 256 random inputs."""
    bits, inputs = tutorials.BYTE_BITS, tutorials.BYTE_INPUTS
    rng = stream(seed, Experiment.FIRST_BYTE)
    repeats = [count_repeats(draws) for draws in _digests(rng, bits, inputs, trials)]
    seen = np.bincount(np.concatenate(repeats), minlength=inputs).tolist()
    chances = repeats_pmf(inputs, 2**bits).tolist()
    return [
        {"repeats": number, **share_row(trials, hits), "exact": chance}
        for number, (hits, chance) in enumerate(zip(seen, chances, strict=False))
        # The far tails are empty, and would make a long table.
        if hits or chance > 1e-9
    ]


def root(seed: int, trials: int) -> list[Row]:
    """Count the trials with a collision among 16 values of 8 bits."""
    rng = stream(seed, Experiment.ROOT)
    return [_hash_rate(rng, tutorials.BYTE_BITS, tutorials.ROOT_DRAWS, trials)]


def get_uid(seed: int, trials: int) -> list[Row]:
    """Count the trials with a collision among 4,096 ids of ``get_uid``.

    Four characters of base64 are the first 24 bits of the digest.
    """
    rng = stream(seed, Experiment.GET_UID)
    return [_hash_rate(rng, tutorials.UID_BITS, tutorials.UID_USES, trials)]


def root_of_space(bits: int) -> int:
    """Return 2**(bits/2), rounded."""
    return round(2 ** (bits / 2))


def _hash_rate(rng: np.random.Generator, bits: int, draws: int, trials: int) -> Row:
    collided = sum(
        int(np.count_nonzero(count_repeats(some)))
        for some in _digests(rng, bits, draws, trials)
    )
    return rate_row(draws, 2**bits, trials, collided)


def _digests(
    rng: np.random.Generator, bits: int, draws: int, trials: int
) -> Iterator[Values]:
    """Hash random messages, some trials (rows) at a time."""
    for some in parts(draws, trials):
        yield random_digests(rng, some * draws, bits).reshape(some, draws)


def _first_repeats(
    rng: np.random.Generator, draws: int, space: int, trials: int
) -> Counts:
    return np.concatenate(
        [
            first_repeats(rng.integers(space, size=(some, draws)), space)
            for some in parts(draws, trials)
        ]
    )


def parts(draws: int, trials: int) -> Iterator[int]:
    """Cut trials into parts that fit in memory, and tell every 2 s how far we are."""
    size = max(AT_A_TIME // draws, 1)
    told = time.monotonic()
    for done in range(0, trials, size):
        if time.monotonic() - told > 2:
            told = time.monotonic()
            log.info("%d of %d trials of %d draws", done, trials, draws)
        yield min(size, trials - done)


def rate_row(draws: int, space: int, trials: int, collided: int) -> Row:
    """Return a rate with its interval and the exact one."""
    return {
        "draws": draws,
        "space": space,
        **share_row(trials, collided),
        "exact": collision_probability(draws, space),
    }


def share_row(trials: int, hits: int) -> Row:
    """Return a share with its interval."""
    low, high = wilson(hits, trials)
    return {
        "trials": trials,
        "hits": hits,
        "share": hits / trials,
        "low": low,
        "high": high,
    }
