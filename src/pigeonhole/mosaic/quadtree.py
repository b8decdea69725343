"""Where a quadtree is split: where smaller tiles show most that larger ones can't.

Every cell of every size is matched, so that the gain of a split is known and not
guessed. With a price on each cell the cheapest tree is found from the smallest cells
up; the price is then set so that there are as many cells as wished (Chou, Lookabaugh
and Gray 1989, "Optimal pruning with applications to tree-structured source coding").
"""

from collections.abc import Sequence

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.mosaic.cells import nearest, pairs
from pigeonhole.mosaic.layout import Layout, Mask, Numbers, plain, quadtree
from pigeonhole.settings import LookSettings, check_halves


def split_layout(frame: Picture, tiles: Picture, looks: LookSettings) -> Layout:
    """
    Return the quadtree of a frame, with as many cells as the settings wish.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width[, 3])
    tiles : uint8 array, shape (n, height, width[, 3])
        As large as the largest cells.
    looks : LookSettings
    """
    size = Size(frame.shape[1], frame.shape[0])
    tile = Size(tiles.shape[2], tiles.shape[1])
    check_halves(tile, looks.levels)
    costs = [
        _costs(frame, tiles, plain(size, _halved(tile, level)), looks)
        for level in range(looks.levels)
    ]
    cells = looks.cells or costs[0].size << (looks.levels - 1)
    if not costs[0].size <= cells <= costs[-1].size:
        raise SettingsError(
            "mosaic.cells",
            cells,
            f"from {costs[0].size:,} cells of {tile} to {costs[-1].size:,} of "
            f"{_halved(tile, looks.levels - 1)} there can be: change cells, "
            "width or levels.",
        )
    return quadtree(size, tile, splits(costs, cells))


def _halved(tile: Size, level: int) -> Size:
    return Size(tile.width >> level, tile.height >> level)


def _costs(
    frame: Picture, tiles: Picture, layout: Layout, looks: LookSettings
) -> Numbers:
    (pair,) = pairs(frame, tiles, layout)
    assert layout.grid
    # From afar a cell's mean is seen first: however tiles are matched, it counts here.
    looks = looks.model_copy(update={"match": "mixed"})
    return nearest(pair, looks)[1].reshape(layout.grid)


def splits(costs: Sequence[Numbers], cells: int) -> list[Mask]:
    """
    Choose which cells are split, so that the sum of costs is small.

    Parameters
    ----------
    costs : int64 arrays, shapes (rows * 2**level, columns * 2**level)
        What each cell of each size costs where it isn't split.
    cells : int
        How many there are to be; up to two may be missing, since a split adds three.

    Returns
    -------
    list of bool arrays, as `quadtree` wants them
    """
    low, high = -1, int(max(cost.max() for cost in costs)) + 1
    while high - low > 1:
        price = (low + high) // 2
        if _count(_cheapest(costs, price)) > cells:
            low = price
        else:
            high = price
    return _filled(costs, _cheapest(costs, high), cells)


def _cheapest(costs: Sequence[Numbers], price: int) -> list[Mask]:
    """Return the splits of the cheapest tree if each cell costs `price` besides."""
    best = costs[-1] + price
    found = []
    for own in reversed(costs[:-1]):
        parts = _fours(best)
        found.append(parts < own + price)
        best = np.minimum(parts, own + price)
    return found[::-1]


def _fours(cells: Numbers) -> Numbers:
    """Sum up each four cells that are parts of one."""
    rows, columns = cells.shape
    parts = cells.reshape(rows // 2, 2, columns // 2, 2)
    return np.asarray(parts.sum(axis=(1, 3)), np.int64)


def _there(split: Sequence[Mask]) -> list[Mask]:
    """Return which cells of each size are there, split or not."""
    there = [np.ones_like(split[0])]
    for parted in split:
        there.append((there[-1] & parted).repeat(2, axis=0).repeat(2, axis=1))
    return there


def _count(split: Sequence[Mask]) -> int:
    there = _there(split)
    parted = sum(int((a & b).sum()) for a, b in zip(there, split, strict=False))
    return there[0].size + 3 * parted


def _filled(costs: Sequence[Numbers], split: list[Mask], cells: int) -> list[Mask]:
    """Split those besides that gain most, until no more fit: prices come in steps."""
    split = [parted.copy() for parted in split]
    while (more := (cells - _count(split)) // 3) > 0:
        gains, places = [], []
        for level, (there, parted) in enumerate(
            zip(_there(split), split, strict=False)
        ):
            whole = np.flatnonzero(there & ~parted)
            gain = costs[level] - _fours(costs[level + 1])
            gains.append(gain.ravel()[whole])
            places += [(level, int(place)) for place in whole]
        order = np.argsort(-np.concatenate(gains), kind="stable")
        for at in order[:more]:
            level, place = places[at]
            # Its parts may have been split while it was whole; now they are whole.
            split[level].flat[place] = True
            _unsplit(split, level + 1, place)
    return split


def _unsplit(split: list[Mask], level: int, place: int) -> None:
    if level < len(split):
        columns = split[level - 1].shape[1]
        row, column = 2 * (place // columns), 2 * (place % columns)
        split[level][row : row + 2, column : column + 2] = False
