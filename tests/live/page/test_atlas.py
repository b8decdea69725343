import numpy as np
from live_samples import make_tile_set, random_tiles

from pigeonhole.core.geometry import Size
from pigeonhole.live.page.atlas import AtlasPages


def tile_width(tile_set, cell_size):
    facts = AtlasPages("a", tile_set, cell_size).facts()
    return facts["atlas"]["width"]


def test_a_large_atlas_is_reduced_but_not_below_the_cell_size():
    few = make_tile_set(random_tiles(4, (60, 80)))
    assert tile_width(few, Size(8, 6)) == 80
    many = make_tile_set(np.zeros((700, 300, 400), np.uint8))
    assert tile_width(many, Size(8, 6)) == 200
    assert tile_width(many, Size(400, 300)) == 400
