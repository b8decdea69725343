"""The choice of tiles, frame after frame."""

from collections.abc import Callable

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.matching import TileIndex, cells_of, matcher
from pigeonhole.matching.assignment import LiveReuse, Reuse
from pigeonhole.matching.grid import Placement
from pigeonhole.matching.search.kernels import paired_distances
from pigeonhole.settings import LiveSettings

Chooser = Callable[[Picture, Placement | None, float], Placement]
"""(frame, placement before, steadiness) -> placement"""


def chooser(
    tiles: Picture, settings: LiveSettings, index: TileIndex | None = None
) -> Chooser:
    """
    Return the function that chooses a tile for every cell of a frame.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
        As large as the cells.
    settings : LiveSettings
        `match` and `reuse` count.
    index : TileIndex, optional
        Of these very tiles, if there is one already.
    """
    if settings.reuse.limited:
        rule = Reuse(settings.reuse.at_most, settings.reuse.apart)
        return LiveReuse(tiles, rule, index).place
    nearest = matcher(settings.match, tiles, index=index)

    def choose(
        frame: Picture, before: Placement | None, steadiness: float
    ) -> Placement:
        placement = nearest(frame)
        if before is None or not steadiness:
            return placement
        return steadied(frame, tiles, placement, before, steadiness)

    return choose


def steadied(
    frame: Picture,
    tiles: Picture,
    placement: Placement,
    before: Placement,
    steadiness: float,
) -> Placement:
    """
    Keep the tiles of the frame before unless the new ones are nearer by a share.

    Noise alone makes near tiles change places in every frame; a share that is more
    than noise does, and less than movement, holds them still (hysteresis).
    """
    _, height, width = tiles.shape[:3]
    cells = cells_of(frame, height, width).reshape(placement.size, -1)
    rows = tiles.reshape(len(tiles), -1)
    now = paired_distances(cells, rows, placement.ravel())
    kept = paired_distances(cells, rows, before.ravel())
    stays = (now >= (1 - steadiness) * kept).reshape(placement.shape)
    return np.where(stays, before, placement)
