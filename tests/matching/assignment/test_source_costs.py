"""Test the costs of sources, which have several tiles."""

import numpy as np
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_samples import flat, image_stacks

from pigeonhole.matching.assignment.problem import pad_images
from pigeonhole.matching.assignment.source_costs import (
    least_differences,
    least_distances,
)


@given(image_stacks(max_side=4, max_count=20), st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=40)
def test_costs_of_sources_equal_the_reference(stacks, count, seed):
    cells, tiles = stacks
    # Each source has a tile.
    sources = np.random.default_rng(seed).integers(0, count, len(tiles))
    _, sources = np.unique(sources, return_inverse=True)
    expected = reference.source_costs(reference.cost_matrix(cells, tiles), sources)
    count = int(sources.max()) + 1
    rows = (flat(stack).astype(np.int64) for stack in (cells, tiles))
    for found in (
        least_distances(pad_images(cells), pad_images(tiles), sources, count),
        least_differences(*rows, sources, count),
    ):
        np.testing.assert_array_equal(found, expected)
