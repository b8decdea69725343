"""Test that a written placement is read back unchanged."""

import numpy as np
import pytest
from mosaic_samples import half_flat_scene

from pigeonhole.core.geometry import Size
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.placement_table import read_placement
from pigeonhole.settings import MosaicOptions

LAYOUTS = {
    "brick": MosaicOptions(layout="brick", mirror=True),
    "quadtree": MosaicOptions(layout="quadtree", cells=45, mirror=True),
}


@pytest.mark.parametrize("options", LAYOUTS.values(), ids=LAYOUTS)
def test_a_placement_is_read_as_it_was_written(tmp_path, options):
    target, tiles = half_flat_scene()
    mosaic = make_mosaic(target, tiles, options)
    mosaic.save_placement(tmp_path / "p.csv")
    layout, placement, distances = read_placement(
        tmp_path / "p.csv", Size(24, 24), len(tiles.rows)
    )
    np.testing.assert_array_equal(layout.boxes, mosaic.layout.boxes)
    np.testing.assert_array_equal(layout.labels, mosaic.layout.labels)
    np.testing.assert_array_equal(placement, mosaic.placement)
    np.testing.assert_array_equal(distances, mosaic.distances)


def test_a_plain_placement_is_read_as_a_grid(tmp_path):
    target, tiles = half_flat_scene()
    mosaic = make_mosaic(target, tiles)
    mosaic.save_placement(tmp_path / "p.csv")
    layout, placement, _ = read_placement(tmp_path / "p.csv", Size(24, 24), 25)
    assert layout.grid == (3, 3)
    np.testing.assert_array_equal(placement, mosaic.placement)
