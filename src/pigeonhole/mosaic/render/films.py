"""Render films of a mosaic: tiles falling into place, and a zoom into one tile.

Each film is a generator of uint8 images, shape (height, width, 3); `save_film` writes
them as WebM or GIF. The same seed gives the same film.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import ceil, floor
from pathlib import Path
from typing import NamedTuple, Self

import cv2
import numpy as np

from pigeonhole.core.arrays import Float64Array, Image, Int64Array
from pigeonhole.core.atomic import atomic_write
from pigeonhole.core.errors import RenderError
from pigeonhole.core.geometry import Size
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import write_gif
from pigeonhole.imaging.video import FILM, AvEncoder
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import cell_edges, draw_page
from pigeonhole.mosaic.render.page import Page
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import FilmSettings

FILM_BACKGROUND = 16
"""Gray level of the background behind falling tiles."""
FALL_SHARE = 0.4
"""Share of the moving part of the film that a single tile takes to fall."""
STILL_SHARE = 0.25
"""Share of a film at its end that is a still image."""
MAX_GIF_PIXELS = 500_000_000
"""Maximum number of pixels of all images of a GIF."""


class NoEncoder(RenderError):
    """PyAV, which writes WebM, isn't installed."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} can't be written without PyAV: run `pip install av`, or set "
            "mosaic.film.format to gif."
        )


class GifTooLarge(RenderError):
    """A GIF would need too much memory, because all of its images share a palette."""

    def __init__(self, size: Size, frames: int) -> None:
        super().__init__(
            f"a GIF of {frames:,} images of {size} pixels would need "
            f"{3 * frames * size.width * size.height / 1e9:.0f} GB of memory: choose "
            "webm, a smaller size, fewer seconds or fewer frames per second."
        )


class Film(NamedTuple):
    """The input of a film; see `write_large`."""

    drawing: Drawing
    photos: Sequence[PhotoRow]
    folder: Path
    long_side: int
    """Longer side of the film in pixels."""
    frames: int
    """Number of images."""

    @classmethod
    def from_settings(
        cls,
        drawing: Drawing,
        photos: Sequence[PhotoRow],
        folder: Path,
        settings: FilmSettings,
    ) -> Self:
        """Return a film with the size and duration of the settings."""
        frames = max(2, round(settings.seconds * settings.fps))
        return cls(drawing, photos, folder, settings.long_side, frames)

    @property
    def size(self) -> Size:
        """Size of the film; see `film_size`."""
        return film_size(self.drawing.size, self.long_side)

    def draw(self, page: Page) -> Image:
        """Render the part of the mosaic that is on a page."""
        return draw_page(self.drawing, page, self.photos, self.folder)


def film_size(mosaic: Size, long_side: int) -> Size:
    """Return the size of a film; both sides are even, as video codecs require."""
    scale = long_side / max(mosaic)
    width, height = (max(2, round(scale * side / 2) * 2) for side in mosaic)
    return Size(width, height)


def check_gif(size: Size, frames: int) -> None:
    """Raise `GifTooLarge` if the images of a GIF don't fit into memory."""
    if frames * size.width * size.height > MAX_GIF_PIXELS:
        raise GifTooLarge(size, frames)


def falling(film: Film, seed: int = 1) -> Iterator[Image]:
    """Yield images of tiles that fall into place, the lowest first.

    `seed` is that of the order within the rows.
    """
    size = film.size
    page = Page(size, size)
    mosaic = film.draw(page)
    corners = size.height, size.width, size.height, size.width
    boxes = np.clip(cell_edges(film.drawing, page), 0, corners)
    starts = _start_times(boxes, size, seed)
    moving = round(film.frames * (1 - STILL_SHARE))
    for frame in progress(range(film.frames), "Rendering falling tiles", "image"):
        elapsed = (min(1.0, frame / moving) - starts) / FALL_SHARE
        yield _falling_frame(mosaic, boxes, elapsed)


def _start_times(boxes: Int64Array, size: Size, seed: int) -> Float64Array:
    """Return when each tile starts to fall, as a share of the moving part."""
    height = 1 - boxes[:, 2] / size.height
    scatter = np.random.default_rng(seed).random(len(boxes))
    return (1 - FALL_SHARE) * np.clip(0.8 * height + 0.2 * scatter, 0, 1)


def _falling_frame(mosaic: Image, boxes: Int64Array, elapsed: Float64Array) -> Image:
    image = np.full_like(mosaic, FILM_BACKGROUND)
    for number in np.flatnonzero(elapsed > 0):
        top, left, bottom, right = boxes[number]
        # Tiles start above the image and slow down as they reach their cell.
        height = round(bottom * (1 - ease_out(float(elapsed[number]))))
        hidden = max(0, height - top)
        tile = mosaic[top + hidden : bottom, left:right]
        image[max(0, top - height) : bottom - height, left:right] = tile
    return image


