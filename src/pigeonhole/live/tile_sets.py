"""The tile sets of a live run, and the cell sizes that fit the frame."""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import gcd

from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Size
from pigeonhole.faces import create_detector
from pigeonhole.live.guests.guests import Guests
from pigeonhole.live.strategies import DEFAULT_DISTANCE, frame_limits
from pigeonhole.live.tile_set import LiveTileSet
from pigeonhole.matching import TileIndex
from pigeonhole.matching.assignment import TooFewTiles
from pigeonhole.settings import FaceSettings, LiveSettings
from pigeonhole.tiles import TileSet

log = logging.getLogger(__name__)

MIN_CELL_SIDE = 4
"""Minimum side of cells that are smaller than the default, in pixels."""


class FrameSizeMismatch(LiveError):
    """The frame size isn't a multiple of the cell size."""

    def __init__(self, frame: Size, cell: Size) -> None:
        nearest = Size(
            max(1, round(frame.width / cell.width)) * cell.width,
            max(1, round(frame.height / cell.height)) * cell.height,
        )
        super().__init__(
            f"the frame size {frame} isn't a multiple of the cell size {cell}: use "
            f"{nearest}."
        )


class TileSets:
    """
    The tile sets of a run, prepared on first use. Methods are thread-safe.

    Parameters
    ----------
    tile_sets : mapping of name to TileSet
    settings : LiveSettings
    indexes : mapping of name to TileIndex, optional
        Indexes of the sets' own tiles, where they exist.

    Raises
    ------
    FrameSizeMismatch
        The frame size isn't a multiple of a cell size.
    TooFewTiles
        A tile set is too small for the limits on repetition.
    """

    def __init__(
        self,
        tile_sets: Mapping[str, TileSet],
        settings: LiveSettings,
        indexes: Mapping[str, TileIndex] | None = None,
    ) -> None:
        self.names = tuple(tile_sets)
        self._originals = dict(tile_sets)
        self._settings = settings
        self._indexes = indexes or {}
        self._prepared: dict[tuple[str, Size], LiveTileSet] = {}
        self._lock = threading.RLock()
        self.guests = _guests(tile_sets, settings) if settings.guests else None
        for name in self.names:
            if not _fills(cell := self._default_cell(name), settings.frame_size):
                raise FrameSizeMismatch(settings.frame_size, cell)
            self._report_distance(name, cell)
        self._cells = {name: self._usable_cells(name) for name in self.names}

    def get(self, name: str, cell_step: int = 0) -> LiveTileSet:
        """Return a tile set prepared for a cell size; see `cell_size`."""
        cell = self.cell_size(name, cell_step)
        with self._lock:
            if (name, cell) not in self._prepared:
                original = self._originals[name]
                index = self._indexes.get(name) if cell == original.size else None
                self._prepared[name, cell] = LiveTileSet(
                    name, original, cell, self._settings, self.guests, index
                )
            return self._prepared[name, cell]

    def cell_size(self, name: str, cell_step: int = 0) -> Size:
        """
        Return a cell size of a tile set.

        `cell_step` is the number of steps to smaller cells than the default, or to
        larger ones if negative. It is clipped to the sizes that fit the frame.
        """
        cells = self._cells[name]
        position = cells.index(self._default_cell(name)) + cell_step
        return cells[min(max(0, position), len(cells) - 1)]

    def cell_steps(self, name: str) -> range:
        """Return the values of `cell_step` for all cell sizes, largest cells first."""
        cells = self._cells[name]
        default = cells.index(self._default_cell(name))
        return range(-default, len(cells) - default)

    def _default_cell(self, name: str) -> Size:
        return self._settings.cell_size or self._originals[name].size

    def _usable_cells(self, name: str) -> Sequence[Size]:
        """Return the cell sizes that fit the frame and the limits on repetition."""
        frame, sources = self._settings.frame_size, self._originals[name].sources
        usable = []
        for cell in _fitting_cells(self._default_cell(name), frame):
            with suppress(TooFewTiles):
                frame_limits(self._settings, sources, cell)
                usable.append(cell)
        return usable

    def _report_distance(self, name: str, cell: Size) -> None:
        """Log if the set is too small for the default distance between two uses."""
        sources = self._originals[name].sources
        distance = frame_limits(self._settings, sources, cell).min_distance
        is_default = self._settings.repetition.min_distance == "auto"
        if is_default and distance < DEFAULT_DISTANCE:
            log.warning(
                "The tile set %s shows only %d photos or faces: the minimum distance "
                "between two uses of one is %d instead of %d.",
                name,
                sources.max() + 1,
                distance,
                DEFAULT_DISTANCE,
            )


def _fitting_cells(default: Size, frame: Size) -> Sequence[Size]:
    """Return all cell sizes of the default's shape that fill the frame, descending."""
    divisor = gcd(*default)
    sizes = {
        Size(factor * default.width // divisor, factor * default.height // divisor)
        for factor in range(1, frame.width + 1)
    }
    fitting = {
        size for size in sizes if min(size) >= MIN_CELL_SIDE and _fills(size, frame)
    }
    return sorted({default, *fitting}, reverse=True)


def _fills(cell: Size, frame: Size) -> bool:
    return not (frame.width % cell.width or frame.height % cell.height)


def _guests(tile_sets: Mapping[str, TileSet], settings: LiveSettings) -> Guests:
    formats = {name: (s.size, s.tiles.ndim == 4) for name, s in tile_sets.items()}
    faces = FaceSettings()
    return Guests(settings.guests, formats, create_detector(faces), faces)
