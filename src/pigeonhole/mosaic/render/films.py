"""How a mosaic is made, as moving pictures: tiles fall into place; one tile comes near.

Each film is a function that yields its pictures; `save_film` writes them as WebM or
GIF. Nothing is left to chance that a seed doesn't decide.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any, NamedTuple, Self

import cv2
import numpy as np
import numpy.typing as npt

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import beside
from pigeonhole.core.errors import RenderError
from pigeonhole.core.geometry import Size
from pigeonhole.core.progress import progress
from pigeonhole.imaging.codecs import write_gif
from pigeonhole.mosaic.render.drawing import Drawing, Ints, Page
from pigeonhole.mosaic.render.large import draw_page, edges_of
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import FilmSettings

Floats = npt.NDArray[np.float64]
NIGHT = 16
"""Grey of the background on which tiles fall."""
FALL = 0.4
"""Share of the film that a single tile takes to fall."""
REST = 0.25
"""Share of a film in which the finished picture stands still."""


class NoEncoder(RenderError):
    """WebM needs a package that isn't there."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} can't be written without PyAV: `pip install av`, or make a gif."
        )


class Film(NamedTuple):
    """
    What a film is made of.

    Attributes
    ----------
    drawing : Drawing
    photos : sequence of PhotoRow
    folder : Path
        See `write_large`.
    side : int
        Longer side of the film, in pixels.
    frames : int
        How many pictures it has.
    """

    drawing: Drawing
    photos: Sequence[PhotoRow]
    folder: Path
    side: int
    frames: int

    @classmethod
    def of(
        cls,
        drawing: Drawing,
        photos: Sequence[PhotoRow],
        folder: Path,
        settings: FilmSettings,
    ) -> Self:
        """Return the film that the settings ask for."""
        frames = max(2, round(settings.seconds * settings.rate))
        return cls(drawing, photos, folder, settings.side, frames)

    @property
    def size(self) -> Size:
        """Return the size of the film: even sides, as video wants them."""
        matched = self.drawing.size
        scale = self.side / max(matched)
        width, height = (max(2, round(scale * side / 2) * 2) for side in matched)
        return Size(width, height)

    def draw(self, page: Page) -> Picture:
        """Return the part of the mosaic that a page shows."""
        return draw_page(self.drawing, page, self.photos, self.folder)


def falling(film: Film, seed: int = 1) -> Iterator[Picture]:
    """
    Let the tiles of a mosaic fall into place, the lowest first.

    Parameters
    ----------
    film : Film
    seed : int
        Of the order within the rows.

    Yields
    ------
    uint8 array, shape (height, width, 3)
    """
    size = film.size
    page = Page(size, size)
    whole = film.draw(page)
    corners = size.height, size.width, size.height, size.width
    boxes = np.clip(edges_of(film.drawing, page), 0, corners)
    starts = _starts(boxes, size, seed)
    moving = round(film.frames * (1 - REST))
    for frame in progress(range(film.frames), "Filming the fall", "picture"):
        done = (min(1.0, frame / moving) - starts) / FALL
        yield _fallen(whole, boxes, done)


def _starts(boxes: Ints, size: Size, seed: int) -> Floats:
    """Return when each tile begins to fall, as a share of the moving part."""
    height = 1 - boxes[:, 2] / size.height
    scatter = np.random.default_rng(seed).random(len(boxes))
    return (1 - FALL) * np.clip(0.8 * height + 0.2 * scatter, 0, 1)


def _fallen(whole: Picture, boxes: Ints, done: Floats) -> Picture:
    picture = np.full_like(whole, NIGHT)
    for number in np.flatnonzero(done > 0):
        top, left, bottom, right = boxes[number]
        # From above the picture, fast at first, gently into place.
        up = round(bottom * (1 - eased_out(float(done[number]))))
        hidden = max(0, up - top)
        sprite = whole[top + hidden : bottom, left:right]
        picture[max(0, top - up) : bottom - up, left:right] = sprite
    return picture


def eased_out(share: float) -> float:
    """Run from 0 to 1, slower and slower."""
    return 1 - (1 - min(max(share, 0.0), 1.0)) ** 3


def eased(share: float) -> float:
    """Run from 0 to 1, gently at both ends (Perlin's smootherstep)."""
    share = min(max(share, 0.0), 1.0)
    return share**3 * (10 - 15 * share + 6 * share**2)


