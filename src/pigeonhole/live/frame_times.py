"""How long it takes to choose the tiles of one frame, by each way of choosing."""

from time import perf_counter

import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_grey
from pigeonhole.live.sources.synthetic import Synthetic
from pigeonhole.matching import matcher
from pigeonhole.matching.strategies import Mode

PUBLISHED: dict[Mode, float] = {"exact": 7.03, "four": 0.556, "mean": 0.0015}
"""What a tutorial states for its loops, in seconds: 640x480 in grey, 1,885 tiles."""
FRAMES = 60
"""Frames that are timed, after one that isn't."""


def frame_seconds(tiles: Picture, frame: Size) -> list[dict[str, object]]:
    """
    Time the ways of choosing tiles on a moving test picture.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    frame : Size
        It's cut to whole tiles.

    Returns
    -------
    list of rows
        For each way the seconds of a frame: median, both ends of the middle half, and
        those that the tutorial states for its own loop.
    """
    height, width = tiles.shape[1:3]
    size = Size(frame.width // width * width, frame.height // height * height)
    rows: list[dict[str, object]] = []
    for way, published in PUBLISHED.items():
        low, middle, high = np.quantile(_times(way, tiles, size), [0.25, 0.5, 0.75])
        rows.append(
            {
                "way": way,
                "tiles": len(tiles),
                "width": size.width,
                "height": size.height,
                "seconds": middle,
                "low": low,
                "high": high,
                "published": published,
            }
        )
    return rows


def _times(way: Mode, tiles: Picture, size: Size) -> list[float]:
    place = matcher(way, tiles)
    scene = Synthetic(size)
    times = []
    for _ in range(FRAMES + 1):
        scene.grab()
        picture = scene.retrieve()
        seen = picture if tiles.ndim == 4 else to_grey(picture)
        start = perf_counter()
        place(seen)
        times.append(perf_counter() - start)
    # The first frame compiles.
    return times[1:]
