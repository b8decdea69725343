"""Short tile ids, no longer than the birthday bound requires."""

import base64
import hashlib
from collections import Counter

from pigeonhole.birthday.theory import collision_probability
from pigeonhole.core.arrays import Image
from pigeonhole.core.errors import TileError

MAX_COLLISION_PROBABILITY = 1e-9
"""Accepted probability that any two tiles of a set have the same id."""


class IdCollision(TileError):
    """Two different tiles have the same id."""

    def __init__(self, collision: str) -> None:
        super().__init__(
            f"two different tiles have the id {collision}: change the tile size "
            "slightly."
        )


def id_length(tiles: int) -> int:
    """
    Return the length of ids in base32 characters of 5 bits.

    It is the shortest length for which the probability of any collision among `tiles`
    tiles stays below `MAX_COLLISION_PROBABILITY`.
    """
    length = 1
    while collision_probability(tiles, 32**length) >= MAX_COLLISION_PROBABILITY:
        length += 1
    return length


def tile_id(tile: Image, length: int) -> str:
    """Return the first `length` base32 characters of the SHA-256 of a tile's pixels."""
    digest = hashlib.sha256(repr(tile.shape).encode() + tile.tobytes()).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def tile_ids(tiles: Image) -> list[str]:
    """Return the ids of different tiles; raise IdCollision in the unlikely case."""
    length = id_length(len(tiles))
    ids = [tile_id(tile, length) for tile in tiles]
    for value, count in Counter(ids).items():
        if count > 1:
            raise IdCollision(value)
    return ids
