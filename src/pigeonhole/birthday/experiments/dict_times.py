"""Time of an insertion into a Python dict and of a lookup, by the size of the dict."""

import logging
import sys

import numpy as np

from pigeonhole.birthday.experiments.clock import thread_time_ns
from pigeonhole.birthday.experiments.cpu_caches import LEVELS, cache_bytes
from pigeonhole.birthday.experiments.random_streams import Stream, random_stream
from pigeonhole.core.arrays import Int64Array
from pigeonhole.core.checks import check_integer
from pigeonhole.core.tables import Row

log = logging.getLogger(__name__)

MAX_LOOKUPS = 2**16
"""Maximum number of lookups in one measurement."""


def time_dicts(seed: int, sizes: tuple[int, ...]) -> list[Row]:
    """
    Time dicts with keys in order (as in the tutorial) and with random keys.

    Each row has the nanoseconds of an insertion and of a successful lookup, as the
    median and the quartiles of several measurements; bytes of the dict and its keys;
    and bytes of the CPU caches (0 if unknown).
    """
    sizes = tuple(check_integer("sizes", size, 1, 2**26) for size in sizes)
    rng, caches = random_stream(seed, Stream.DICT), cache_bytes()
    rows: list[Row] = []
    for size in sorted(sizes):
        random_keys = rng.integers(2**62, size=size)
        rows.append(
            {
                "size": size,
                **_measure("ordered", np.arange(size), rng),
                **_measure("random", random_keys, rng),
                "bytes": _dict_bytes(size),
                **{f"cache_{level}_bytes": caches.get(level, 0) for level in LEVELS},
            }
        )
        log.info("timed dicts of %d keys", size)
    return rows


def _dict_bytes(size: int) -> int:
    """Return the bytes of a dict with this many large integers, including its keys."""
    return sys.getsizeof(dict.fromkeys(range(size))) + size * sys.getsizeof(2**61)


def _measure(name: str, keys: Int64Array, rng: np.random.Generator) -> Row:
    repetitions = max(3, min(25, 2**14 // keys.size))
    lookups = keys[:MAX_LOOKUPS] if name == "ordered" else rng.choice(keys, MAX_LOOKUPS)
    key_list, lookup_list = keys.tolist(), lookups.tolist()
    times = [_time_dict(key_list, lookup_list) for _ in range(repetitions)]
    insertion, lookup = zip(*times, strict=True)
    return {
        **_quartiles(f"{name}_insertion_ns", insertion),
        **_quartiles(f"{name}_lookup_ns", lookup),
    }


def _time_dict(keys: list[int], lookups: list[int]) -> tuple[float, float]:
    """Return nanoseconds per insertion and per lookup, including the loop itself."""
    table: dict[int, int] = {}
    start = thread_time_ns()
    for key in keys:
        table[key] = 0
    middle = thread_time_ns()
    for key in lookups:
        table[key]
    end = thread_time_ns()
    return (middle - start) / len(keys), (end - middle) / len(lookups)


def _quartiles(name: str, values: tuple[float, ...]) -> Row:
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    return {name: median, f"{name}_low": low, f"{name}_high": high}
