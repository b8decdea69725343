"""Which hashes repeat too often, or too seldom, on which keys."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import norm, poisson

from pigeonhole.birthday.experiments.effective_bits import effective_bits
from pigeonhole.birthday.experiments.first_collision import holm
from pigeonhole.birthday.experiments.trials import Experiment, stream
from pigeonhole.birthday.hashing.algorithms import ALGORITHMS, Values, truncated
from pigeonhole.birthday.theory import expected_repeats
from pigeonhole.core.tables import Row
from pigeonhole.pipeline.script import log

WIDTHS = (20, 24, 28, 32)
EFFECTIVE_OF = 16
"""First bits whose effective number is told: a million keys make 3,000 trials."""
HASHES = tuple(ALGORITHMS)
Parts = Mapping[str, Sequence[Row]]
"""The rows of each key set by its name."""
KEY_SETS = ("key%d", "counters", "random")
FLAG = 0.001
"""A hash is flagged if its p-value, corrected for all cells, is below this."""


def keys_of(name: str, count: int, seed: int) -> list[bytes]:
    """Return a set of different keys: by name, or the lines of a person's own file."""
    if name == "key%d":
        return [b"key%d" % number for number in range(count)]
    if name == "counters":
        return [number.to_bytes(8, "little") for number in range(count)]
    if name == "random":
        whole = stream(seed, Experiment.HEAT).bytes(16 * count)
        return [whole[i : i + 16] for i in range(0, len(whole), 16)]
    return sorted(set(Path(name).read_bytes().splitlines()))


def repeats_by_width(
    values: Values, widths: Sequence[int], bits: int = 32
) -> list[int]:
    """
    Count the repeats among the first w bits of values, for each width w in one pass.

    Sorted values whose first w bits agree are neighbours (as SMHasher3 counts them).
    """
    ordered = np.sort(values)
    differ = ordered[1:] ^ ordered[:-1]
    return [int(np.count_nonzero(differ >> np.uint64(bits - w) == 0)) for w in widths]


def repeats_variance(draws: int, space: int) -> float:
    """Return the variance of the number of repeats.

    N(N-1)(1-2/N)**n + N(1-1/N)**n - N**2 (1-1/N)**(2n), which is the mean in spaces
    that are large for the draws: there it cancels.
    """
    if draws < space / 100:
        return expected_repeats(draws, space)
    one, two = draws * math.log1p(-1 / space), draws * math.log1p(-2 / space)
    alone = space * math.exp(one)
    return alone + space * (space - 1) * math.exp(two) - alone * alone


def surprise(repeats: int, draws: int, bits: int) -> float:
    """Return how far a number of repeats strays, in standard deviations; with a sign.

    While few are expected the sides of Poisson's law are put on that scale.
    """
    mean = expected_repeats(draws, 2**bits)
    if mean > 1000 or repeats > mean + 50 * math.sqrt(mean) + 50:
        return (repeats - mean) / math.sqrt(repeats_variance(draws, 2**bits))
    if repeats > mean:
        return float(norm.isf(poisson.sf(repeats - 1, mean)))
    return float(norm.ppf(poisson.cdf(repeats, mean)))


def heat(seed: int, name: str, count: int) -> tuple[list[Row], list[Row]]:
    """
    Try every hash on one key set.

    Returns
    -------
    repeats : rows
        How many keys repeat the first bits of another, at every width.
    effective : rows
        How many of the first `EFFECTIVE_OF` bits work.
    """
    keys = keys_of(name, count, seed)
    rows: list[Row] = []
    effective: list[Row] = []
    for number, algorithm in enumerate(HASHES):
        values = truncated(keys, algorithm, 32)
        found = repeats_by_width(values, WIDTHS)
        for bits, repeats in zip(WIDTHS, found, strict=True):
            rows.append(
                {
                    "hash": number,
                    "bits": bits,
                    "keys": len(keys),
                    "repeats": repeats,
                    "expected": expected_repeats(len(keys), 2**bits),
                    "z": surprise(repeats, len(keys), bits),
                }
            )
        first = values >> np.uint64(32 - EFFECTIVE_OF)
        fit = effective_bits(first, EFFECTIVE_OF)
        effective.append({"hash": number, "bits": EFFECTIVE_OF, **fit._asdict()})
        log.info("%s of %s: %s repeats", algorithm, name, found)
    return rows, effective


def judge_heat(parts: Parts) -> list[dict[str, object]]:
    """Join the key sets and flag what chance doesn't explain, all cells together."""
    rows = _joined(parts)
    corrected = holm([2 * float(norm.sf(abs(row["z"]))) for _, row in rows])
    return [
        {
            "key_set": name,
            "algorithm": HASHES[int(row["hash"])],
            **{key: int(row[key]) for key in ("bits", "keys", "repeats")},
            "expected": row["expected"],
            "z": row["z"],
            "p_corrected": p,
            "flagged": int(p < FLAG),
        }
        for (name, row), p in zip(rows, corrected.tolist(), strict=True)
    ]


def judge_effective(parts: Parts) -> list[dict[str, object]]:
    """Join the effective bits and flag those that chance doesn't explain."""
    rows = _joined(parts)
    corrected = holm([min(1, 2 * row["p_low"], 2 * row["p_high"]) for _, row in rows])
    return [
        {
            "key_set": name,
            "algorithm": HASHES[int(row["hash"])],
            "bits": int(row["bits"]),
            "trials": int(row["trials"]),
            **{key: row[key] for key in ("effective_bits", "bits_low", "bits_high")},
            "p_corrected": p,
            "flagged": int(p < FLAG),
        }
        for (name, row), p in zip(rows, corrected.tolist(), strict=True)
    ]


def _joined(parts: Parts) -> list[tuple[str, Row]]:
    return [(name, row) for name, part in parts.items() for row in part]
