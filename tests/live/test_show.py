import numpy as np
import pytest
import reference
from live_samples import (
    make_session,
    make_settings,
    open_sample_source,
    random_tiles,
    save_tiles,
)

from pigeonhole.imaging.resize import to_gray
from pigeonhole.live.show import load_tile_sets
from pigeonhole.matching import TileIndex
from pigeonhole.matching.modes import exact


@pytest.mark.parametrize("cell_size", [None, "16x12"])
def test_a_saved_index_is_used_if_it_fits_the_cells(cell_size, tmp_path, monkeypatch):
    tiles = random_tiles()
    sizes = {"cell_size": cell_size, "frame_size": "64x48"}
    frame = to_gray(next(iter(open_sample_source(frame_size="64x48"))).image)
    expected = make_session(tiles, **sizes).tile_sets.get("0").place(frame)
    path = save_tiles(tmp_path / "0.npz", tiles)
    TileIndex(tiles).save(path.with_suffix(".index"))
    built = []
    monkeypatch.setattr(
        exact, "TileIndex", lambda tiles: built.append(1) or TileIndex(tiles)
    )
    tile_set = load_tile_sets([path], make_settings(**sizes)).get("0")
    assert len(built) == (cell_size is not None)
    np.testing.assert_array_equal(tile_set.place(frame), expected)


@pytest.mark.parametrize("damage", ["other tiles", "bytes"])
def test_an_index_that_does_not_fit_the_tiles_is_rebuilt(tmp_path, damage):
    path = save_tiles(tmp_path / "0.npz", random_tiles())
    if damage == "bytes":
        path.with_suffix(".index").write_bytes(b"damaged")
    else:
        TileIndex(random_tiles(seed=7)).save(path.with_suffix(".index"))
    frame = to_gray(next(iter(open_sample_source())).image)
    np.testing.assert_array_equal(
        load_tile_sets([path], make_settings()).get("0").place(frame),
        reference.place(frame, random_tiles()),
    )


def test_tile_sets_are_named_by_their_files_or_by_paths_if_names_repeat(tmp_path):
    paths = [tmp_path / name for name in ("a/x.npz", "b/x.npz", "y.npz")]
    for path in paths:
        save_tiles(path, random_tiles())
    names = load_tile_sets(paths, make_settings()).names
    assert names == (str(paths[0]), str(paths[1]), "y")
