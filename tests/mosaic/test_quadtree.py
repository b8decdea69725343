"""Test where quadtrees are split."""

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from mosaic_samples import half_flat_scene

from pigeonhole.core.errors import SettingsError
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.quadtree import _cheapest_tree, _count_cells, find_splits
from pigeonhole.settings import MosaicOptions, Settings


def test_cells_are_small_where_there_is_detail():
    target, tiles = half_flat_scene()
    tiles.tiles[0] = 100
    mosaic = make_mosaic(target, tiles, MosaicOptions(layout="quadtree", cells=45))
    assert len(mosaic.layout) == 45
    widths_at_left = dict.fromkeys((8, 4, 2), 0)
    for _, column, _, width in mosaic.layout.boxes.tolist():
        widths_at_left[width] += column < 8
    assert widths_at_left == {8: 3, 4: 0, 2: 0}


@pytest.mark.parametrize("cells", [3, 145])
def test_impossible_numbers_of_cells_are_rejected(cells):
    target, tiles = half_flat_scene()
    options = MosaicOptions(layout="quadtree", cells=cells)
    message = "from 9 cells of 8x8 to 144 cells of 2x2"
    with pytest.raises(SettingsError, match=message) as caught:
        make_mosaic(target, tiles, options)
    assert (caught.value.key, caught.value.value) == ("mosaic.cells", cells)


def test_tiles_that_cannot_be_halved_are_rejected():
    target, tiles = half_flat_scene()
    message = "a tile of 8x8 can't be halved 4 times: make its sides multiples of 16"
    with pytest.raises(SettingsError, match=message):
        make_mosaic(target, tiles, MosaicOptions(layout="quadtree", levels=5))
    with pytest.raises(SettingsError, match="a tile of 12x16 can't be halved 3 times"):
        Settings.model_validate({"mosaic": {"layout": "quadtree", "levels": 4}})


@given(st.integers(0, 999), st.integers(1, 2), st.integers(2, 3))
def test_the_tree_is_the_cheapest_at_its_price(seed, columns, levels):
    random = np.random.default_rng(seed)
    costs = [
        random.integers(0, 40, (1 << level, columns << level))
        for level in range(levels)
    ]
    for cells in range(columns, columns * 4 ** (levels - 1) + 1):
        splits = find_splits(costs, cells)
        assert cells - 2 <= _count_cells(splits) <= cells
    all_trees = [reference.all_trees(costs, 0, column) for column in range(columns)]
    for price in (0, 3, 10, 1000):
        best = sum(min(cost + price * n for cost, n in trees) for trees in all_trees)
        splits = _cheapest_tree(costs, price)
        assert reference.tree_cost(costs, splits, price) == best
