"""Tile sets are read as they were written, and damage is reported."""

import dataclasses

import numpy as np
import pytest

from pigeonhole.core.errors import TileError
from pigeonhole.core.geometry import Box, Size
from pigeonhole.tiles import TileRow, TileSet
from pigeonhole.tiles.tileset import UnreadableTileSet


@pytest.fixture
def tile_set():
    rng = np.random.default_rng(0)
    credit = ("demo", "Ann", "https://a", "https://p", "CC0")
    rows = [
        TileRow(0, "ab", "ab", "a é.jpg", 1, 2, 3, 4, 0, *credit),
        TileRow(1, "cd", "cd", "b,c.jpg", 5, 6, 7, 8, -7, *credit),
    ]
    return TileSet(rng.integers(0, 256, (2, 4, 3, 3), np.uint8), rows)


def test_a_tile_set_round_trips(tmp_path, tile_set):
    tile_set.save(tmp_path / "faces.npz")
    loaded = TileSet.load(tmp_path / "faces.npz")
    np.testing.assert_array_equal(loaded.tiles, tile_set.tiles)
    assert loaded.rows == tile_set.rows
    assert loaded.size == Size(3, 4)
    assert loaded.rows[1].crop == Box(5, 6, 7, 8)
    content = (tmp_path / "faces.npz").read_bytes()
    tile_set.save(tmp_path / "faces.npz")
    assert (tmp_path / "faces.npz").read_bytes() == content


def test_sources_are_numbered_in_the_order_of_their_first_tiles(tile_set):
    first, second = tile_set.rows
    variant = dataclasses.replace(first, tile=2, id="ef")
    rows = [second, first, variant]
    sources = TileSet(tile_set.tiles[[1, 0, 0]], rows).sources
    assert sources.dtype == np.int64
    assert sources.tolist() == [0, 1, 1]
    repeated = TileSet(tile_set.tiles[[1, 0, 0, 1, 0, 0]], rows * 2)
    assert repeated.sources.tolist() == [0, 1, 1, 0, 1, 1]


def test_the_bounds_contain_a_rotated_crop(tile_set):
    assert tile_set.rows[0].bounds == tile_set.rows[0].crop
    assert tile_set.rows[1].bounds == Box(4, 5, 9, 10)


def test_files_without_read_permission_are_not_called_damaged(
    tmp_path, tile_set, monkeypatch
):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    tile_set.save(tmp_path / "a.npz")
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(TileError, match=r"a\.npz can't be read: permission denied\.$"):
        TileSet.load(tmp_path / "a.npz")


def test_each_tile_needs_a_row(tile_set):
    with pytest.raises(ValueError, match="2 tiles have 1 rows"):
        TileSet(tile_set.tiles, tile_set.rows[:1])


@pytest.mark.parametrize(
    "damage",
    ["truncated", "empty", "too few rows", "old columns", "no npz", "no csv"],
)
def test_a_damaged_tile_set_is_reported(tmp_path, tile_set, damage):
    path = tmp_path / "faces.npz"
    tile_set.save(path)
    table = path.with_suffix(".csv")
    {
        "truncated": lambda: path.write_bytes(path.read_bytes()[:-50]),
        "empty": lambda: path.write_bytes(b""),
        "too few rows": lambda: table.write_text(table.read_text().split("\n")[0]),
        "old columns": lambda: table.write_text(
            table.read_text().replace("source_id", "other")
        ),
        "no npz": path.unlink,
        "no csv": table.unlink,
    }[damage]()
    with pytest.raises(UnreadableTileSet, match=r"faces\.npz can't be used.*snakemake"):
        TileSet.load(path)
