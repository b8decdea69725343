"""A mosaic with its photos on disk."""

import numpy as np
import pytest

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.mosaic import make_mosaic
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import MosaicOptions, TileSetSettings
from pigeonhole.tiles.cut import cut_tiles


@pytest.fixture
def mosaic_of_photos(tmp_path):
    """Return a function that makes mosaics of twelve noisy photos in `tmp_path`.

    It returns mosaic, photos and target.
    """
    random = np.random.default_rng(3)
    photos = []
    for number in range(12):
        image = random.normal(20 * number + 15, 12, (44, 33, 3)).clip(0, 255)
        write_png(tmp_path / f"{number:02}.png", image.astype(np.uint8))
        facts = ("demo", "Ann", "", "", "", "CC0", 33, 44, "")
        photos.append(PhotoRow(f"{number:02}.png", *facts))
    target = random.integers(0, 256, (40, 42, 3), np.uint8)

    def make(color=True, **options):
        settings = TileSetSettings(
            cut="photos", size=Size(6, 8), color=color, variants=1
        )
        tile_set = cut_tiles(settings, 0.0, photos, [], tmp_path)
        return make_mosaic(target, tile_set, MosaicOptions(**options)), photos, target

    return make
