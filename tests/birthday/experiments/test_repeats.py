"""Kernels that find repeats, against plain sets."""

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from pigeonhole.birthday.experiments import repeats


@given(
    arrays(
        np.int64,
        some.tuples(some.integers(0, 8), some.integers(1, 12)),
        elements=some.integers(0, 9),
    )
)
def test_first_repeats_equal_reference(groups):
    result = repeats.first_repeats(groups, 10)
    assert result.tolist() == reference.first_repeats(groups)


def test_first_repeats_by_hand():
    groups = np.array([[1, 2, 3], [1, 2, 1], [0, 0, 0], [2, 1, 1]])
    assert repeats.first_repeats(groups, 4).tolist() == [4, 3, 2, 3]


@given(arrays(np.uint64, some.integers(0, 60), elements=some.integers(0, 9)))
def test_split_at_repeats_equals_reference(values):
    times, remainder = repeats.split_at_repeats(values, 10)
    assert (times.tolist(), remainder) == reference.split_at_repeats(values)


@given(
    arrays(
        np.uint64,
        some.tuples(some.integers(1, 4), some.integers(1, 60)),
        elements=some.one_of(
            some.integers(0, 30),
            some.integers(0, 2**64 - 1),
            # Different values with the same low bits share a slot of the bitmap.
            some.integers(0, 9).map(lambda high: high << 40),
        ),
    ),
    some.sampled_from([0, 2**14]),
)
def test_count_repeats_equals_reference(draws, max_sorted):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "MAX_SORTED", max_sorted)
        counts = repeats.count_repeats(draws)
    assert counts.tolist() == reference.count_repeats(draws)


def test_count_repeats_of_many_values():
    values = np.arange(2**15, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    values[-5:] = values[7]
    assert repeats.count_repeats(values[None]).tolist() == [5]
