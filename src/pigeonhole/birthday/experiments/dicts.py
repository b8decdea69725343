"""How long a Python dict takes to insert and to look up, by its size."""

import sys

import numpy as np

from pigeonhole.birthday.experiments.clock import busy_ns
from pigeonhole.birthday.experiments.cpu_caches import LEVELS, cache_bytes
from pigeonhole.birthday.experiments.trials import Experiment, stream
from pigeonhole.core.tables import Row
from pigeonhole.pipeline.script import log

PROBES = 2**16
"""Look-ups in one measurement, at most."""


def dict_seconds(seed: int, sizes: tuple[int, ...]) -> list[Row]:
    """
    Time a dict, with keys in order (as the tutorial has them) and with random keys.

    Returns
    -------
    list of rows
        For each size the nanoseconds of an insertion and of a look-up that finds its
        key: the median of several measurements, and both ends of their middle half;
        the bytes of the dict and its keys, and those of the caches (0: unknown).
    """
    rng, caches = stream(seed, Experiment.DICT), cache_bytes()
    rows: list[Row] = []
    for size in sorted(sizes):
        random = rng.integers(2**62, size=size)
        rows.append(
            {
                "size": size,
                **_measure("ordered", np.arange(size), rng),
                **_measure("random", random, rng),
                "bytes": _bytes(size),
                **{f"cache_{level}_bytes": caches.get(level, 0) for level in LEVELS},
            }
        )
        log.info("a dict of %d: timed", size)
    return rows


def _bytes(size: int) -> int:
    """Return what a dict of so many large whole numbers takes, its keys included."""
    return sys.getsizeof(dict.fromkeys(range(size))) + size * sys.getsizeof(2**61)


def _measure(
    name: str,
    keys: np.ndarray[tuple[int], np.dtype[np.int64]],
    rng: np.random.Generator,
) -> Row:
    times = max(3, min(25, 2**14 // keys.size))
    probes = keys[:PROBES] if name == "ordered" else rng.choice(keys, PROBES)
    listed, probed = keys.tolist(), probes.tolist()
    pairs = [_time_dict(listed, probed) for _ in range(times)]
    insertion, look_up = zip(*pairs, strict=True)
    return {
        **_spread(f"{name}_insertion_ns", insertion),
        **_spread(f"{name}_look_up_ns", look_up),
    }


def _time_dict(keys: list[int], probes: list[int]) -> tuple[float, float]:
    """Return nanoseconds per insertion and per look-up, the loop included."""
    table: dict[int, int] = {}
    begin = busy_ns()
    for key in keys:
        table[key] = 0
    middle = busy_ns()
    for key in probes:
        table[key]
    end = busy_ns()
    return (middle - begin) / len(keys), (end - middle) / len(probes)


def _spread(name: str, values: tuple[float, ...]) -> Row:
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    return {name: middle, f"{name}_low": low, f"{name}_high": high}
