"""First-collision times T of MD5, found by walks that need little memory."""

import logging
from typing import NamedTuple

import numpy as np

from pigeonhole.birthday.collisions import walks
from pigeonhole.birthday.experiments.clock import thread_time_ns
from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.checks import check_integer
from pigeonhole.core.shards import ALL_WORK, Shard

log = logging.getLogger(__name__)

TRIAL_LANES = 64
"""Number of trials that walk at the same time; changes no result."""
TRIALS_PER_BATCH = 2000
"""Number of trials between two progress messages; changes no result."""


class TimedShard(NamedTuple):
    """First-collision times of one job's share of the trials."""

    times: Int64Array
    """T of each trial."""
    seconds: float
    """CPU time of the job."""


def first_collision_times(
    seed: int, bits: int, trials: int, first_trial: int = 0
) -> Int64Array:
    """
    Return T of each trial: the draw that first repeats 2 to 64 leading bits of MD5.

    Each trial is a walk from a random message. The next message is the value just drawn
    plus the number of the trial. Until the walk repeats itself, its values are
    independent draws, and every trial uses a different function. T depends only on the
    seed, the length and the number of the trial.
    """
    bits = check_integer("bits", bits, 2, 64)
    trials = check_integer("trials", trials, 0)
    # The number of the trial is a word of its messages.
    first_trial = check_integer("first_trial", first_trial, 0, 2**32 - trials)
    rng = random_stream(seed, Stream.FIRST_COLLISION, bits)
    start = rng.integers(2**63, dtype=np.uint64)
    # Distinguished points must be few enough to fit in memory even if a walk takes
    # eight times the square root of the space. Their zeros must be in the whole bytes
    # that are kept.
    zeros = min(max(3 * bits // 8 - 3, bits // 2 - 9, 0), 8 * (bits // 8))
    prefix_mask, times = np.uint32(2**zeros - 1), np.empty(trials, np.int64)
    masks = walks.digest_masks(bits)
    with np.errstate(over="ignore"):
        for done in range(0, trials, TRIALS_PER_BATCH):
            batch = times[done : done + TRIALS_PER_BATCH]
            lanes = min(TRIAL_LANES, batch.size)
            walks.first_collisions(
                start, first_trial + done, masks, prefix_mask, lanes, batch
            )
            if done:
                log.info("%d of %d trials of %d bits", done, trials, bits)
    return times


def time_shard(
    seed: int, bits: int, trials: int, shard: Shard = ALL_WORK
) -> TimedShard:
    """
    Find T of each trial in one shard, and measure the CPU time.

    The times of all shards, one after the other, are the same for any number of shards.
    """
    trials = check_integer("trials", trials, 0)
    # The first call loads or compiles the kernels.
    first_collision_times(seed, 4, 1)
    first, end = shard.bounds(trials)
    start = thread_time_ns()
    times = first_collision_times(seed, bits, end - first, first)
    return TimedShard(times, max(thread_time_ns() - start, 1) / 1e9)
