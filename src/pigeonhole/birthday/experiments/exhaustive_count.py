"""Exhaustive count of the MD5 values of all messages of a counter.

There are as many messages as values, and every value is counted, not sampled. The
values are split into shards by their leading bits. Each job hashes all messages, counts
the values of its own shard and writes a histogram, so that a run that was killed
resumes with the missing shards.
"""

import logging
import math
import time
from collections.abc import Iterable, Sequence

import numpy as np

from pigeonhole.birthday.hashing import md5
from pigeonhole.core.checks import check_integer
from pigeonhole.core.tables import Row

log = logging.getLogger(__name__)

COUNTERS_PER_BATCH = 2**24
"""Number of messages between two checks of the clock."""
MAX_OCCURRENCES = 16
"""Exclusive limit of how often a value occurs, since counts have 4 bits. With 2**32
values it is exceeded with a probability of 1e-4; the count checks that it isn't."""


def count_shard(bits: int, shard: int, shards: int) -> list[Row]:
    """
    Count how many values of one of the `shards`, a power of 2, occur 0, 1, ... times.

    Values are the leading `bits` bits, from 8 to 32, of the MD5 of 2**bits messages,
    each a counter of 4 bytes (little-endian) and 12 zero bytes. Each value takes 4 bits
    of memory: 2 GB for 32 bits, divided by the shards.
    """
    bits = check_integer("bits", bits, 8, 32)
    # A shard has two values or more, and 2**31 or less.
    shards = check_integer("shards", shards, max(2**bits >> 31, 1), 2 ** (bits - 1))
    shard = check_integer("shard", shard, 0, shards - 1)
    shard_bits = shards.bit_length() - 1
    if shards != 2**shard_bits:
        raise ValueError(f"shards must be a power of 2, not {shards}")
    counts, total = np.zeros(2 ** (bits - shard_bits) // 2, np.uint8), 0
    logged = time.monotonic()
    with np.errstate(over="ignore"):
        for first in range(0, 2**bits, COUNTERS_PER_BATCH):
            size = min(COUNTERS_PER_BATCH, 2**bits - first)
            total += md5.count_values(
                np.uint32(first), size, np.uint32(32 - bits), shard, shard_bits, counts
            )
            if time.monotonic() - logged > 2:
                logged = time.monotonic()
                log.info("shard %d: %.0f%% counted", shard, 100 * first / 2**bits)
    histogram = np.zeros(MAX_OCCURRENCES**2, np.int64)
    # In batches, because np.bincount converts bytes to 8-byte integers.
    for first in range(0, counts.size, COUNTERS_PER_BATCH):
        batch = counts[first : first + COUNTERS_PER_BATCH]
        histogram += np.bincount(batch, minlength=histogram.size)
    pairs = histogram.reshape(MAX_OCCURRENCES, MAX_OCCURRENCES)
    values = pairs.sum(axis=0) + pairs.sum(axis=1)
    if np.arange(MAX_OCCURRENCES) @ values != total:
        raise OverflowError(
            f"a value of shard {shard} occurs {MAX_OCCURRENCES} times or more"
        )
    return [{"times": times, "values": n} for times, n in enumerate(values.tolist())]


def merge_counts(bits: int, shards: Iterable[Sequence[Row]]) -> list[Row]:
    """
    Add the counts of all shards and compare them with random draws.

    Each row has a number of times, how many values occur this often, the expected
    number (binomial), its standard deviation, and the deviation in these (z). With N
    draws from N values and p = exp(-1)/k!, the variance of the number of values that
    occur k times is N p (1 - p - p (k-1)**2) (Kolchin, Sevastyanov and Chistyakov,
    Random Allocations, 1978).
    """
    bits = check_integer("bits", bits, 8, 32)
    totals = np.sum([[row["values"] for row in shard] for shard in shards], axis=0)
    space = 2**bits
    rows: list[Row] = []
    for times, values in enumerate(totals.tolist()):
        p = _binomial(times, space)
        deviation = math.sqrt(space * p * (1 - p - p * (times - 1) ** 2))
        expected = space * p
        rows.append(
            {
                "times": times,
                "values": int(values),
                "expected": expected,
                "deviation": deviation,
                "z": (values - expected) / deviation,
            }
        )
    return rows


def _binomial(times: int, space: int) -> float:
    """Return the probability that one of N values occurs this often in N draws."""
    falling = math.prod(1 - i / space for i in range(times))
    others = math.exp((space - times) * math.log1p(-1 / space))
    return falling / math.factorial(times) * others