def ease_out(share: float) -> float:
    """Return a cubic curve from 0 to 1 that slows down at the end."""
    return 1 - (1 - min(max(share, 0.0), 1.0)) ** 3


def ease_in_out(share: float) -> float:
    """Return a curve from 0 to 1 that is flat at both ends: Perlin's smootherstep."""
    share = min(max(share, 0.0), 1.0)
    return share**3 * (10 - 15 * share + 6 * share**2)


def zooming(film: Film) -> Iterator[Image]:
    """Yield images of a zoom from the entire mosaic into one tile near its center."""
    size = film.size
    path = _ZoomPath.into(film.drawing, _zoom_cell(film.drawing), size)
    moving = round(film.frames * (1 - STILL_SHARE))
    rendered: _Rendering | None = None
    for frame in progress(range(film.frames), "Rendering zoom", "image"):
        scale = path.scale(ease_in_out(frame / moving))
        if rendered is None or scale > rendered.scale:
            rendered = _Rendering.at(film, path, scale)
        yield rendered.view(path, scale, size)


def _zoom_cell(drawing: Drawing) -> int:
    """Return the cell near the center whose crop has the most pixels."""
    centers = drawing.boxes[:, :2] + drawing.boxes[:, 2:] / 2
    positions = centers / (drawing.size.height, drawing.size.width)
    central = np.flatnonzero((np.abs(positions - 0.5) < 1 / 6).all(axis=1))
    cells = central if len(central) else np.arange(len(positions))
    widths = [drawing.rows[number].width for number in drawing.numbers[cells]]
    return int(cells[int(np.argmax(widths))])


class _ZoomPath(NamedTuple):
    """A zoom around a point that doesn't move, in pixels of the film at scale 1."""

    x: float
    y: float
    end: float
    """Largest scale."""

    @classmethod
    def into(cls, drawing: Drawing, cell: int, size: Size) -> "_ZoomPath":
        top, left, height, width = drawing.boxes[cell]
        down, right = size.height / drawing.size.height, size.width / drawing.size.width
        end = max(size.width / (width * right), size.height / (height * down))
        # At the end, the center of the cell is the center of the screen:
        # position * end - x * (end - 1) == side / 2, which is solved for x.
        center = (left + width / 2) * right, (top + height / 2) * down
        x, y = (
            # Near an edge, the zoom stops at the edge of the image.
            min(max((position * end - side / 2) / (end - 1), 0), side)
            if end > 1
            else 0.0
            for position, side in zip(center, size, strict=True)
        )
        return cls(x, y, end)

    def scale(self, share: float) -> float:
        return float(self.end**share)

    def corner(self, scale: float) -> tuple[float, float]:
        """Return the position of the top left corner, in pixels at `scale`."""
        return self.x * (scale - 1), self.y * (scale - 1)


class _Rendering(NamedTuple):
    """A part of the mosaic, rendered once for up to a doubling of the scale."""

    image: Image
    scale: float
    left: int
    top: int

    @classmethod
    def at(cls, film: Film, path: _ZoomPath, scale: float) -> "_Rendering":
        """Render what is visible at `scale`, at twice that scale."""
        sharp = min(2 * scale, path.end)
        ratio, size = sharp / scale, film.size
        left, top = (floor(position * ratio) for position in path.corner(scale))
        # One extra pixel, because the corner is rarely at a whole pixel.
        part = Size(*(ceil(side * ratio) + 1 for side in size))
        mosaic = Size(*(round(side * sharp) for side in size))
        image = film.draw(Page(part, mosaic, -left, -top))
        return cls(image, sharp, left, top)

    def view(self, path: _ZoomPath, scale: float, size: Size) -> Image:
        """Return the image on the screen at a scale."""
        ratio = self.scale / scale
        x, y = path.corner(scale)
        # Maps pixel centers of the screen to pixel centers of `image`.
        right = (x + 0.5) * ratio - self.left - 0.5
        down = (y + 0.5) * ratio - self.top - 0.5
        inverse = np.array([[ratio, 0, right], [0, ratio, down]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        view = cv2.warpAffine(
            self.image, inverse, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(view, np.uint8)


def save_film(path: Path, images: Iterator[Image], fps: int) -> None:
    """
    Write a film; the same images give the same bytes.

    Parameters
    ----------
    path : Path
        .webm (VP9) or .gif.
    images : iterator of uint8 arrays
    fps : int
        Frames per second, at most 50 for GIF.

    Raises
    ------
    NoEncoder
        PyAV isn't installed.
    """
    if path.suffix == ".gif":
        write_gif(path, images, fps)
        return
    # The encoder needs the size, which is that of the first image.
    first = next(images)
    size = Size(first.shape[1], first.shape[0])
    try:
        with atomic_write(path) as part, AvEncoder(part, size, fps, FILM) as encoder:
            for image in chain([first], images):
                encoder.write(image)
    except ImportError:
        raise NoEncoder(path) from None
