"""SIMD primitives: compiled code gives the result of the Python functions."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from pigeonhole.core.jit import kernel, parallel_kernel, prange
from pigeonhole.matching.search.simd import (
    copy_bytes,
    fetch_add,
    lanes_between,
    lowest_bit,
    octet_within,
    sad,
)


@kernel
def compiled_octet_within(cells, tiles, groups, limit):
    return octet_within(cells, 16 * groups, tiles, 64 * groups, groups, limit)


@kernel
def compiled_lanes_between(values, low, high):
    return lanes_between(values, 64, low, high)


@kernel
def compiled_sad(a, b, lines):
    return sad(a, 64 * lines, b, 192 * lines, lines)


@kernel
def compiled_copy_bytes(target, source, count):
    copy_bytes(target, target.shape[1], source, 2 * target.shape[1], count)


@kernel
def compiled_lowest_bit(mask):
    return lowest_bit(mask)


@parallel_kernel
def take_chunks(threads, chunks):
    counter = np.zeros(1, np.int64)
    taken = np.full((threads, chunks), -1)
    for thread in prange(threads):
        chunk = fetch_add(counter)
        while chunk < chunks:
            taken[thread, chunk] = chunk
            chunk = fetch_add(counter)
    return taken


def bits_of(mask):
    return [bool(int(mask) >> j & 1) for j in range(64)]


@st.composite
def arrays(draw):
    """Return a random generator and an upper limit of byte values."""
    random = np.random.default_rng(draw(st.integers(0, 999)))
    return random, draw(st.sampled_from([2, 256]))


@given(arrays(), st.integers(1, 20), st.data())
@settings(max_examples=50)
def test_octet_within_compares_eight_tiles(source, groups, data):
    random, high = source
    cells = random.integers(0, high, (3, 8 * groups), np.uint8)
    tiles = random.integers(0, high, (2, groups, 8, 8), np.uint8)
    differences = tiles[1].astype(int) - cells[2].reshape(groups, 1, 8)
    sads = np.abs(differences).sum(axis=(0, 2))
    limits = [-1, int(sads.min()), int(np.median(sads))]
    limit = data.draw(st.sampled_from(limits))
    mask = compiled_octet_within(cells, tiles, groups, limit)
    assert bits_of(mask) == [*(sads <= limit), *[False] * 56]


@given(arrays())
def test_lanes_between_excludes_the_lower_and_includes_the_upper_bound(source):
    random, _ = source
    values = random.integers(0, 2**31, (3, 64), np.int32)
    low, high = np.sort(values[1, :2])
    expected = [low < value <= high for value in values[1]]
    assert bits_of(compiled_lanes_between(values, low, high)) == expected


@given(arrays(), st.integers(1, 3))
def test_sad_equals_the_reference(source, lines):
    random, high = source
    a, b = random.integers(0, high, (2, 4, 64 * lines), np.uint8)
    assert compiled_sad(a, b, lines) == reference.sad(a[1], b[3])


@given(arrays(), st.sampled_from([0, 5, 16, 48, 63]))
def test_copy_bytes_copies_this_many_bytes_and_no_others(source, count):
    random, high = source
    original = random.integers(0, high, (4, 64), np.uint8)
    copy = np.zeros_like(original)
    compiled_copy_bytes(copy, original, count)
    np.testing.assert_array_equal(copy[1, :count], original[2, :count])
    copy[1, :count] = 0
    assert not copy.any()


@given(st.integers(1, 2**64 - 1))
def test_lowest_bit_finds_the_lowest_set_bit(mask):
    assert compiled_lowest_bit(np.uint64(mask)) == bin(mask)[::-1].index("1")


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_fetch_add_gives_every_number_to_exactly_one_thread(threads):
    taken = take_chunks(threads, 5000)
    assert sorted(taken[taken >= 0]) == list(range(5000))
