"""Test the advice on missing tiles."""

import numpy as np
import pytest
from mosaic_samples import sample_tile_set

from pigeonhole.mosaic import Advice, make_mosaic
from pigeonhole.mosaic.quality import quality


@pytest.mark.parametrize(
    ("cells", "tiles", "text"),
    [
        (
            [1234, 0, 5] + [0] * 7,
            [4] + [0] * 9,
            "about 120 more tiles darker than L 10",
        ),
        ([0] * 10, [0] * 10, "enough tiles of every lightness"),
        ([10] * 10, [1] * 10, "enough tiles of every lightness"),
        ([11] * 10, [1] * 10, "about 10 more tiles of every lightness"),
        ([0] * 9 + [20], [0] * 9 + [1], "about 1 more tile lighter than L 90"),
        (
            [100, 100, 0, 0, 0, 30, 0, 0, 0, 500],
            [0] * 10,
            "about 3 more tiles between L 50 and L 60 and about 50 more tiles lighter",
        ),
    ],
)
def test_the_sentence_names_the_missing_tiles(cells, tiles, text):
    assert text in Advice(np.array(cells), np.array(tiles)).sentence()


def test_a_range_needs_one_tile_for_every_ten_cells():
    advice = Advice(
        np.array([101, 10, 0, 1, 0, 0, 0, 0, 0, 0]),
        np.array([3, 1, 8, 0, 0, 0, 0, 0, 0, 0]),
    )
    assert advice.needed.tolist() == [11, 1, 0, 1, 0, 0, 0, 0, 0, 0]
    assert advice.missing.tolist()[:4] == [8, 0, 0, 1]


def test_advice_counts_lightness_and_is_logged(caplog):
    target = np.zeros((40, 30, 3), np.uint8)
    tiles = sample_tile_set(np.full((3, 4, 3, 3), 255, np.uint8))
    with caplog.at_level("INFO"):
        mosaic = make_mosaic(target, tiles)
    assert mosaic.advice.cells.tolist() == [100] + [0] * 9
    assert mosaic.advice.tiles.tolist() == [0] * 9 + [3]
    assert "about 10 more tiles darker than L 10" in caplog.text
    assert quality(mosaic, target)["advice"] == mosaic.advice.sentence()
