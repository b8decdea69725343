"""Layouts: the boxes of a target's cells, as a grid, bricks or a quadtree.

A layout is a list of boxes. Matching, rendering, the viewer and edits use only the
boxes and one tile number per box; a plain grid is a special case that allows faster
code.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pigeonhole.core.arrays import BoolArray, Image, Int64Array
from pigeonhole.core.geometry import Size

MIN_VISIBLE = 0.5
"""Minimum visible share of a cell; below it, the cell stays empty."""


@dataclass(frozen=True)
class Layout:
    """
    Boxes that cover a target without overlap; masked parts have no box.

    Attributes
    ----------
    boxes : int64 array, shape (n, 4)
        Row, column, height and width of each cell, in pixels of the target. A box may
        extend beyond the left or right edge, where its tile is clipped.
    labels : int64 array, shape (n, 2)
        Row and column that identify each cell in placement.csv and in edits: its
        position in the grid, in its row of bricks, or in the grid of the smallest cells
        of a quadtree.
    size : Size
        That of the target.
    grid : (rows, columns), optional
        Shape of a plain grid without empty cells, whose boxes are in row-major order.
    """

    boxes: Int64Array
    labels: Int64Array
    size: Size
    grid: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a placement: that of the grid, or (n,)."""
        return self.grid or (len(self),)

    @property
    def clipped_boxes(self) -> Int64Array:
        """Boxes, clipped at the edges of the image."""
        top, left, height, width = self.boxes.T
        first, last = np.maximum(left, 0), np.minimum(left + width, self.size.width)
        return np.column_stack([top, first, height, last - first])

    def coverage(self) -> BoolArray:
        """Return which pixels are in a cell, shape (height, width)."""
        covered = np.zeros((self.size.height, self.size.width), np.bool_)
        if self.grid:
            covered[:] = True
            return covered
        for row, column, height, width in self.clipped_boxes:
            covered[row : row + height, column : column + width] = True
        return covered

    @cached_property
    def groups(self) -> tuple["BoxGroup", ...]:
        """Cells, grouped by their size and by the columns that are visible."""
        clipped = self.clipped_boxes
        left = clipped[:, 1] - self.boxes[:, 1]
        keys = np.column_stack([self.boxes[:, 2:], left, clipped[:, 3]])
        # All cells of a grid are equal, which makes sorting them unnecessary.
        unique, inverse = (
            (keys[:1], np.zeros(len(keys), np.int64))
            if self.grid
            else np.unique(keys, axis=0, return_inverse=True)
        )
        groups = []
        for key, (height, width, first, visible) in enumerate(unique.tolist()):
            numbers = np.flatnonzero(inverse.ravel() == key)
            columns = slice(first, first + visible)
            corners = clipped[numbers, :2]
            groups.append(BoxGroup(numbers, corners, Size(width, height), columns))
        return tuple(groups)

    def cell_range(self, first: int, last: int) -> "Layout":
        """Return the layout of the cells from `first` up to, not including, `last`."""
        if (first, last) == (0, len(self)):
            return self
        return self._subset(slice(first, last))

    def _subset(self, cells: slice | BoolArray) -> "Layout":
        return Layout(self.boxes[cells], self.labels[cells], self.size)

    def masked(self, mask: BoolArray) -> "Layout":
        """
        Return the layout without the cells of which less than `MIN_VISIBLE` is visible.

        `mask`, shape (height, width), is true where the target is visible.
        """
        # A summed-area table gives the visible pixels of each box in four lookups.
        sums = np.zeros((self.size.height + 1, self.size.width + 1), np.int64)
        sums[1:, 1:] = mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
        row, column, height, width = self.clipped_boxes.T
        below, right = row + height, column + width
        inside = sums[below, right] - sums[row, right]
        inside += sums[row, column] - sums[below, column]
        kept = inside >= MIN_VISIBLE * height * width
        return self if kept.all() else self._subset(kept)


