"""Guests among the tiles of a placement, in arrays."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.resize import resize
from pigeonhole.matching.assignment.blocks import blocks_of
from pigeonhole.matching.assignment.costs import all_costs
from pigeonhole.matching.grid import Placement

Costs = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Wishes = npt.NDArray[np.float64]


class Seats:
    """
    The guests' places behind the tiles of one set.

    Parameters
    ----------
    name : str
        Of the tile set.
    compared, drawn : uint8 arrays, shapes (most, height, width[, 3])
        Where the guests' tiles stand, to be matched and to be shown: the ends of the
        tile set's own arrays. Free seats are black.
    """

    def __init__(self, name: str, compared: Picture, drawn: Picture) -> None:
        self.name = name
        self._places = compared, drawn
        # Laid out for the kernel once, not for each frame.
        self._blocks = blocks_of(compared)
        self._taken: set[int] = set()
        # So that the first guest waits for no compiler.
        all_costs(self._blocks[:1], self._blocks[:1])

    @property
    def taken(self) -> Numbers:
        """Return the seats that are taken, in order."""
        return np.array(sorted(self._taken), np.int64)

    def seat(self, seat: int, tile: Picture | None) -> None:
        """Show a guest's tile on a seat, or nobody any more."""
        if tile is None:
            self._taken.discard(seat)
        for place in self._places:
            rows, columns = place.shape[1:3]
            place[seat] = 0 if tile is None else resize(tile, columns, rows)
        self._blocks[seat] = blocks_of(self._places[0][seat : seat + 1])[0]
        if tile is not None:
            self._taken.add(seat)

    def costs(self, cells: Picture, seats: Numbers) -> Costs:
        """Return each cell's distance from each of these guests, shape (m, g)."""
        return all_costs(blocks_of(cells), self._blocks[seats])


def weave(
    plain: Placement,
    distances: Numbers,
    costs: Costs,
    numbers: Numbers,
    before: Placement | None = None,
    steadiness: float = 0.0,
    *,
    once: bool = False,
) -> Placement:
    """
    Put guests among the tiles of a placement, each at least once.

    A guest takes the cells that it is nearest to, as any tile would; of equal ones the
    lower number wins. Guests who got none take the cells that suit them best in all.

    Parameters
    ----------
    plain : int64 array, shape (rows, columns)
        The placement without guests.
    distances : int64 array, shape (rows * columns,)
        Of its cells from its tiles.
    costs : int32 array, shape (rows * columns, g)
        Of its cells from the guests' tiles.
    numbers : int64 array, shape (g,)
        The guests' own, in order.
    before : int64 array, shape (rows, columns), optional
        What was placed on the frame before, with guests.
    steadiness : float
        What is in a cell stays unless another is nearer by this share.
    once : bool
        Each guest takes one cell only, as limits on repetition ask for.

    Returns
    -------
    int64 array, shape (rows, columns)
        With every guest, if there are as many cells as guests.
    """
    wanted = costs.astype(np.float64)
    held = distances * (1 - steadiness)
    if before is not None:
        stays = before.reshape(-1, 1) == numbers
        wanted[stays] *= 1 - steadiness
        held = np.where(stays.any(axis=1), distances, held)
    chosen = plain.ravel().copy()
    if not once:
        nearest = wanted.argmin(axis=1)
        wins = wanted[np.arange(len(chosen)), nearest] < held
        chosen[wins] = numbers[nearest[wins]]
    return _seat_all(chosen, wanted, numbers).reshape(plain.shape)


def _seat_all(chosen: Numbers, wanted: Wishes, numbers: Numbers) -> Numbers:
    """Give a cell to each guest who has none, but no other guest's best."""
    own = chosen[:, None] == numbers
    there = own.any(axis=0)
    best = np.where(own, wanted, np.inf).argmin(axis=0)[there]
    free = np.setdiff1d(np.arange(len(chosen)), best)
    rows, guests = linear_sum_assignment(wanted[np.ix_(free, ~there)])
    chosen[free[rows]] = numbers[~there][guests]
    return chosen
