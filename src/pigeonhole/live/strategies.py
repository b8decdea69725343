"""Choose the tiles of consecutive frames."""

from collections.abc import Callable

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.repetition import has_limits
from pigeonhole.matching import TileIndex, matcher, split_cells
from pigeonhole.matching.assignment import LiveAssignment, RepetitionLimits
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.settings import LiveSettings

FrameStrategy = Callable[[Image, Placement | None, float], Placement]
"""Function (frame, previous placement, steadiness) -> placement."""


def frame_strategy(
    tiles: Image, settings: LiveSettings, index: TileIndex | None = None
) -> FrameStrategy:
    """
    Return the function that computes the placements of consecutive frames.

    The tiles have the size of a cell; `index` is of exactly these tiles.
    """
    if has_limits(settings.repetition):
        limits = RepetitionLimits(
            settings.repetition.max_uses, settings.repetition.min_distance
        )
        return LiveAssignment(tiles, limits, index).place
    nearest = matcher(settings.match, tiles, index=index)

    def place(frame: Image, previous: Placement | None, steadiness: float) -> Placement:
        placement = nearest(frame)
        if previous is None or not steadiness:
            return placement
        return _keep_steady(frame, tiles, placement, previous, steadiness)

    return place


def _keep_steady(
    frame: Image,
    tiles: Image,
    placement: Placement,
    previous: Placement,
    steadiness: float,
) -> Placement:
    """
    Keep previous tiles unless the new ones are nearer by the given share.

    Camera noise alone makes similar tiles change places in every frame. This hysteresis
    suppresses changes smaller than `steadiness`, which noise causes, and passes larger
    ones, which movement causes.
    """
    _, height, width = tiles.shape[:3]
    cells = split_cells(frame, height, width).reshape(placement.size, -1)
    tile_rows = tiles.reshape(len(tiles), -1)
    new_distances = paired_distances(cells, tile_rows, placement.ravel())
    old_distances = paired_distances(cells, tile_rows, previous.ravel())
    keep = new_distances >= (1 - steadiness) * old_distances
    return np.where(keep.reshape(placement.shape), previous, placement)