class BoxGroup(NamedTuple):
    """Cells of one size that show the same columns of their tile."""

    numbers: Int64Array
    """Numbers of the cells in the layout, shape (m,)."""
    corners: Int64Array
    """Row and column of the top left corner of each visible part, shape (m, 2)."""
    size: Size
    """Size of the entire cell."""
    columns: slice
    """Visible columns of a tile."""

    @property
    def view(self) -> tuple[Size, int, int]:
        """Size of the cell, and first and last visible column of a tile."""
        return self.size, self.columns.start, self.columns.stop

    def cut(self, image: Image) -> Image:
        """Return the cells of an image, shape (m, height, width[, 3])."""
        return np.ascontiguousarray(self._windows(image)[tuple(self.corners.T)])

    def paste(self, image: Image, tiles: Image) -> None:
        """Write tiles, shape (m, height, width[, 3]), into the cells of an image."""
        self._windows(image)[tuple(self.corners.T)] = tiles

    def _windows(self, image: Image) -> Image:
        shape = (self.size.height, self.columns.stop - self.columns.start)
        windows = sliding_window_view(image, shape, axis=(0, 1), writeable=True)
        # sliding_window_view moves the channels before the window's axes.
        return windows if image.ndim == 2 else np.moveaxis(windows, 2, 4)


def grid_layout(size: Size, tile: Size) -> Layout:
    """Return a plain grid in row-major order; see `fit_to_grid`."""
    rows, columns = size.height // tile.height, size.width // tile.width
    labels = np.indices((rows, columns)).reshape(2, -1).T.astype(np.int64)
    return Layout(_boxes(labels, tile), labels, size, (rows, columns))


def layout_from_boxes(boxes: Int64Array, labels: Int64Array, size: Size) -> Layout:
    """Return the layout of stored boxes, recognizing a plain grid; see `Layout`."""
    if len(boxes):
        grid = grid_layout(size, Size(int(boxes[0, 3]), int(boxes[0, 2])))
        if np.array_equal(grid.boxes, boxes):
            return grid
    return Layout(boxes, labels, size)


def brick_layout(size: Size, tile: Size) -> Layout:
    """Return a wall of bricks: every second row is shifted by half a tile."""
    even = grid_layout(size, tile)
    rows, columns = size.height // tile.height, size.width // tile.width
    shifted = np.indices((rows // 2, columns + 1)).reshape(2, -1).T.astype(np.int64)
    shifted[:, 0] = 2 * shifted[:, 0] + 1
    shift = np.array([0, tile.width - tile.width // 2, 0, 0], np.int64)
    unshifted = even.labels[:, 0] % 2 == 0
    labels = np.concatenate([even.labels[unshifted], shifted])
    boxes = np.concatenate([even.boxes[unshifted], _boxes(shifted, tile) - shift])
    # If a tile is one pixel wide, the brick at the edge is entirely outside.
    visible = (boxes[:, 1] < size.width) & (boxes[:, 1] + boxes[:, 3] > 0)
    order = np.lexsort(labels.T[::-1])
    order = order[visible[order]]
    return Layout(boxes[order], labels[order], size)


def quadtree_layout(size: Size, tile: Size, splits: list[BoolArray]) -> Layout:
    """
    Return a quadtree: cells that are recursively split into four.

    Parameters
    ----------
    size, tile : Size
        Size of the target and of its largest cells, whose sides must be divisible by 2
        as often as there are arrays in `splits`.
    splits : list of bool arrays, shapes (rows * 2**level, columns * 2**level)
        Which cells of each level are split; cells whose parent isn't split don't count.
    """
    rows, columns = size.height // tile.height, size.width // tile.width
    exists = np.ones((rows, columns), np.bool_)
    boxes: list[Int64Array] = []
    labels: list[Int64Array] = []
    for level in range(len(splits) + 1):
        split = exists & splits[level] if level < len(splits) else np.zeros_like(exists)
        corners = np.argwhere(exists & ~split)
        cell = Size(tile.width >> level, tile.height >> level)
        boxes.append(_boxes(corners, cell))
        labels.append(corners << (len(splits) - level))
        exists = split.repeat(2, axis=0).repeat(2, axis=1)
    all_boxes, all_labels = np.concatenate(boxes), np.concatenate(labels)
    order = np.lexsort(all_labels.T[::-1])
    return Layout(all_boxes[order], all_labels[order], size)


def _boxes(positions: Int64Array, cell: Size) -> Int64Array:
    sides = np.array([cell.height, cell.width], np.int64)
    return np.hstack([positions * sides, np.broadcast_to(sides, positions.shape)])
