"""Short ids of tiles, as long as the birthday bound asks for and no longer."""

import base64
import hashlib
from collections.abc import Sequence

from pigeonhole.birthday import collision_probability
from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import TileError

RISK = 1e-9
"""Accepted chance that any two different tiles of a set share an id."""


class IdCollision(TileError):
    """Two different tiles have the same id."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"two different tiles have the id {name}: change the tile size a little."
        )


def id_length(tiles: int) -> int:
    """
    Return the shortest length of ids, in base32 characters of 5 bits.

    Parameters
    ----------
    tiles : int
        Size of the set. The chance that any two of them collide stays below `RISK`.
    """
    length = 1
    while collision_probability(tiles, 32**length) >= RISK:
        length += 1
    return length


def tile_id(tile: Picture, length: int) -> str:
    """Return the first `length` base32 characters of the SHA-256 of a tile's bytes."""
    digest = hashlib.sha256(repr(tile.shape).encode() + tile.tobytes()).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def tile_ids(tiles: Picture) -> list[str]:
    """
    Return the ids of different tiles.

    Raises
    ------
    IdCollision
        However unlikely: it is checked.
    """
    length = id_length(len(tiles))
    names = [tile_id(tile, length) for tile in tiles]
    _check_distinct(names)
    return names


def _check_distinct(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise IdCollision(name)
        seen.add(name)
