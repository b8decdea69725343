"""Cameras, videos, folders, pages and a test picture -> frames.

OpenCV's BGR ends here. A live source (a camera, or any source that a person watches)
keeps only the newest picture and drops what wasn't taken in time; a file is then paced
as it was recorded. Where nobody watches, files and the test picture run unpaced, every
frame.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Self

import cv2
import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.live.frame_queue import Feed
from pigeonhole.live.frames import Frame
from pigeonhole.live.latest import Slot
from pigeonhole.live.sources.cameras import Camera
from pigeonhole.live.sources.resolve import find_source
from pigeonhole.live.sources.synthetic import Synthetic
from pigeonhole.live.sources.video import Folder, Video
from pigeonhole.settings import LiveSettings


class Capture(Protocol):
    """Gives pictures one after the other."""

    rate: float
    """Pictures a second, as far as one can tell."""

    def grab(self) -> bool:
        """Take the next picture; False at the end."""

    def moment(self) -> float | None:
        """Return when it is shown, in seconds; None leaves that to the clock."""

    def retrieve(self) -> Picture | None:
        """Decode it as BGR, or None where it is damaged."""

    def release(self) -> None:
        """Let the device or the file go."""


class Source:
    """
    Frames of one size, with the time of their capture.

    Use it as a context manager: leaving releases the camera.

    Parameters
    ----------
    capture : Capture
    size : Size
        Of the frames: pictures are cropped around their centre to its shape, and
        resized.
    live : bool
        Read by a thread that keeps only the newest picture, each in its moment.
    sound : Path, optional
        The file that has the sound of these pictures.
    """

    def __init__(
        self, capture: Capture, size: Size, *, live: bool, sound: Path | None = None
    ) -> None:
        self._capture = capture
        self._size = size
        self._live = live
        self._reader: Slot[Frame] | None = None
        self.rate = capture.rate
        self.sound = sound
        self.original: Size | None = None
        """Size of the source's own pictures, known from the first frame on."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader:
            self._reader.__exit__()
        # A device that hangs in its driver is let go with the process.
        if not (self._reader and self._reader.running):
            self._capture.release()

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames, once."""
        taken: Iterator[Frame] = self._taken()
        if self._live:
            self._reader = Slot(taken, drop=True).__enter__()
            taken = iter(self._reader)
        for frame in taken:
            rows, columns = frame.picture.shape[:2]
            self.original = Size(columns, rows)
            yield replace(frame, picture=_fitted(frame.picture, self._size))

    def _taken(self) -> Iterator[Frame]:
        """Give what the device gives, in BGR and its own size."""
        start = time.perf_counter()
        for number in itertools.count():
            if not self._capture.grab():
                return
            moment = self._capture.moment()
            if moment is not None and self._live:
                time.sleep(max(0.0, start + moment - time.perf_counter()))
            captured = time.perf_counter()
            if moment is None:
                moment = captured - start
            picture = self._capture.retrieve()
            if picture is not None:
                yield Frame(number, picture, captured, moment)


def open_source(settings: LiveSettings, feed: Feed) -> Source:
    """
    Open a camera, a video file, a folder, the test picture, or what browsers send.

    Parameters
    ----------
    settings : LiveSettings
    feed : Feed
        The source browser.

    Raises
    ------
    LiveError
        One sentence says what isn't there, or what keeps it from being opened.
    """
    kind, name = find_source(settings)
    size, watched = settings.frame, settings.watched
    match kind:
        case "camera":
            return Source(Camera(int(name), size), size, live=True)
        case "browser":
            return Source(feed, size, live=True)
        case "video":
            path = Path(name)
            return Source(Video(path), size, live=watched, sound=path)
        case "folder":
            folder = Folder(Path(name), settings.pace, endless=watched)
            return Source(folder, size, live=watched)
        case "synthetic":
            return Source(Synthetic(size), size, live=watched)


def _fitted(picture: Picture, size: Size) -> Picture:
    """Crop a BGR picture around its centre to the shape of `size`, resize, make RGB."""
    rows, columns = picture.shape[:2]
    width = min(columns, max(1, round(rows * size.width / size.height)))
    height = min(rows, max(1, round(columns * size.height / size.width)))
    left, top = (columns - width) // 2, (rows - height) // 2
    part = picture[top : top + height, left : left + width]
    if (width, height) != size:
        part = resize(part, size.width, size.height)
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGB), np.uint8)