def zooming(film: Film) -> Iterator[Picture]:
    """
    Go from the whole mosaic into one tile of its middle, until it fills the picture.

    Yields
    ------
    uint8 array, shape (height, width, 3)
    """
    size = film.size
    way = _Way.into(film.drawing, _aim(film.drawing), size)
    moving = round(film.frames * (1 - REST))
    near: _Near | None = None
    for frame in progress(range(film.frames), "Filming the zoom", "picture"):
        scale = way.scale(eased(frame / moving))
        if near is None or scale > near.sharp:
            near = _Near.at(film, way, scale)
        yield near.view(way, scale, size)


def _aim(drawing: Drawing) -> int:
    """Return the cell in the middle of the mosaic whose photo has the most pixels."""
    middles = drawing.boxes[:, :2] + drawing.boxes[:, 2:] / 2
    places = middles / (drawing.size.height, drawing.size.width)
    central = np.flatnonzero((np.abs(places - 0.5) < 1 / 6).all(axis=1))
    cells = central if len(central) else np.arange(len(places))
    widths = [drawing.rows[number].width for number in drawing.numbers[cells]]
    return int(cells[int(np.argmax(widths))])


class _Way(NamedTuple):
    """
    A way into a mosaic; places are in pixels of the film at scale 1.

    `x`, `y` is the one point that never moves on the screen, `end` the largest scale.
    """

    x: float
    y: float
    end: float

    @classmethod
    def into(cls, drawing: Drawing, cell: int, size: Size) -> "_Way":
        top, left, height, width = drawing.boxes[cell]
        down, right = size.height / drawing.size.height, size.width / drawing.size.width
        end = max(size.width / (width * right), size.height / (height * down))
        # At the end the cell's middle is the screen's: x*end - x*(end-1) == middle.
        middle = (left + width / 2) * right, (top + height / 2) * down
        x, y = (
            # Toward a cell at the edge the picture's own edge is as far as it goes.
            min(max((place * end - side / 2) / (end - 1), 0), side) if end > 1 else 0.0
            for place, side in zip(middle, size, strict=True)
        )
        return cls(x, y, end)

    def scale(self, share: float) -> float:
        return float(self.end**share)

    def corner(self, scale: float) -> tuple[float, float]:
        """Return what is in the upper left corner, in pixels at `scale`."""
        return self.x * (scale - 1), self.y * (scale - 1)


class _Near(NamedTuple):
    """A part of the mosaic, drawn sharp for the end of a doubling of the scale."""

    picture: Picture
    sharp: float
    left: int
    top: int

    @classmethod
    def at(cls, film: Film, way: _Way, scale: float) -> "_Near":
        """Draw what is seen from `scale` on, until it is twice as large."""
        sharp = min(2 * scale, way.end)
        ratio, size = sharp / scale, film.size
        left, top = (floor(place * ratio) for place in way.corner(scale))
        # One pixel more, since the corner rarely falls on a whole one.
        part = Size(*(ceil(side * ratio) + 1 for side in size))
        whole = Size(*(round(side * sharp) for side in size))
        picture = film.draw(Page(part, whole, -left, -top))
        return cls(picture, sharp, left, top)

    def view(self, way: _Way, scale: float, size: Size) -> Picture:
        """Return the picture on the screen."""
        ratio = self.sharp / scale
        x, y = way.corner(scale)
        # From the middle of a pixel on the screen to the middle of one of `picture`.
        back = np.array(
            [
                [ratio, 0, (x + 0.5) * ratio - self.left - 0.5],
                [0, ratio, (y + 0.5) * ratio - self.top - 0.5],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(
            self.picture, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(seen, np.uint8)


def save_film(path: Path, pictures: Iterator[Picture], rate: int) -> None:
    """
    Write a film, whole or not at all; the same pictures give the same bytes.

    Parameters
    ----------
    path : Path
        .webm (VP9) or .gif.
    pictures : iterator of uint8 arrays, shape (height, width, 3)
    rate : int
        Pictures a second; of a gif, no more than 50.

    Raises
    ------
    NoEncoder
        PyAV is missing.
    """
    if path.suffix == ".gif":
        write_gif(path, pictures, rate)
        return
    with beside(path) as draft:
        _write_webm(draft, path, pictures, rate)


def _write_webm(
    draft: Path, path: Path, pictures: Iterator[Picture], rate: int
) -> None:
    try:
        # After OpenCV, lest its windows hang.
        import av
    except ImportError:
        raise NoEncoder(path) from None
    # Otherwise the file gets a random number; threads would change the bytes as well.
    with av.open(str(draft), "w", options={"fflags": "+bitexact"}) as container:
        way = {"crf": "28", "b": "0", "deadline": "good", "cpu-used": "5"}
        stream: Any = container.add_stream("libvpx-vp9", rate=rate, options=way)
        stream.pix_fmt, stream.thread_count = "yuv420p", 1
        for number, picture in enumerate(pictures):
            if not number:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
