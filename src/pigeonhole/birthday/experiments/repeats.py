"""Repeated values among draws: which draw repeats first, and how many repeat."""

import numpy as np
import numpy.typing as npt

from pigeonhole.core.jit import kernel

Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.uint64]

SORTED_WHOLE = 2**14
"""Up to so many values, sorting all of them is the fastest way to find repeats."""


@kernel
def first_repeats(groups: Counts, space: int) -> Counts:
    """
    Find in each group the draw that first repeats an earlier one.

    Parameters
    ----------
    groups : int64 array, shape (groups, draws)
        Values from 0 to space - 1.
    space : int

    Returns
    -------
    int64 array, shape (groups,)
        The number of the draw, from 2 on; draws + 1 where all differ.
    """
    found = np.full(groups.shape[0], groups.shape[1] + 1)
    seen_by = np.full(space, -1)
    for group in range(groups.shape[0]):
        for draw in range(groups.shape[1]):
            value = groups[group, draw]
            if seen_by[value] == group:
                found[group] = draw + 1
                break
            seen_by[value] = group
    return found


@kernel
def split_at_repeats(values: Values, space: int) -> tuple[Counts, int]:
    """
    Cut values into trials, each of which ends with its first repeat.

    Parameters
    ----------
    values : uint64 array, shape (n,)
        From 0 to space - 1.
    space : int

    Returns
    -------
    times : int64 array, shape (trials,)
        How many values each trial has.
    left : int
        How many are left behind the last one, all different.
    """
    times, seen_by = np.empty(values.size, np.int64), np.full(space, -1)
    trial, begun = 0, 0
    for place in range(values.size):
        value = values[place]
        if seen_by[value] == trial:
            times[trial] = place + 1 - begun
            trial, begun = trial + 1, place + 1
        else:
            seen_by[value] = trial
    return times[:trial].copy(), values.size - begun


@kernel
def _crowded(values: Values, once: Values, twice: Values, kept: Values) -> np.int64:
    """Keep the values whose slot, their last bits, holds another one; say how many.

    `once` and `twice` are bit maps of the slots, all zeros, 64 slots to a word and a
    power of two in size; `kept` has room for one value more than there are.
    """
    last = np.uint64(64 * once.size - 1)
    for value in values:
        slot = value & last
        word, bit = slot >> np.uint64(6), np.uint64(1) << (slot & np.uint64(63))
        twice[word] |= once[word] & bit
        once[word] |= bit
    count = np.int64(0)
    for value in values:
        slot = value & last
        # Always written, but passed over only if crowded: no branch to mispredict.
        kept[count] = value
        word, place = slot >> np.uint64(6), slot & np.uint64(63)
        count += np.int64((twice[word] >> place) & np.uint64(1))
    return count


def count_repeats(draws: Values) -> Counts:
    """
    Count the draws of each trial that repeat an earlier one.

    Parameters
    ----------
    draws : uint64 array, shape (trials, draws)

    Returns
    -------
    int64 array, shape (trials,)
    """
    if draws.shape[1] <= SORTED_WHOLE:
        ordered = np.sort(draws, axis=1)
        equal = ordered[:, 1:] == ordered[:, :-1]
        return np.asarray(equal.sum(axis=1), np.int64)
    return np.array([_count_repeats_of_many(trial) for trial in draws], np.int64)


def _count_repeats_of_many(values: Values) -> int:
    # Only values that share a slot can be equal: at 8 slots a value, one in nine.
    words = max(2 ** (8 * values.size - 1).bit_length() // 64, 1)
    kept = np.empty(values.size + 1, np.uint64)
    once, twice = np.zeros((2, words), np.uint64)
    ordered = np.sort(kept[: _crowded(values, once, twice, kept)])
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))
