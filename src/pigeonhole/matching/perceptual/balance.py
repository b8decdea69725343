"""The mixed cost: the near look pixel by pixel, the far one after a blur.

A mosaic costs what it differs from its target by, plus `far` times what it differs by
after a blur of one cell. From near, `shape` of the difference is counted by the
structure of each quarter, as in SSIM: edges and textures, whatever the light. In the
blur each cell's error is balanced by its neighbours', as in error diffusion, so that a
tile is good or bad only among others: cells are gone through again and again, and each
takes the tile with which the whole costs least.
"""

import logging
from typing import NamedTuple, Self

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.blur import blurred
from pigeonhole.matching.grid import Placement, cells_of, render
from pigeonhole.matching.perceptual.kernels import LEVEL, REACH, WEIGHTS, spreads, sweep
from pigeonhole.matching.perceptual.structure import Quarters
from pigeonhole.matching.search.blocks import in_blocks
from pigeonhole.matching.search.features import Shape, described, stacked
from pigeonhole.matching.search.top_k import FINE, Numbers, Whole, short_lists, weighed

LISTED = 64
"""A cell chooses among so many of its nearest tiles; more gained nothing."""
MOST_SWEEPS = 50
"""Each sweep makes the whole cheaper, so that it settles in a dozen."""
STEPS = 50
"""In so many steps `far` rises to 1 where it is found by itself."""
TOLERANCE = 1.045
"""Far looks that differ by less are equally good."""

log = logging.getLogger(__name__)


def balanced(frame: Picture, tiles: Picture, far: float, shape: float) -> Placement:
    """
    Place tiles so that no single exchange within the short lists costs less.

    Parameters
    ----------
    frame : uint8 array, shape (rows * height, columns * width[, 3])
    tiles : uint8 array, shape (n, height, width[, 3])
        Of 1.4 million pixels at most.
    far : float
        What a pixel's difference counts in the blurred picture, beside the plain one.
    shape : float
        The share of the plain difference that is taken of shapes, from 0 to 1.

    Returns
    -------
    int64 array, shape (rows, columns)

    Notes
    -----
    Coordinate descent from the nearest tiles on, row by row, in whole numbers: the
    result depends on nothing but its input. The blur works on 2x2 blocks of each cell
    and has a block's width as its sigma, half a cell, as in `blurred`.
    """
    looks = Looks.of(frame, tiles, shape)
    placement = looks.nearest()
    looks.settle(placement, far)
    return placement


def balanced_like(
    frame: Picture, tiles: Picture, rival: Placement, shape: float
) -> Placement:
    """
    Place tiles with the least `far` that makes the far look as good as a rival's.

    Parameters
    ----------
    frame, tiles : uint8 arrays as for `balanced`
    rival : int64 array, shape (rows, columns)
        A placement that is made for the far look.
    shape : float
        As for `balanced`.

    Notes
    -----
    Each step starts from the placement of the one before. Where `far` reaches 1 the
    last placement is taken.
    """
    looks = Looks.of(frame, tiles, shape)
    size = Size(tiles.shape[2], tiles.shape[1])
    target = blurred(frame, size)

    def far_error(placement: Placement) -> float:
        seen = blurred(render(tiles, placement), size)
        return float(np.abs(seen - target).mean(dtype=np.float64))

    wanted = TOLERANCE * far_error(rival)
    placement = looks.nearest()
    step = 0
    while step < STEPS and far_error(placement) > wanted:
        step += 1
        looks.settle(placement, step / STEPS)
    log.info("The far look counts %g beside the near one.", step / STEPS)
    return placement


class Looks(NamedTuple):
    """
    What a target and tiles are from near and from far.

    Attributes
    ----------
    lists : int64 arrays, shape (rows * columns, size)
        Each cell's nearest tiles, and what they cost from near times `FINE`, rising.
    tiles : int32 array, shape (n, 2, 2, channels)
    spread : int32 array, shape (n, SEEN * SEEN * channels)
        The same, blurred.
    target : int32 array, shape (rows, columns, 2, 2, channels)
        Means of blocks, in parts of a level.
    pixels : int
        Of a block, about.
    """

    lists: tuple[Numbers, Numbers]
    tiles: Whole
    spread: Whole
    target: Whole
    pixels: float

    @classmethod
    def of(cls, frame: Picture, tiles: Picture, shape: float) -> Self:
        """Look at a frame and tiles."""
        cell = Shape.of(tiles)
        grid = cells_of(frame, cell.height, cell.width)
        cells, known = (Quarters.of(some.reshape(-1, *cell)) for some in (grid, tiles))
        blocks, seen = block_means(known), block_means(cells)
        lists = listed(frame, tiles, min(LISTED, len(tiles)))
        return cls(
            weighed(cells, known, lists, round(FINE * shape)),
            blocks,
            spreads(blocks),
            seen.reshape(*grid.shape[:2], *seen.shape[1:]),
            cell.height * cell.width / 4,
        )

    def nearest(self) -> Placement:
        """Return the placement that is best from near."""
        return self.lists[0][:, 0].reshape(self.target.shape[:2]).copy()

    def settle(self, placement: Placement, far: float) -> None:
        """Sweep over a placement until nothing changes."""
        weight = round(FINE * far * self.pixels)
        differences = blur_blocks(self.tiles[placement] - self.target)
        stale = np.ones(placement.shape, np.bool_)
        for _ in range(MOST_SWEEPS if weight else 0):
            changed = sweep(
                self.lists, self.spread, placement, differences, weight, stale
            )
            if not changed:
                return


def listed(frame: Picture, tiles: Picture, size: int) -> tuple[Numbers, Numbers]:
    """List the nearest tiles of each cell; see `short_lists`."""
    shape = Shape.of(tiles)
    pool = in_blocks(described(stacked(tiles), shape))
    return short_lists(described(frame, shape), shape.plan, pool, len(tiles), size)


def block_means(pictures: Quarters) -> Whole:
    """Return the means of quarters times `LEVEL`, shape (m, 2, 2, channels)."""
    means = LEVEL * pictures.sums // np.diff(pictures.starts)
    count, channels, _ = means.shape
    parts = means.swapaxes(1, 2).reshape(count, 2, 2, channels)
    return np.ascontiguousarray(parts, np.int32)


def blur_blocks(differences: Whole) -> Whole:
    """
    Blur differences of blocks as one picture, black around.

    Parameters
    ----------
    differences : int32 array, shape (rows, columns, 2, 2, channels)

    Returns
    -------
    int32 array, (2 * rows + 2 * REACH, (2 * columns + 2 * REACH) * channels)
    """
    rows, columns, _, _, channels = differences.shape
    picture = np.zeros((2 * rows + 4 * REACH, 2 * columns + 4 * REACH, channels), "i4")
    inside = slice(2 * REACH, -2 * REACH)
    picture[inside, inside] = differences.swapaxes(1, 2).reshape(
        2 * rows, 2 * columns, channels
    )
    for axis in (0, 1):
        length = picture.shape[axis] - 2 * REACH
        picture = sum(
            weight * picture.take(range(k, k + length), axis)
            for k, weight in enumerate(WEIGHTS)
        )
    return np.ascontiguousarray(picture.reshape(picture.shape[0], -1), np.int32)
