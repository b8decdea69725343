"""Where the cells of a target are: a plain grid, bricks, or cells of several sizes.

A layout is a list of boxes and nothing else: whoever matches, draws, zooms or edits
goes through `boxes` with one tile number each. A plain grid is the case in which the
boxes need not be looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size

Boxes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
LEAST_SEEN = 0.5
"""A cell of which less is seen through the mask stays empty."""


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Boxes that cover a target, each pixel once; what is masked has no box.

    Attributes
    ----------
    boxes : int64 array, shape (n, 4)
        Row, column, height and width of each cell, in the target's pixels. A box may
        reach beyond the left and right edge, where the picture cuts its tile off.
    names : int64 array, shape (n, 2)
        Row and column by which a cell is called: its place in the grid, in its row of
        bricks, or in a grid of a quadtree's smallest cells.
    size : Size
        Of the target.
    grid : (rows, columns) or None
        Of a plain grid without empty cells, whose boxes stand row by row.
    """

    boxes: Boxes
    names: Boxes
    size: Size
    grid: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a placement: that of the grid, or (n,)."""
        return self.grid or (len(self),)

    @property
    def visible(self) -> Boxes:
        """Return the boxes, cut off at the edges of the picture."""
        first = np.maximum(self.boxes[:, 1], 0)
        last = np.minimum(self.boxes[:, 1] + self.boxes[:, 3], self.size.width)
        seen = self.boxes.copy()
        seen[:, 1], seen[:, 3] = first, last - first
        return seen

    def covered(self) -> Mask:
        """Return which pixels a cell covers, shape (height, width)."""
        covered = np.zeros((self.size.height, self.size.width), np.bool_)
        if self.grid:
            covered[:] = True
            return covered
        for row, column, height, width in self.visible:
            covered[row : row + height, column : column + width] = True
        return covered

    def groups(self) -> Iterator["Group"]:
        """Go through the cells of one size, cut off in the same way, together."""
        seen = self.visible
        left = seen[:, 1] - self.boxes[:, 1]
        kinds = np.column_stack([self.boxes[:, 2:], left, seen[:, 3]])
        different, which = np.unique(kinds, axis=0, return_inverse=True)
        for number, (height, width, first, shown) in enumerate(different.tolist()):
            cells = np.flatnonzero(which.ravel() == number)
            part = slice(first, first + shown)
            yield Group(cells, seen[cells, :2], Size(width, height), part)

    def between(self, first: int, last: int) -> "Layout":
        """Return the cells from one number to another, without the last."""
        if (first, last) == (0, len(self)):
            return self
        part = slice(first, last)
        return replace(self, boxes=self.boxes[part], names=self.names[part], grid=None)

    def masked(self, seen: Mask) -> "Layout":
        """
        Leave the cells empty of which less than `LEAST_SEEN` is seen.

        Parameters
        ----------
        seen : bool array, shape (height, width)
        """
        # Sums of all pixels above and to the left give each box's own in four looks.
        sums = np.zeros((self.size.height + 1, self.size.width + 1), np.int64)
        sums[1:, 1:] = seen.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
        row, column, height, width = self.visible.T
        below, right = row + height, column + width
        inside = sums[below, right] - sums[row, right]
        inside += sums[row, column] - sums[below, column]
        kept = inside >= LEAST_SEEN * height * width
        if kept.all():
            return self
        return replace(self, boxes=self.boxes[kept], names=self.names[kept], grid=None)


class Group(NamedTuple):
    """
    Cells of one size that show the same part of their tile.

    Attributes
    ----------
    cells : int64 array, shape (m,)
        Their numbers in the layout.
    corners : int64 array, shape (m, 2)
        Row and column of the part that is seen.
    size : Size
        Of the whole cell.
    part : slice
        The columns of a tile that are seen.
    """

    cells: Numbers
    corners: Boxes
    size: Size
    part: slice

    def cut(self, picture: Picture) -> Picture:
        """Return what a picture shows in the cells, shape (m, height, width[, 3])."""
        return np.ascontiguousarray(self._windows(picture)[tuple(self.corners.T)])

    def paste(self, picture: Picture, tiles: Picture) -> None:
        """Draw tiles, shape (m, height, width[, 3]), into the cells of a picture."""
        self._windows(picture)[tuple(self.corners.T)] = tiles

    def _windows(self, picture: Picture) -> Picture:
        shape = (self.size.height, self.part.stop - self.part.start)
        windows = sliding_window_view(picture, shape, axis=(0, 1), writeable=True)
        # Channels last, as everywhere.
        return windows if picture.ndim == 2 else np.moveaxis(windows, 2, 4)


def plain(size: Size, tile: Size) -> Layout:
    """Return the layout of whole cells, row by row; see `fit_to_grid`."""
    rows, columns = size.height // tile.height, size.width // tile.width
    names = np.indices((rows, columns)).reshape(2, -1).T.astype(np.int64)
    return Layout(_boxes(names, tile), names, size, (rows, columns))


def from_boxes(boxes: Boxes, names: Boxes, size: Size) -> Layout:
    """Return the layout of boxes that were written down; see `Layout`."""
    if len(boxes):
        grid = plain(size, Size(int(boxes[0, 3]), int(boxes[0, 2])))
        if np.array_equal(grid.boxes, boxes):
            return grid
    return Layout(boxes, names, size)


def brick(size: Size, tile: Size) -> Layout:
    """Return a wall of bricks: every second row is moved by half a tile."""
    even = plain(size, tile)
    rows, columns = size.height // tile.height, size.width // tile.width
    moved = np.indices((rows // 2, columns + 1)).reshape(2, -1).T.astype(np.int64)
    moved[:, 0] = 2 * moved[:, 0] + 1
    shift = np.array([0, tile.width - tile.width // 2, 0, 0], np.int64)
    straight = even.names[:, 0] % 2 == 0
    names = np.concatenate([even.names[straight], moved])
    boxes = np.concatenate([even.boxes[straight], _boxes(moved, tile) - shift])
    # A tile one pixel wide has no half: the brick at the edge isn't seen at all.
    seen = (boxes[:, 1] < size.width) & (boxes[:, 1] + boxes[:, 3] > 0)
    order = np.lexsort(names.T[::-1])
    order = order[seen[order]]
    return Layout(boxes[order], names[order], size)


def quadtree(size: Size, tile: Size, split: list[Mask]) -> Layout:
    """
    Return cells of several sizes: each may be split into four, and these again.

    Parameters
    ----------
    size, tile : Size
        Of the target and of its largest cells; a tile's sides can be halved as often
        as there are arrays in `split`.
    split : list of bool arrays, shapes (rows * 2**level, columns * 2**level)
        Which cells of each size are split; one that isn't there isn't split either.
    """
    rows, columns = size.height // tile.height, size.width // tile.width
    there = np.ones((rows, columns), np.bool_)
    boxes: list[Boxes] = []
    names: list[Boxes] = []
    for level in range(len(split) + 1):
        parted = there & split[level] if level < len(split) else np.zeros_like(there)
        corners = np.argwhere(there & ~parted)
        cell = Size(tile.width >> level, tile.height >> level)
        boxes.append(_boxes(corners, cell))
        names.append(corners << (len(split) - level))
        there = parted.repeat(2, axis=0).repeat(2, axis=1)
    every, called = np.concatenate(boxes), np.concatenate(names)
    order = np.lexsort(called.T[::-1])
    return Layout(every[order], called[order], size)


def _boxes(corners: Boxes, cell: Size) -> Boxes:
    sides = np.array([cell.height, cell.width], np.int64)
    return np.hstack([corners * sides, np.broadcast_to(sides, corners.shape)])
