"""Repeated values among draws: the first repeat and the number of repeats."""

import numpy as np

from pigeonhole.core.arrays import Int64Array, UInt64Array
from pigeonhole.core.checks import check_array, check_indices, check_integer
from pigeonhole.core.jit import kernel

MAX_SPACE = 2**31
"""Maximum number of values whose last occurrences are kept in memory."""
MAX_SORTED = 2**14
"""Up to this number of draws per trial, sorting is the fastest way to find repeats."""


def first_repeats(groups: Int64Array, space: int) -> Int64Array:
    """
    Find in each row the draw that first repeats an earlier one.

    Values are from 0 to space - 1, otherwise ValueError is raised. The first draw of a
    row has the number 1. If all values differ, the result is the number of draws + 1.
    """
    groups, space = np.asarray(groups), check_integer("space", space, 1, MAX_SPACE)
    if groups.ndim != 2:
        raise ValueError(f"groups must have 2 dimensions, not {groups.ndim}")
    check_indices("groups", groups, space)
    return _first_repeats(groups.astype(np.int64, copy=False), space)


@kernel
def _first_repeats(groups: Int64Array, space: int) -> Int64Array:
    result = np.full(groups.shape[0], groups.shape[1] + 1)
    # The last group in which each value occurred, so that nothing needs clearing.
    last_group = np.full(space, -1)
    for group in range(groups.shape[0]):
        for draw in range(groups.shape[1]):
            value = groups[group, draw]
            if last_group[value] == group:
                result[group] = draw + 1
                break
            last_group[value] = group
    return result


def split_at_repeats(values: UInt64Array, space: int) -> tuple[Int64Array, int]:
    """
    Split values from 0 to space - 1 into trials, each ending with its first repeat.

    Return the number of values in each complete trial, and the number of values after
    the last complete trial, which are all different. ValueError is raised if a value is
    out of range.
    """
    values, space = np.asarray(values), check_integer("space", space, 1, MAX_SPACE)
    if values.ndim != 1:
        raise ValueError(f"values must have 1 dimension, not {values.ndim}")
    check_indices("values", values, space)
    return _split_at_repeats(values.astype(np.uint64, copy=False), space)


@kernel
def _split_at_repeats(values: UInt64Array, space: int) -> tuple[Int64Array, int]:
    times, last_trial = np.empty(values.size, np.int64), np.full(space, -1)
    trial, start = 0, 0
    for position in range(values.size):
        value = values[position]
        if last_trial[value] == trial:
            times[trial] = position + 1 - start
            trial, start = trial + 1, position + 1
        else:
            last_trial[value] = trial
    return times[:trial].copy(), values.size - start


@kernel
def _keep_shared_slots(
    values: UInt64Array, once: UInt64Array, twice: UInt64Array, kept: UInt64Array
) -> np.int64:
    """
    Keep the values that share a slot with another value, and return their number.

    A value's slot is given by its low bits. Only values in the same slot can be equal.
    `once` and `twice` are bitmaps of the slots with one and with two or more values, at
    first all zeros; the number of slots is a power of two. `kept` receives the values
    and has room for one more.
    """
    last = np.uint64(64 * once.size - 1)
    # Mark the slots that occur once and those that occur again.
    for value in values:
        slot = value & last
        word, bit = slot >> np.uint64(6), np.uint64(1) << (slot & np.uint64(63))
        twice[word] |= once[word] & bit
        once[word] |= bit
    count = np.int64(0)
    for value in values:
        slot = value & last
        # Always store, but advance only if the slot is shared: no branch to mispredict.
        kept[count] = value
        word, shift = slot >> np.uint64(6), slot & np.uint64(63)
        count += np.int64((twice[word] >> shift) & np.uint64(1))
    return count


def count_repeats(draws: UInt64Array) -> Int64Array:
    """Count in each row, one trial, the draws that repeat an earlier one."""
    check_array("draws", draws, np.uint64, 2)
    if draws.shape[1] <= MAX_SORTED:
        ordered = np.sort(draws, axis=1)
        equal = ordered[:, 1:] == ordered[:, :-1]
        return np.asarray(equal.sum(axis=1), np.int64)
    return np.array([_count_repeats_of_many(trial) for trial in draws], np.int64)


def _count_repeats_of_many(values: UInt64Array) -> int:
    # Sort only values that share a slot: with 8 slots per value, one in nine.
    words = max(2 ** (8 * values.size - 1).bit_length() // 64, 1)
    kept = np.empty(values.size + 1, np.uint64)
    once, twice = np.zeros((2, words), np.uint64)
    ordered = np.sort(kept[: _keep_shared_slots(values, once, twice, kept)])
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))
