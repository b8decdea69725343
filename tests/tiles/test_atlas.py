"""Tiles are arranged on the pages of an atlas."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.tiles.atlas import PageGrid, atlas_pages, atlas_sizes, size_for_pixels


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 60), st.integers(1, 40))
def test_every_tile_is_on_its_page(width, height, count, side):
    tiles = np.arange(count * height * width * 3, dtype=np.uint8)
    tiles = tiles.reshape(count, height, width, 3)
    grid = PageGrid.of(Size(width, height), count, side)
    pages = list(atlas_pages(tiles, grid))
    assert len(pages) == grid.pages
    for number, tile in enumerate(tiles):
        page, position = divmod(number, grid.per_page)
        row, column = divmod(position, grid.columns)
        top, left = row * height, column * width
        on_page = pages[page][top : top + height, left : left + width]
        np.testing.assert_array_equal(on_page, tile)
    for page in pages:
        assert page.shape[1] <= max(side, width)
        assert page.shape[0] <= max(side, height)


def test_sizes_double_up_to_the_limits():
    sizes = atlas_sizes(Size(12, 16), 100, Size(600, 800))
    assert sizes == [(24, 32), (48, 64), (96, 128)]
    assert atlas_sizes(Size(12, 16), 100, Size(40, 53)) == [(24, 32)]
    assert atlas_sizes(Size(12, 16), 20_000, Size(600, 800)) == [(24, 32)]
    assert atlas_sizes(Size(100, 100), 1, Size(600, 600)) == []


def test_the_size_for_a_number_of_pixels():
    assert size_for_pixels(Size(12, 16), 100, 100 * 48 * 64) == (48, 64)
    assert size_for_pixels(Size(12, 16), 10**6, 1) == (1, 1)
