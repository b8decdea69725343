"""Time how long each match mode takes to choose the tiles of one frame."""

from time import perf_counter

import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Size
from pigeonhole.core.match_modes import MATCH_MODES, MatchModeName
from pigeonhole.imaging.resize import to_gray
from pigeonhole.live.sources.synthetic import Synthetic
from pigeonhole.matching import matcher

PUBLISHED: dict[MatchModeName, float] = {
    "exact": 7.03,
    "mean-2x2": 0.556,
    "mean": 0.0015,
}
"""Seconds that a tutorial states for its own loops: 640x480 gray, 1,885 tiles."""
FRAMES = 60
"""Number of frames that are timed."""


def frame_seconds(tiles: Image, frame_size: Size) -> list[dict[str, object]]:
    """
    Time the match modes on a moving test image.

    Parameters
    ----------
    tiles : uint8 array, shape (n, height, width[, 3])
    frame_size : Size
        Reduced to a multiple of the tile size.

    Returns
    -------
    list of rows
        For each mode the median time of a frame and its quartiles, and the time that
        the tutorial states for its own loop, all in seconds.
    """
    height, width = tiles.shape[1:3]
    size = Size(frame_size.width // width * width, frame_size.height // height * height)
    rows: list[dict[str, object]] = []
    for mode in MATCH_MODES.values():
        if not mode.live:
            continue
        times = _frame_times(mode.name, tiles, size)
        lower, median, upper = np.quantile(times, [0.25, 0.5, 0.75])
        rows.append(
            {
                "mode": mode.name,
                "tiles": len(tiles),
                "width": size.width,
                "height": size.height,
                "seconds": median,
                "lower_quartile": lower,
                "upper_quartile": upper,
                "published": PUBLISHED.get(mode.name, np.nan),
            }
        )
    return rows


def _frame_times(mode: MatchModeName, tiles: Image, size: Size) -> list[float]:
    place = matcher(mode, tiles)
    source = Synthetic(size)
    times = []
    for _ in range(FRAMES + 1):
        source.grab()
        image = source.retrieve()
        frame = image if tiles.ndim == 4 else to_gray(image)
        start = perf_counter()
        place(frame)
        times.append(perf_counter() - start)
    # The first frame includes the time to compile the kernels.
    return times[1:]
