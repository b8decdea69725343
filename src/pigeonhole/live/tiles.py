"""Tile sets, made ready for frames."""

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from math import gcd

import numpy as np

from pigeonhole.errors import LiveError
from pigeonhole.faces import detector_of
from pigeonhole.images import Picture, resize
from pigeonhole.live.guests import Guests
from pigeonhole.live.seats import Seats, weave
from pigeonhole.matching import Matcher, cells_of, matcher
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.kernels import paired_distances
from pigeonhole.matching.reuse import LiveReuse, Reuse
from pigeonhole.settings import FaceSettings, LiveSettings, Size
from pigeonhole.tiles import TileRow, TileSet

# Not every threading layer of Numba bears two callers at once.
_KERNELS = threading.Lock()


LEAST_SIDE = 4
"""Pixels along a cell that smaller cells still have."""


class FrameMisfit(LiveError):
    """A frame isn't a whole number of cells."""

    def __init__(self, frame: Size, cell: Size) -> None:
        fitting = Size(
            max(1, round(frame.width / cell.width)) * cell.width,
            max(1, round(frame.height / cell.height)) * cell.height,
        )
        super().__init__(
            f"a frame of {frame} isn't a whole number of {cell} tiles each way: "
            f"take {fitting}."
        )


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
            self._place = _matcher(self._compared, settings)
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
        with _KERNELS:
            placement = self._place(frame)
            if before is None or not steadiness:
                return placement
            cells = cells_of(frame, self.cell.height, self.cell.width)
            rows = cells.reshape(placement.size, -1)
            tiles = self._compared.reshape(self.numbers, -1)
            now = paired_distances(rows, tiles, placement.ravel())
            kept = paired_distances(rows, tiles, before.ravel())
        stays = (now >= (1 - steadiness) * kept).reshape(placement.shape)
        return np.where(stays, before, placement)

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


def _matcher(tiles: Picture, settings: LiveSettings) -> Matcher:
    if settings.reuse.limited:
        return LiveReuse(
            tiles, Reuse(settings.reuse.at_most, settings.reuse.apart)
        ).place
    return matcher(settings.match, tiles)


def _resized(tiles: Picture, width: int, height: int) -> Picture:
    if tiles.shape[1:3] == (height, width):
        return tiles
    return np.stack([resize(tile, width, height) for tile in tiles])


class Palette:
    """
    The tile sets of a run, made ready when they are first asked for.

    Any thread may ask.

    Parameters
    ----------
    tile_sets : mapping of name to TileSet
    settings : LiveSettings

    Raises
    ------
    FrameMisfit
        The frame isn't a whole number of a set's cells.
    """

    def __init__(
        self, tile_sets: Mapping[str, TileSet], settings: LiveSettings
    ) -> None:
        self.names = tuple(tile_sets)
        self._sets = dict(tile_sets)
        self._settings = settings
        self._ready: dict[tuple[str, Size], LiveTiles] = {}
        self._change = threading.RLock()
        self.guests = _guests(tile_sets, settings) if settings.guests else None
        for name in self.names:
            cell = self._usual(name)
            if settings.frame.width % cell.width or settings.frame.height % cell.height:
                raise FrameMisfit(settings.frame, cell)

    def tiles(self, name: str, finer: int = 0) -> LiveTiles:
        """
        Return a tile set ready for its cells.

        Parameters
        ----------
        name : str
        finer : int
            Steps to smaller cells of the same shape, or to larger ones below 0; there
            are as many as fit into the frame.
        """
        key = name, self.cell(name, finer)
        with self._change:
            if key not in self._ready:
                self._ready[key] = LiveTiles(
                    name, self._sets[name], key[1], self._settings, self.guests
                )
            return self._ready[key]

    def cell(self, name: str, finer: int = 0) -> Size:
        """Return the size of a set's cells."""
        cells = self._cells(name)
        at = cells.index(self._usual(name)) + finer
        return cells[min(max(0, at), len(cells) - 1)]

    def steps(self, name: str) -> range:
        """Return the values of `finer` that differ."""
        cells = self._cells(name)
        usual = cells.index(self._usual(name))
        return range(-usual, len(cells) - usual)

    def replace(self, name: str, tile_set: TileSet) -> None:
        """
        Take another version of a set from the next frame on.

        All cell sizes in use are made ready first: no frame waits for it.
        """
        with self._change:
            before = [cell for known, cell in self._ready if known == name]
        made = {
            (name, cell): LiveTiles(name, tile_set, cell, self._settings)
            for cell in before
        }
        with self._change:
            self._sets[name] = tile_set
            self._ready = {
                key: tiles for key, tiles in self._ready.items() if key[0] != name
            } | made

    def _usual(self, name: str) -> Size:
        return self._settings.cell or self._sets[name].size

    def _cells(self, name: str) -> Sequence[Size]:
        return _filling(self._usual(name), self._settings.frame)


@cache
def _filling(usual: Size, frame: Size) -> Sequence[Size]:
    """Return the cells of the usual shape that fill the frame, the largest first."""
    step = gcd(*usual)
    sizes = {
        Size(times * usual.width // step, times * usual.height // step)
        for times in range(1, frame.width + 1)
    }
    fit = {s for s in sizes if min(s) >= LEAST_SIDE and _fills(s, frame)}
    return sorted({usual, *fit}, reverse=True)


def _guests(tile_sets: Mapping[str, TileSet], settings: LiveSettings) -> Guests:
    cuts = {name: (s.size, s.tiles.ndim == 4) for name, s in tile_sets.items()}
    faces = FaceSettings()
    return Guests(settings.guests, cuts, detector_of(faces), faces)


def _fills(cell: Size, frame: Size) -> bool:
    return not (frame.width % cell.width or frame.height % cell.height)
