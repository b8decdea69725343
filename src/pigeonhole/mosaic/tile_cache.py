"""Keep what follows from a tile set alone for the next mosaic of its tiles."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cached_property
from typing import Protocol, TypeVar, cast

import numpy as np

from pigeonhole.tiles import TileSet

MAX_KEPT_BYTES = 600_000_000
"""Memory of kept values; beyond it, those that were used least recently are dropped."""


class Sized(Protocol):
    """A value that knows its memory, such as an array."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


Kept = TypeVar("Kept", bound=Sized)


class TileCache:
    """
    The tiles of one set, at the sizes of cells and ready to be compared with them.

    Parameters
    ----------
    tile_set : TileSet
        Without mirror images.
    """

    def __init__(self, tile_set: TileSet) -> None:
        self.tile_set = tile_set
        self._values: OrderedDict[Hashable, Sized] = OrderedDict()

    @cached_property
    def mirrored(self) -> TileSet:
        """The tile set, followed by its mirror images."""
        return with_mirrors(self.tile_set)

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return the value of a key, which is made on first use."""
        if key not in self._values:
            self._values[key] = make()
            self._drop_oldest()
        self._values.move_to_end(key)
        return cast("Kept", self._values[key])

    def _drop_oldest(self) -> None:
        total = sum(value.nbytes for value in self._values.values())
        while total > MAX_KEPT_BYTES and len(self._values) > 1:
            total -= self._values.popitem(last=False)[1].nbytes


def with_mirrors(tile_set: TileSet) -> TileSet:
    """Return a tile set followed by its mirror images, which have the same rows."""
    mirrored = tile_set.tiles[:, :, ::-1]
    return replace(
        tile_set,
        tiles=np.concatenate([tile_set.tiles, mirrored]),
        rows=[*tile_set.rows, *tile_set.rows],
    )
