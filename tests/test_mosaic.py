import csv
import dataclasses

import numpy as np
import pytest
import reference
from PIL import Image

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_png
from pigeonhole.matching.assignment import TooFewTiles
from pigeonhole.mosaic import fit_to_grid, make_mosaic, read_target
from pigeonhole.mosaic.credits import credits_page
from pigeonhole.settings import SAMPLES, LookSettings, ReuseSettings
from pigeonhole.tiles import TileRow, TileSet


def tile_set(tiles, **facts):
    usual = {
        "id": "abc",
        "photo": "p.jpg",
        "source": "pexels",
        "photographer": "Ann",
        "photographer_url": "https://pexels.com/@ann",
        "page_url": "https://pexels.com/1",
        "licence": "Pexels licence",
    }
    rows = [
        TileRow(tile=number, x=0, y=0, width=9, height=9, **{**usual, **facts})
        for number in range(len(tiles))
    ]
    return TileSet(tiles, rows)


@pytest.mark.parametrize("colour", [(), (3,)])
def test_every_cell_holds_the_nearest_tile(tmp_path, colour):
    random = np.random.default_rng(1)
    tiles = random.integers(0, 256, (30, 4, 3, *colour), np.uint8)
    frame = random.integers(0, 256, (20, 18, 3), np.uint8)
    mosaic = make_mosaic(frame, tile_set(tiles))
    mosaic.save(tmp_path / "mosaic.png", tmp_path / "placement.csv")

    from pigeonhole.imaging.resize import to_grey

    seen = frame if colour else to_grey(frame)
    expected = reference.place(seen, tiles)
    picture = np.asarray(Image.open(tmp_path / "mosaic.png"))
    with (tmp_path / "placement.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == expected.size
    for row in rows:
        y, x = int(row["row"]), int(row["column"])
        cell = (slice(4 * y, 4 * y + 4), slice(3 * x, 3 * x + 3))
        assert int(row["tile"]) == expected[y, x]
        assert int(row["distance"]) == reference.sad(seen[cell], tiles[expected[y, x]])
        np.testing.assert_array_equal(picture[cell], tiles[expected[y, x]])
        assert (row["tile_id"], row["photo"], row["photographer"]) == (
            "abc",
            "p.jpg",
            "Ann",
        )


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_photos_are_targets(name):
    picture = read_target(name, 10**8)
    assert picture.dtype == np.uint8
    assert picture.shape[2:] == (3,)


def test_a_file_is_a_target(tmp_path):
    write_png(tmp_path / "t.png", np.full((7, 5), 99, np.uint8))
    assert (
        read_target(str(tmp_path / "t.png"), 100).tolist()
        == np.full((7, 5, 3), 99).tolist()
    )


@pytest.mark.parametrize(
    ("shape", "tile", "width", "size"),
    [
        ((512, 512), Size(12, 16), 1200, (1200, 1200)),
        ((300, 400), Size(12, 16), 140, (112, 144)),
        ((10, 1000), Size(12, 16), 12, (16, 12)),
        ((1000, 10), Size(16, 12), 20, (1596, 16)),
    ],
)
def test_a_grid_is_near_the_wished_size(shape, tile, width, size):
    fitted = fit_to_grid(np.zeros((*shape, 3), np.uint8), tile, width)
    assert fitted.shape[:2] == size


def test_credits_name_everyone_once_and_escape_names():
    tiles = np.zeros((3, 2, 2), np.uint8)
    ann = tile_set(tiles)
    bo = tile_set(
        tiles[:1],
        photo="b[1].jpg",
        photographer="Bo *the\n# great*",
        photographer_url="javascript:alert(1)",
        page_url="https://x/a (1)",
        source="folder",
        licence="",
    )
    page = credits_page({"faces": [*ann.rows, *bo.rows], "live": ann.rows})
    assert "## Photos by [Ann](https://pexels.com/@ann) on [Pexels]" in page
    assert page.count("Ann") == 1
    assert "- [p.jpg](https://pexels.com/1): 6 tiles" in page
    assert "## Photos by Bo \\*the \\# great\\*\n\nLicence: unknown" in page
    assert "- [b\\[1\\].jpg](https://x/a%20%281%29): 1 tile\n" in page
    assert "javascript" not in page
    assert "Tile set `faces`: 4 tiles from 2 photos." in page


def test_a_tile_set_needs_a_row_for_each_tile():
    ann = tile_set(np.zeros((3, 2, 2), np.uint8))
    with pytest.raises(ValueError, match="3 tiles have 2 rows"):
        dataclasses.replace(ann, rows=ann.rows[:2])


@pytest.mark.parametrize("match", ["exact", "mixed"])
def test_limits_on_reuse_hold_and_their_gap_is_told(match):
    random = np.random.default_rng(4)
    tiles = random.integers(0, 256, (30, 4, 3, 3), np.uint8)
    frame = random.integers(0, 256, (20, 18, 3), np.uint8)
    looks = LookSettings(match=match, reuse=ReuseSettings(at_most=1))
    mosaic = make_mosaic(frame, tile_set(tiles), looks)
    assert mosaic.uses().max() == 1
    assert mosaic.gap == 0
    free = make_mosaic(frame, tile_set(tiles), LookSettings(match=match))
    assert free.distances.sum() < mosaic.distances.sum() or match == "mixed"


def test_a_pool_too_small_for_the_limits_is_refused():
    tiles = np.zeros((5, 4, 3, 3), np.uint8)
    looks = LookSettings(reuse=ReuseSettings(at_most=1))
    with pytest.raises(TooFewTiles, match="25 tiles are missing"):
        make_mosaic(np.zeros((20, 18, 3), np.uint8), tile_set(tiles), looks)


def test_short_cuts_have_no_gap_to_tell():
    tiles = np.zeros((5, 4, 3, 3), np.uint8)
    mosaic = make_mosaic(
        np.zeros((4, 3, 3), np.uint8), tile_set(tiles), LookSettings(match="mean")
    )
    assert mosaic.gap is None
