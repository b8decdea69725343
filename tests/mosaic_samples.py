"""Small tile sets and targets for tests."""

import numpy as np

from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.crops import iter_crops


def sample_tile_set(tiles, **fields):
    """Return a tile set whose rows all have the same credit."""
    defaults = {
        "id": "abc",
        "photo": "p.jpg",
        "source": "pexels",
        "photographer": "Ann",
        "photographer_url": "https://pexels.com/@ann",
        "page_url": "https://pexels.com/1",
        "license": "Pexels license",
    }
    rows = [
        TileRow(
            tile=number,
            source_id=str(number),
            **dict.fromkeys(("x", "y", "rotation"), 0),
            **dict.fromkeys(("width", "height"), 9),
            **{**defaults, **fields},
        )
        for number in range(len(tiles))
    ]
    return TileSet(tiles, rows)


def half_flat_scene(seed=5, color=(3,), tiles=25):
    """Return a target of 24x24 pixels with a flat left half, and tiles of 8x8."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 256, (24, 24, 3), np.uint8)
    target[:, :12] = 100
    images = random.integers(0, 256, (tiles, 8, 8, *color), np.uint8)
    return target, sample_tile_set(images)


def random_scene(color=(3,), seed=1, tiles=30):
    """Return a target of 30x24 pixels and tiles of 3x4, all random."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 256, (24, 30, 3), np.uint8)
    images = random.integers(0, 256, (tiles, 4, 3, *color), np.uint8)
    return target, sample_tile_set(images)


def load_crops(rows, photos, folder, size, *, color=True):
    """Return the crops of tiles at a given size, in the order of the rows."""
    crops = dict(iter_crops(rows, photos, folder, size, color=color))
    return np.stack([crops[index] for index in range(len(rows))])
