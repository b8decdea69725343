"""Descriptors of the perceptual mode for single cells."""

import numpy as np
import reference
from hypothesis import given
from hypothesis import strategies as st
from matching_samples import image_stacks

from pigeonhole.matching import TileIndex
from pigeonhole.matching.perceptual.lowpass import append_block_means


@given(
    image_stacks(max_side=5, max_count=6), st.sampled_from([0.0, 0.1, 0.5, 0.77, 1.0])
)
def test_the_distance_of_descriptors_is_the_weighted_error(pair, weight):
    cells, tiles = (append_block_means(stack, weight) for stack in pair)
    np.testing.assert_array_equal(
        reference.cost_matrix(cells, tiles), reference.single_cell_costs(*pair, weight)
    )


def test_an_ordinary_index_accepts_the_descriptors():
    random = np.random.default_rng(6)
    tiles = random.integers(0, 256, (9, 5, 7, 3), np.uint8)
    descriptors = append_block_means(tiles, 1)
    numbers, distances = TileIndex(descriptors).nearest(descriptors)
    np.testing.assert_array_equal(numbers, range(9))
    assert not distances.any()
