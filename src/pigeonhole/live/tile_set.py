"""Tile sets, made ready for frames."""

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cached_property

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size
from pigeonhole.core.jit import alone
from pigeonhole.imaging.resize import resize, to_grey
from pigeonhole.live.guests.guests import Guests
from pigeonhole.live.guests.slots import Seats, weave
from pigeonhole.live.strategies import chooser
from pigeonhole.matching import TileIndex, cells_of
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.matching.tone import ToneCurve, Tones, brightness
from pigeonhole.settings import LiveSettings
from pigeonhole.tiles import TileRow, TileSet

# Not every threading layer of Numba bears two callers at once.
_KERNELS = threading.Lock()

SHARED = 32_000_000
"""Pairs of a cell and a tile from which on a frame is shared over threads. Below, on a
machine whose cores are busy, the wait for the other threads costs more than they do:
1.6 ms become 14."""


class LiveTiles:
    """
    A tile set ready for frames whose cells have one size; never changed once made.

    Parameters
    ----------
    name : str
    tile_set : TileSet
    cell : Size
        Of a cell in the frame; tiles of another size are resized to be compared.
    settings : LiveSettings
        `match`, `reuse` and `scale` count.
    guests : Guests, optional
        Who join while it runs.
    index : TileIndex, optional
        Of the tile set's own tiles, if there is one already.

    Attributes
    ----------
    tile_set : TileSet
        As it was cut, with a ledger row for each tile.
    drawn : uint8 array, shape (n, scale * cell height, scale * cell width[, 3])
        What a mosaic consists of.
    """

    def __init__(
        self,
        name: str,
        tile_set: TileSet,
        cell: Size,
        settings: LiveSettings,
        guests: Guests | None = None,
        index: TileIndex | None = None,
    ) -> None:
        self.name = name
        self.tile_set = tile_set
        self.cell = cell
        self._count = len(tile_set.tiles)
        self.drawn = _resized(
            tile_set.tiles, settings.scale * cell.width, settings.scale * cell.height
        )
        self._compared = _resized(tile_set.tiles, *cell)
        self._once = settings.reuse.limited
        with _KERNELS:
            self._choose = chooser(self._compared, settings, index)
            self._seats = self._behind(guests) if guests else None

    def __len__(self) -> int:
        return self._count

    @property
    def numbers(self) -> int:
        """Return how many numbers a placement can hold, those of guests included."""
        return len(self._compared)

    @property
    def rows(self) -> Sequence[TileRow]:
        """Return whom each tile is from."""
        return self.tile_set.rows

    @property
    def colour(self) -> bool:
        """Return whether the tiles, and so the mosaics, have colours."""
        return self._compared.ndim == 4

    @cached_property
    def tones(self) -> Tones:
        """Return the tiles' brightness, sorted."""
        return np.sort(brightness(self.tile_set.tiles))

    def toned(self, frame: Picture, share: float) -> Picture:
        """
        Fit a frame's brightness to what the tiles can show.

        Parameters
        ----------
        frame : uint8 array, as in `place`
        share : float
            0 leaves it as it is, 1 spreads its cells' brightness as the tiles'.
        """
        if not share:
            return frame
        rows, columns = frame.shape[:2]
        cells = resize(
            to_grey(frame), columns // self.cell.width, rows // self.cell.height
        )
        want = cells.ravel().astype(np.float64)
        return ToneCurve.between(want, self.tones, share).apply(frame)

    def place(
        self, frame: Picture, before: Placement | None = None, steadiness: float = 0.0
    ) -> Placement:
        """
        Choose a tile for every cell of a frame.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])
            Grey for grey tiles.
        before : int64 array, shape (rows, columns), optional
            What was placed on the frame before.
        steadiness : float
            The tile before stays unless the new one is nearer by this share.
        """
        cells = frame.shape[0] // self.cell.height * (frame.shape[1] // self.cell.width)
        with _KERNELS, alone() if cells * len(self) < SHARED else nullcontext():
            return self._choose(frame, before, steadiness)

    def with_guests(
        self,
        frame: Picture,
        plain: Placement,
        before: Placement | None,
        steadiness: float,
    ) -> Placement:
        """
        Put the guests who are there among the tiles of a placement; see `weave`.

        Parameters
        ----------
        frame : uint8 array, as in `place`
        plain : int64 array, shape (rows, columns)
            What `place` chose.
        before : int64 array, shape (rows, columns), optional
            What this returned for the frame before.
        steadiness : float
        """
        if self._seats is None or not len(taken := self._seats.taken):
            return plain
        grid = cells_of(frame, self.cell.height, self.cell.width)
        cells = grid.reshape(-1, *grid.shape[2:])
        with _KERNELS:
            costs = self._seats.costs(cells, taken)
            distances = paired_distances(
                cells.reshape(len(cells), -1),
                self._compared.reshape(self.numbers, -1),
                plain.ravel(),
            )
        numbers = self._count + taken
        return weave(
            plain, distances, costs, numbers, before, steadiness, once=self._once
        )

    def _behind(self, guests: Guests) -> Seats:
        """Make room for guests behind the tiles."""
        room = ((0, guests.most), *((0, 0),) * (self.drawn.ndim - 1))
        self.drawn = np.pad(self.drawn, room)
        self._compared = np.pad(self._compared, room)
        seats = Seats(
            self.name, self._compared[self._count :], self.drawn[self._count :]
        )
        guests.attach(seats)
        return seats


def _resized(tiles: Picture, width: int, height: int) -> Picture:
    if tiles.shape[1:3] == (height, width):
        return tiles
    return np.stack([resize(tile, width, height) for tile in tiles])
