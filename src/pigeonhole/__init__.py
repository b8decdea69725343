"""Photo mosaics, still and live, and a laboratory for the birthday paradox.

Conventions
-----------
Images are RGB or gray, uint8, C-contiguous, indexed (row, column[, channel]). Sizes
are written WIDTHxHEIGHT, boxes are x, y, width, height in pixels. Times are seconds.

Importing the package changes nothing in the process. Programs can call
`pigeonhole.core.runtime.configure` first, which makes kernels faster.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pigeonhole.matching import TileIndex, render
    from pigeonhole.mosaic.from_folder import mosaic_from_folder

__all__ = ["TileIndex", "mosaic_from_folder", "render"]


def __getattr__(name: str) -> object:
    # Imported on first use: the birthday experiments don't need OpenCV and Numba.
    if name == "mosaic_from_folder":
        from pigeonhole.mosaic.from_folder import mosaic_from_folder

        return mosaic_from_folder
    if name in __all__:
        from pigeonhole import matching

        return getattr(matching, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
