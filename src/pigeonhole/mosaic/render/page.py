"""Pages: the position of a mosaic on a sheet of paper or in an image."""

from typing import NamedTuple

from pigeonhole.core.geometry import Size


class Page(NamedTuple):
    """
    A mosaic on its page, in pixels.

    Attributes
    ----------
    size : Size
        Size of the page.
    mosaic : Size
        Size of the mosaic on it.
    left, top : int
        Position of the mosaic on the page; parts beyond the page are clipped.
    """

    size: Size
    mosaic: Size
    left: int = 0
    top: int = 0
