"""Photo mosaics, still and live, and a laboratory for the birthday paradox.

Conventions
-----------
Pictures are RGB or grey, uint8, C-contiguous, indexed (row, column[, channel]). Sizes
are written WIDTHxHEIGHT, boxes are x, y, width, height in pixels. Times are seconds.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pigeonhole.matching import TileIndex, render

__all__ = ["TileIndex", "render"]


def __getattr__(name: str) -> object:
    # Imported on first use: the birthday half starts without OpenCV and Numba.
    if name in __all__:
        from pigeonhole import matching

        return getattr(matching, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
