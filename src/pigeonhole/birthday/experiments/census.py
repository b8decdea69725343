"""The census: every message of a counter through MD5, as many as there are values.

How often each value comes is counted, not sampled. The values are shared out by their
first bits over some jobs: each hashes all messages, keeps those whose value is its
own, and leaves a histogram, so that a killed census goes on with the parts that lack.
"""

import math
import time
from collections.abc import Iterable, Sequence

import numpy as np

from pigeonhole.birthday.hashing import md5
from pigeonhole.core.tables import Row
from pigeonhole.pipeline.script import log

AT_A_TIME = 2**24
"""Messages between two looks at the clock."""
CLASSES = 16
"""No value of 2**32 comes as often but with a chance of 1e-4: checked, not believed."""


def census_part(bits: int, part: int, parts: int) -> list[Row]:
    """
    Count how many values of one part come 0, 1, ... times.

    Parameters
    ----------
    bits : int
        From 8 to 32: of 2**bits messages (a counter of 4 bytes, little-endian, and 12
        bytes of 0) the first `bits` bits of MD5.
    part, parts : int
        Which part of the values, of how many; these are a power of 2.

    Notes
    -----
    Four bits to a value: 2 GB of 32 bits, over the parts.
    """
    part_bits = parts.bit_length() - 1
    counts, total = np.zeros(2 ** (bits - part_bits) // 2, np.uint8), 0
    told = time.monotonic()
    with np.errstate(over="ignore"):
        for first in range(0, 2**bits, AT_A_TIME):
            many = min(AT_A_TIME, 2**bits - first)
            total += md5.count_values(
                np.uint32(first), many, np.uint32(32 - bits), part, part_bits, counts
            )
            if time.monotonic() - told > 2:
                told = time.monotonic()
                log.info("part %d: %.0f %% counted", part, 100 * first / 2**bits)
    pairs = np.zeros((CLASSES, CLASSES), np.int64)
    # A piece at a time, since NumPy counts bytes as numbers of eight.
    for first in range(0, counts.size, AT_A_TIME):
        piece = np.bincount(counts[first : first + AT_A_TIME], minlength=CLASSES**2)
        pairs += piece.reshape(CLASSES, CLASSES)
    seen = (pairs.sum(axis=0) + pairs.sum(axis=1)).tolist()
    if sum(times * values for times, values in enumerate(seen)) != total:
        raise OverflowError(f"a value of part {part} comes {CLASSES} times or more")
    return [{"times": times, "values": values} for times, values in enumerate(seen)]


def census_rows(bits: int, parts: Iterable[Sequence[Row]]) -> list[Row]:
    """
    Add the parts up, beside what chance gives.

    Returns
    -------
    list of rows
        For each number of times: how many values come so often, how many do on average
        (binomial), the standard deviation and how far the count strays from chance.

    Notes
    -----
    The variance of the number of values that come k times is, with N draws from N
    values and p = exp(-1)/k!, N p (1 - p - p (k-1)**2) (Kolchin, Sevastyanov and
    Chistyakov, Random Allocations, 1978).
    """
    seen = np.sum([[row["values"] for row in part] for part in parts], axis=0)
    space = 2**bits
    rows: list[Row] = []
    for times, values in enumerate(seen.tolist()):
        chance = _binomial(times, space)
        deviation = math.sqrt(space * chance * (1 - chance - chance * (times - 1) ** 2))
        expected = space * chance
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
    """Return the chance that one of N values comes so often in N draws."""
    falling = math.prod(1 - i / space for i in range(times))
    none_else = math.exp((space - times) * math.log1p(-1 / space))
    return falling / math.factorial(times) * none_else
