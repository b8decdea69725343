"""Choose the tiles of consecutive frames."""

from collections.abc import Callable

import numpy as np

from pigeonhole.core.arrays import Image, Int64Array
from pigeonhole.core.geometry import Size
from pigeonhole.core.match_modes import LiveMatchModeName
from pigeonhole.matching import TileIndex, matcher, render, split_cells
from pigeonhole.matching.assignment import LiveAssignment, RepetitionLimits
from pigeonhole.matching.assignment.live import (
    check_source_count,
    keep_steady,
    largest_distance,
)
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.options import MatchOptions
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.matching.strategies import (
    compares_bytes,
    compares_pixels,
    describe_pair,
    match_descriptors,
)
from pigeonhole.settings import LiveSettings

DEFAULT_DISTANCE = 2
"""Minimum distance between two uses of a source if the setting is auto."""
MAX_RANK_STEPS = 2**16
"""Maximum number of different brightness values (match mode mean with limits)."""

FrameStrategy = Callable[[Image, Placement | None, float], Placement]
"""Function (frame, previous placement, steadiness) -> placement."""


def frame_limits(
    settings: LiveSettings, sources: Int64Array, cell_size: Size
) -> RepetitionLimits:
    """
    Return the limits on repetition for frames with cells of one size.

    The distance `auto` is reduced to what the number of sources allows. TooFewTiles is
    raised if there are too few for the other settings.
    """
    max_uses, distance = settings.repetition.max_uses, settings.repetition.min_distance
    (width, height), count = settings.frame_size, int(sources.max()) + 1
    rows, columns = height // cell_size.height, width // cell_size.width
    if distance == "auto":
        longest = RepetitionLimits(max_uses, DEFAULT_DISTANCE)
        distance = largest_distance(longest, count, rows, columns) or 0
    limits = RepetitionLimits(max_uses, distance)
    check_source_count(limits, count, rows, columns)
    return limits


def frame_strategy(
    tiles: Image,
    mode: LiveMatchModeName,
    limits: RepetitionLimits,
    sources: Int64Array,
    index: TileIndex | None = None,
) -> FrameStrategy:
    """
    Return the function that computes the placements of consecutive frames.

    The tiles have the size of a cell; `index` is of exactly these tiles.
    """
    if limits != RepetitionLimits():
        return _limited_strategy(tiles, mode, limits, sources, index)
    nearest = matcher(mode, tiles, index=index)

    def place(frame: Image, previous: Placement | None, steadiness: float) -> Placement:
        placement = nearest(frame)
        if previous is None or not steadiness:
            return placement
        return _keep_steady(frame, tiles, placement, previous, steadiness)

    return place


def _limited_strategy(
    tiles: Image,
    mode: LiveMatchModeName,
    limits: RepetitionLimits,
    sources: Int64Array,
    index: TileIndex | None,
) -> FrameStrategy:
    """Return the strategy within limits, by the descriptors of a mode."""
    options = MatchOptions()
    if compares_pixels(mode, tiles, options):
        return LiveAssignment(tiles, limits, sources, index).place
    height, width = tiles.shape[1:3]
    if compares_bytes(mode):
        descriptors = match_descriptors(tiles, mode, options)

        def describe(frame: Image) -> Image:
            grid = split_cells(frame, height, width)
            cells = match_descriptors(grid.reshape(-1, *grid.shape[2:]), mode, options)
            return render(cells, np.arange(len(cells)).reshape(grid.shape[:2]))

    else:
        # The rank of a cell is that of the tile that it gets without limits.
        nearest = matcher(mode, tiles)
        _, ranks = describe_pair(tiles[:1], tiles, mode, options)
        descriptors = _encode(ranks.ravel())

        def describe(frame: Image) -> Image:
            return render(descriptors, nearest(frame))

    assignment = LiveAssignment(descriptors, limits, sources)
    tile_rows = tiles.reshape(len(tiles), -1)

    def place(frame: Image, previous: Placement | None, steadiness: float) -> Placement:
        placement = assignment.place(describe(frame))
        if previous is None or not steadiness:
            return placement
        # Noise changes descriptors by more than the nearest ones differ, so pixels are
        # compared, as without limits.
        cells = split_cells(frame, height, width).reshape(placement.size, -1)
        return keep_steady(
            cells, tile_rows, placement, previous, steadiness, limits, sources
        )

    return place


def _encode(ranks: Int64Array) -> Image:
    """Return images of one row whose distances are those of the ranks, in steps."""
    # Long rows would take too much memory, so that in large sets steps are above 1.
    steps = ranks // (len(ranks) // MAX_RANK_STEPS + 1)
    length = int(steps.max()) // 255 + 1
    bytes_filled = np.clip(steps[:, None] - 255 * np.arange(length), 0, 255)
    return np.asarray(bytes_filled[:, None], np.uint8)


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
