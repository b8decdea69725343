"""perceptual: minimize local error, low-pass error and repetition together."""

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.matching.assignment.limits import RepetitionLimits
from pigeonhole.matching.grid import Placement, split_cells
from pigeonhole.matching.options import Matcher, MatchOptions
from pigeonhole.matching.perceptual.candidates import MAX_CANDIDATES, TilePool
from pigeonhole.matching.perceptual.costs import LocalWeights
from pigeonhole.matching.perceptual.place import (
    ObjectiveWeights,
    minimize,
    new_problem,
)


def make_matcher(tiles: Image, options: MatchOptions) -> Matcher:
    """
    Return a function that minimizes the objective of placements.

    The tiles are compared as they are, without color transfer, and may repeat.
    """
    height, width = tiles.shape[1:3]
    pool = TilePool(tiles, np.arange(len(tiles)), options.space, mirror=False)
    local = LocalWeights(options.structure_weight)
    weights = ObjectiveWeights(options.lowpass_weight, 0.0)

    def place(frame: Image) -> Placement:
        grid = split_cells(frame, height, width)
        cells = grid.reshape(-1, *grid.shape[2:])
        candidates = pool.candidates(
            pool.describe(cells), local, max(1, MAX_CANDIDATES // len(cells))
        )
        positions = np.indices(grid.shape[:2]).reshape(2, -1).T * (height, width)
        boxes = np.hstack([positions, np.full_like(positions, (height, width))])
        problem = new_problem(
            candidates, boxes, (height, width), len(tiles), weights, RepetitionLimits()
        )
        start = candidates.costs.argmin(axis=1)
        state = minimize(problem, start, len(tiles), seconds=np.inf)
        numbers = candidates.numbers[np.arange(len(cells)), state.chosen]
        return numbers.astype(np.int64).reshape(grid.shape[:2])

    return place
