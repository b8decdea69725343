"""Check limits on repetition cell by cell, in all layouts."""

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from pigeonhole.core.geometry import Size
from pigeonhole.mosaic.layout import brick_layout, grid_layout, quadtree_layout

TILE = Size(4, 4)
"""Size of the largest cells of `layouts`."""


@st.composite
def layouts(draw, max_rows=4, max_columns=4):
    """Return a small grid, masked grid, brick wall or quadtree."""
    rows, columns = draw(st.integers(1, max_rows)), draw(st.integers(1, max_columns))
    size = Size(columns * TILE.width, rows * TILE.height)
    kind = draw(st.sampled_from(["grid", "masked", "brick", "quadtree"]))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    if kind == "brick":
        return brick_layout(size, TILE)
    if kind == "quadtree":
        return quadtree_layout(size, TILE, [random.random((rows, columns)) < 0.4])
    grid = grid_layout(size, TILE)
    if kind == "grid" or len(grid) == 1:
        return grid
    hidden = random.integers(len(grid))
    return grid.masked(
        np.repeat(np.arange(len(grid)) != hidden, 16)
        .reshape(rows, columns, 4, 4)
        .swapaxes(1, 2)
        .reshape(size.height, size.width)
    )


def neighbor_sets(boxes, distance):
    """Return the set of cells near each cell."""
    return [
        {
            b
            for b in range(len(boxes))
            if a != b and distance and are_near(boxes[a], boxes[b], distance)
        }
        for a in range(len(boxes))
    ]


def satisfies(placement, limits, tiles):
    """Return whether a placement in a grid satisfies limits on repetition."""
    uses = np.bincount(placement.ravel(), minlength=tiles)
    if limits.max_uses and uses.max() > limits.max_uses:
        return False
    if limits.use_all and uses.min() < 1:
        return False
    for row, column in np.ndindex(placement.shape):
        nearby = placement[
            max(0, row - limits.min_distance) : row + limits.min_distance + 1,
            max(0, column - limits.min_distance) : column + limits.min_distance + 1,
        ]
        if (nearby == placement[row, column]).sum() > 1:
            return False
    return True


def are_near(a, b, distance):
    """Return whether fewer than `distance` cells fit between two boxes."""
    gaps = [
        max(a[axis], b[axis]) - min(a[axis] + a[axis + 2], b[axis] + b[axis + 2])
        for axis in (0, 1)
    ]
    sides = [max(a[axis + 2], b[axis + 2]) for axis in (0, 1)]
    return all(
        gap <= (distance - 1) * side for gap, side in zip(gaps, sides, strict=True)
    )


def satisfies_in_layout(placed, limits, sources, boxes):
    """Return whether the source of each cell satisfies limits in any layout."""
    uses = np.bincount(placed, minlength=sources)
    if limits.max_uses and uses.max() > limits.max_uses:
        return False
    if limits.use_all and uses.min() < 1:
        return False
    return not limits.min_distance or not any(
        placed[a] == placed[b] and are_near(boxes[a], boxes[b], limits.min_distance)
        for a, b in combinations(range(len(placed)), 2)
    )
