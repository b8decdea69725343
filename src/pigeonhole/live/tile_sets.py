"""The tile sets of a run."""

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from math import gcd

from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Size
from pigeonhole.faces import detector_of
from pigeonhole.live.guests.guests import Guests
from pigeonhole.live.tile_set import LiveTiles
from pigeonhole.matching import TileIndex
from pigeonhole.settings import FaceSettings, LiveSettings
from pigeonhole.tiles import TileSet

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


class Palette:
    """
    The tile sets of a run, made ready when they are first asked for.

    Any thread may ask.

    Parameters
    ----------
    tile_sets : mapping of name to TileSet
    settings : LiveSettings
    indexes : mapping of name to TileIndex, optional
        Of the sets' own tiles, as far as there are any.

    Raises
    ------
    FrameMisfit
        The frame isn't a whole number of a set's cells.
    """

    def __init__(
        self,
        tile_sets: Mapping[str, TileSet],
        settings: LiveSettings,
        indexes: Mapping[str, TileIndex] | None = None,
    ) -> None:
        self.names = tuple(tile_sets)
        self._sets = dict(tile_sets)
        self._settings = settings
        self._indexes = indexes or {}
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
        cell = self.cell(name, finer)
        with self._change:
            if (name, cell) not in self._ready:
                tile_set = self._sets[name]
                index = self._indexes.get(name) if cell == tile_set.size else None
                self._ready[name, cell] = LiveTiles(
                    name, tile_set, cell, self._settings, self.guests, index
                )
            return self._ready[name, cell]

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
