"""The ways to choose a tile: exact, mixed, or the two short cuts of the tutorials."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.color_spaces import Space, in_space
from pigeonhole.imaging.resize import resize
from pigeonhole.matching.grid import Placement, cells_of
from pigeonhole.matching.perceptual.balance import balanced, balanced_like
from pigeonhole.matching.perceptual.lowpass import with_far
from pigeonhole.matching.search.index import TileIndex

Mode = Literal["exact", "mixed", "mean", "four"]
Far = float | Literal["auto"]
"""What the far look counts beside the near one, or as much as it takes."""
USUAL_FAR = 0.4
Matcher = Callable[[Picture], Placement]
"""frame, shape (rows * height, columns * width[, 3]) -> placement (rows, columns)"""


def matcher(
    mode: Mode,
    tiles: Picture,
    space: Space = "rgb",
    *,
    far: Far = "auto",
    shape: float = 0,
    index: TileIndex | None = None,
) -> Matcher:
    """
    Return the function that places tiles on frames.

    Parameters
    ----------
    mode : {"exact", "mixed", "mean", "four"}
        exact compares every pixel; mixed the whole from afar besides; mean looks a
        tile up by brightness alone; four compares thumbnails of 2x2 pixels.
    tiles : uint8 array, shape (n, height, width[, 3])
    space : {"grey", "rgb", "lab"}
        What is compared; grey tiles are compared in grey in any case, and brightness
        in CIELAB is its L.
    far : float or "auto"
        For mixed: what the far look counts beside the near one; auto takes the least
        with which it is as good as that of four.
    shape : float
        For mixed: the share of the near look that doesn't ask how light a tile is.
    index : TileIndex, optional
        Of these very tiles; where their own bytes are compared it is taken instead of
        making one.
    """
    if index and mode == "exact" and (tiles.ndim == 3 or space == "rgb"):
        return index.place
    makers: dict[Mode, Callable[[Picture], Matcher]] = {
        "exact": _exact,
        "mixed": partial(_mixed, far=far, shape=shape),
        "mean": _by_mean,
        "four": _by_four,
    }

    def seen(stack: Picture) -> Picture:
        stack = in_space(stack, space)
        only_light = mode == "mean" and space == "lab" and stack.ndim == 4
        return np.ascontiguousarray(stack[..., 0]) if only_light else stack

    place = makers[mode](seen(tiles))
    # A frame is a stack of one; grey frames belong to grey tiles.
    return lambda frame: place(seen(frame[None])[0])


def compared(
    stack: Picture, mode: Literal["exact", "mixed"], space: Space, far: Far
) -> Picture:
    """
    Return pictures as the bytes whose absolute differences are summed.

    Where cells are compared one by one, without their neighbours, mixed counts the
    means of each cell's own blocks; auto is `USUAL_FAR` then.
    """
    seen = in_space(stack, space)
    if mode == "exact":
        return seen
    return with_far(seen, USUAL_FAR if far == "auto" else far)


def _exact(tiles: Picture) -> Matcher:
    return TileIndex(tiles).place


def _mixed(tiles: Picture, far: Far, shape: float) -> Matcher:
    if far != "auto":
        return partial(balanced, tiles=tiles, far=far, shape=shape)
    by_four = _by_four(tiles)
    return lambda frame: balanced_like(frame, tiles, by_four(frame), shape)


def _by_mean(tiles: Picture) -> Matcher:
    """Take brightness 0 to 256 as the place in the set sorted by brightness."""
    count, height, width = tiles.shape[:3]
    by_brightness = _sums(tiles).argsort(kind="stable")

    def place(frame: Picture) -> Placement:
        grid = cells_of(frame, height, width)
        cells = grid.reshape(-1, *grid.shape[2:])
        ranks = (count - 1) * _sums(cells) // (256 * tiles[0].size)
        placement: Placement = by_brightness[ranks].reshape(grid.shape[:2])
        return placement

    return place


def _sums(pictures: Picture) -> Placement:
    rows = pictures.reshape(len(pictures), -1)
    return np.asarray(rows.sum(axis=1, dtype=np.int64))


def _by_four(tiles: Picture) -> Matcher:
    _, height, width = tiles.shape[:3]
    # A tile one pixel wide or tall has no two points that way.
    tall, wide = min(2, height), min(2, width)
    index = TileIndex(np.stack([resize(tile, wide, tall) for tile in tiles]))

    def place(frame: Picture) -> Placement:
        rows, columns = frame.shape[0] // height, frame.shape[1] // width
        return index.place(resize(frame, columns * wide, rows * tall))

    return place
