"""Pages: the position of a mosaic on a sheet of paper or in an image."""

from typing import NamedTuple

from pigeonhole.core.errors import RenderError
from pigeonhole.core.geometry import Size

MAX_PAGE_PIXELS = 20_000_000_000
"""Maximum number of pixels of a page, which takes hours to render."""


class PageTooLarge(RenderError):
    """An image would have far too many pixels."""

    def __init__(self, size: Size) -> None:
        count = size.width * size.height
        super().__init__(
            f"the image would have {size.width:,}x{size.height:,} pixels, which are "
            f"{count / 1e9:,.0f} billion; the maximum is {MAX_PAGE_PIXELS // 10**9} "
            "billion. Choose a smaller tile width, paper or DPI."
        )


def check_page_size(size: Size) -> None:
    """Raise `PageTooLarge` if an image has more than `MAX_PAGE_PIXELS`."""
    if size.width * size.height > MAX_PAGE_PIXELS:
        raise PageTooLarge(size)


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
