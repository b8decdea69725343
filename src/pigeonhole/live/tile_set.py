"""Tile sets prepared for matching frames."""

import threading
from contextlib import nullcontext
from functools import cached_property

import numpy as np

from pigeonhole.core.arrays import Float64Array, Image
from pigeonhole.core.geometry import Size
from pigeonhole.core.jit import single_threaded
from pigeonhole.imaging.resize import resize, to_gray
from pigeonhole.live.guests.guests import Guests
from pigeonhole.live.guests.slots import GuestSlots, merge_guests
from pigeonhole.live.strategies import frame_limits, frame_strategy
from pigeonhole.matching import TileIndex, split_cells
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.histogram_matching import ToneCurve, brightness
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.settings import LiveSettings
from pigeonhole.tiles import TileSet

# Some threading layers of Numba aren't safe for concurrent callers.
_KERNELS = threading.Lock()

PARALLEL_THRESHOLD = 32_000_000
"""Number of cell-tile pairs from which a frame is matched by several threads. For
smaller frames on a busy machine, waiting for the other threads costs more than it
saves: 1.6 ms become 14 ms."""


class LiveTileSet:
    """
    A tile set prepared for frames with one cell size.

    Only guests change it after construction: their tiles are stored in slots after the
    set's own tiles.

    Attributes
    ----------
    original : TileSet
        The tile set as it was cut, with a ledger row for each tile.
    cell_size : Size
        Size of a cell in the frame. Tiles are resized to it for matching.
    output_tiles : uint8 array, shape (n, scale * height, scale * width[, 3])
        Tiles at the size at which mosaics are rendered, where height and width are
        those of a cell.
    """

    def __init__(
        self,
        name: str,
        tile_set: TileSet,
        cell_size: Size,
        settings: LiveSettings,
        guests: Guests | None = None,
        index: TileIndex | None = None,
    ) -> None:
        self.name = name
        self.original = tile_set
        self.cell_size = cell_size
        width, height = cell_size
        self.output_tiles = _resized(
            tile_set.tiles, settings.scale * width, settings.scale * height
        )
        self._cell_tiles = _resized(tile_set.tiles, width, height)
        self._limits = frame_limits(settings, tile_set.sources, cell_size)
        with _KERNELS:
            self._place = frame_strategy(
                self._cell_tiles, settings.match, self._limits, tile_set.sources, index
            )
            self._guest_slots = self._append_slots(guests) if guests else None

    def __len__(self) -> int:
        return len(self.original.tiles)

    @property
    def tile_count(self) -> int:
        """Number of tiles including guest slots: all placements are below it."""
        return len(self._cell_tiles)

    @property
    def color(self) -> bool:
        """True if the tiles, and therefore the mosaics, are in color."""
        return self._cell_tiles.ndim == 4

    @cached_property
    def _sorted_brightness(self) -> Float64Array:
        return np.sort(brightness(self.original.tiles))

    def match_histogram(self, frame: Image, strength: float) -> Image:
        """
        Match a frame's tones to the tiles' tones.

        A strength of 0 returns the frame unchanged. At 1, the brightness of the cells
        gets the distribution of the tiles' brightness.
        """
        if not strength:
            return frame
        rows, columns = frame.shape[:2]
        width, height = self.cell_size
        cells = resize(to_gray(frame), columns // width, rows // height)
        curve = ToneCurve.fit_brightness(
            cells.ravel().astype(np.float64), self._sorted_brightness, strength
        )
        return curve.apply(frame)

    def place(
        self, frame: Image, previous: Placement | None = None, steadiness: float = 0.0
    ) -> Placement:
        """
        Choose a tile for every cell of a frame.

        Parameters
        ----------
        frame : uint8 array, shape (rows * height, columns * width[, 3])
            Gray for gray tiles.
        previous : int64 array, shape (rows, columns), optional
            Placement of the previous frame.
        steadiness : float
            A cell keeps its previous tile unless the new one is nearer by this share.
        """
        width, height = self.cell_size
        cells = frame.shape[0] // height * (frame.shape[1] // width)
        small = cells * len(self) < PARALLEL_THRESHOLD
        with _KERNELS, single_threaded() if small else nullcontext():
            return self._place(frame, previous, steadiness)

    def add_guests(
        self,
        frame: Image,
        placement: Placement,
        previous: Placement | None,
        steadiness: float,
    ) -> Placement:
        """
        Add the guests who are present to a result of `place`; see `merge_guests`.

        `previous` is what this method returned for the previous frame.
        """
        if self._guest_slots is None or not len(slots := self._guest_slots.occupied):
            return placement
        grid = split_cells(frame, self.cell_size.height, self.cell_size.width)
        cells = grid.reshape(-1, *grid.shape[2:])
        with _KERNELS:
            guest_distances = self._guest_slots.distances(cells, slots)
            tile_distances = paired_distances(
                cells.reshape(len(cells), -1),
                self._cell_tiles.reshape(self.tile_count, -1),
                placement.ravel(),
            )
        return merge_guests(
            placement,
            tile_distances,
            guest_distances,
            len(self) + slots,
            previous,
            steadiness,
            limits=self._limits,
        )

    def _append_slots(self, guests: Guests) -> GuestSlots:
        """Append black guest slots to the tile arrays and register them."""
        padding = ((0, guests.capacity), *((0, 0),) * (self.output_tiles.ndim - 1))
        self.output_tiles = np.pad(self.output_tiles, padding)
        self._cell_tiles = np.pad(self._cell_tiles, padding)
        start = len(self)
        slots = GuestSlots(
            self.name, self._cell_tiles[start:], self.output_tiles[start:]
        )
        guests.attach(slots)
        return slots


def _resized(tiles: Image, width: int, height: int) -> Image:
    if tiles.shape[1:3] == (height, width):
        return tiles
    return np.stack([resize(tile, width, height) for tile in tiles])
