"""Tile ids are as short as the birthday bound allows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.birthday.theory import collision_probability
from pigeonhole.tiles import ids
from pigeonhole.tiles.ids import IdCollision, id_length, tile_id, tile_ids


@given(st.integers(0, 10**7))
def test_ids_have_the_length_of_the_birthday_bound(tiles):
    length = id_length(tiles)
    assert collision_probability(tiles, 32**length) < 1e-9
    assert length == 1 or collision_probability(tiles, 32 ** (length - 1)) >= 1e-9


def test_an_id_depends_on_every_pixel_and_the_shape():
    tile = np.zeros((3, 4), np.uint8)
    other = tile.copy()
    other[2, 3] = 1
    ids = {tile_id(tile, 10), tile_id(other, 10), tile_id(tile.reshape(4, 3), 10)}
    assert len(ids) == 3
    assert all(len(value) == 10 for value in ids)


def test_a_collision_of_ids_is_reported(monkeypatch):
    """33 tiles can't have different ids of one character."""
    monkeypatch.setattr(ids, "id_length", lambda tiles: 1)
    tiles = np.arange(33, dtype=np.uint8).reshape(33, 1, 1)
    values = [tile_id(tile, 1) for tile in tiles]
    repeated = next(value for value in values if values.count(value) > 1)
    with pytest.raises(IdCollision, match=f"have the id {repeated}"):
        tile_ids(tiles)
