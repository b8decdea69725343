"""Store guests' tiles next to a tile set's and add guests to placements."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from pigeonhole.core.arrays import (
    ByteArray,
    Float64Array,
    Image,
    Int32Array,
    Int64Array,
)
from pigeonhole.imaging.resize import resize
from pigeonhole.matching.assignment import RepetitionLimits
from pigeonhole.matching.assignment.problem import cost_matrix, pad_images
from pigeonhole.matching.grid import Placement

NO_LIMITS = RepetitionLimits()


class GuestSlots:
    """
    Guests' tiles in the arrays of one tile set.

    Parameters
    ----------
    name : str
        Name of the tile set.
    cell_tiles, output_tiles : uint8 arrays, shapes (capacity, height, width[, 3])
        Views of the ends of the tile set's arrays for matching and for rendering.
        Free slots are black.
    """

    def __init__(self, name: str, cell_tiles: Image, output_tiles: Image) -> None:
        self.name = name
        self._arrays = cell_tiles, output_tiles
        # Convert to the layout of the kernel once instead of for each frame.
        self._padded = pad_images(cell_tiles)
        self._occupied: set[int] = set()
        # Compile the kernel now so that the first guest doesn't wait for it.
        cost_matrix(self._padded[:1], self._padded[:1])

    @property
    def occupied(self) -> Int64Array:
        """Occupied slots in ascending order."""
        return np.array(sorted(self._occupied), np.int64)

    def assign(self, slot: int, tile: Image | None) -> None:
        """Store a guest's tile in a slot, or clear the slot if `tile` is None."""
        if tile is None:
            self._occupied.discard(slot)
            for array in (*self._arrays, self._padded):
                array[slot] = 0
            return
        for array in self._arrays:
            rows, columns = array.shape[1:3]
            _move(resize(tile, columns, rows), array[slot])
        _move(pad_images(self._arrays[0][slot : slot + 1])[0], self._padded[slot])
        self._occupied.add(slot)

    def distances(self, cells: Image, slots: Int64Array) -> Int32Array:
        """Return the distance of each cell from each of g slots, shape (m, g)."""
        guests = self._padded[slots]
        costs = cost_matrix(pad_images(cells), guests)
        guests.fill(0)
        return costs


def _move(source: ByteArray, destination: ByteArray) -> None:
    """Copy an array and clear the source: freed memory keeps its contents for long."""
    destination[:] = source
    source.fill(0)


def merge_guests(
    placement: Placement,
    tile_distances: Int64Array,
    guest_distances: Int32Array,
    guest_numbers: Int64Array,
    previous: Placement | None = None,
    steadiness: float = 0.0,
    limits: RepetitionLimits = NO_LIMITS,
) -> Placement:
    """
    Add guests to a placement so that each guest appears at least once.

    Like any tile, a guest gets the cells that it is nearer to than their tiles. If two
    guests are equally near, the one with the lower number wins. Guests that are nearest
    to no cell are assigned one cell each, at the least total distance.

    Parameters
    ----------
    placement : int64 array, shape (rows, columns)
        Placement without guests.
    tile_distances : int64 array, shape (rows * columns,)
        Distance of each cell from its tile.
    guest_distances : int32 array, shape (rows * columns, g)
        Distance of each cell from each guest's tile.
    guest_numbers : int64 array, shape (g,)
        Tile numbers of the guests, in ascending order.
    previous : int64 array, shape (rows, columns), optional
        Placement of the previous frame, with guests.
    steadiness : float
        A cell keeps its tile or guest unless another is nearer by this share.
    limits : RepetitionLimits
        Limits that the placement satisfies, and that guests satisfy, too. Within them,
        the cells that gain most get a guest first.

    Returns
    -------
    int64 array, shape (rows, columns)
        Contains every guest if there are at least as many cells as guests.
    """
    costs = guest_distances.astype(np.float64)
    # A guest wins a cell if its cost is below the threshold.
    threshold = tile_distances * (1 - steadiness)
    if previous is not None:
        stays = previous.reshape(-1, 1) == guest_numbers
        costs[stays] *= 1 - steadiness
        threshold = np.where(stays.any(axis=1), tile_distances, threshold)
    merged = placement.ravel().copy()
    nearest = costs.argmin(axis=1)
    gains = threshold - costs[np.arange(len(merged)), nearest]
    wins = np.flatnonzero(gains > 0)
    if limits != NO_LIMITS:
        wins = wins[np.argsort(-gains[wins], kind="stable")]
        wins = _within_limits(wins, nearest, placement.shape, limits)
    merged[wins] = guest_numbers[nearest[wins]]
    return _assign_missing(merged, costs, guest_numbers).reshape(placement.shape)


def _within_limits(
    cells: Int64Array,
    guests: Int64Array,
    grid_shape: tuple[int, int],
    limits: RepetitionLimits,
) -> Int64Array:
    """Return the cells that may show their guests if each of them chooses in turn."""
    taken = np.zeros((guests.max() + 1, *grid_shape), bool)
    uses = np.zeros(len(taken), int)
    distance, allowed = limits.min_distance, []
    for cell in cells:
        guest, (row, column) = guests[cell], divmod(cell, grid_shape[1])
        if taken[guest, row, column]:
            continue
        allowed.append(cell)
        uses[guest] += 1
        if uses[guest] == limits.max_uses:
            taken[guest] = True
        rows = slice(max(0, row - distance), row + distance + 1)
        taken[guest, rows, max(0, column - distance) : column + distance + 1] = True
    return np.array(allowed, np.int64)


def _assign_missing(
    merged: Int64Array, costs: Float64Array, guest_numbers: Int64Array
) -> Int64Array:
    """Assign a cell to each guest that has none, sparing other guests' best cells."""
    shows_guest = merged[:, None] == guest_numbers
    present = shows_guest.any(axis=0)
    best_cells = np.where(shows_guest, costs, np.inf).argmin(axis=0)[present]
    free_cells = np.setdiff1d(np.arange(len(merged)), best_cells)
    rows, guests = linear_sum_assignment(costs[np.ix_(free_cells, ~present)])
    merged[free_cells[rows]] = guest_numbers[~present][guests]
    return merged
