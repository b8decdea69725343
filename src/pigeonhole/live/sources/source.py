"""Read frames from cameras, videos, folders, browsers and a test image.

A realtime source (a camera, or any source in a run that someone watches) keeps only the
latest image, and plays files at their recorded speed. In a run that nobody watches,
files and the test image are read as fast as possible and no frame is dropped.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.live.frame_queue import FrameQueue
from pigeonhole.live.frames import Frame
from pigeonhole.live.latest import LatestValue
from pigeonhole.live.sources.cameras import Camera
from pigeonhole.live.sources.capture import Capture
from pigeonhole.live.sources.resolve import resolve_source
from pigeonhole.live.sources.synthetic import Synthetic
from pigeonhole.live.sources.video import Folder, Video
from pigeonhole.settings import LiveSettings


class Source:
    """
    RGB frames of one size, with their capture times.

    Use it as a context manager. Leaving the context releases the device.

    Parameters
    ----------
    capture : Capture
    frame_size : Size
        Images are cropped around their center to its aspect ratio and resized.
    realtime : bool
        Read the capture in a thread at its own speed and keep only the latest image.
    sound : Path, optional
        File that contains the sound.

    Attributes
    ----------
    original_size : Size or None
        Size of the capture's images; None before the first frame.
    """

    def __init__(
        self,
        capture: Capture,
        frame_size: Size,
        *,
        realtime: bool,
        sound: Path | None = None,
    ) -> None:
        self._capture = capture
        self._frame_size = frame_size
        self._realtime = realtime
        self._reader: LatestValue[Frame] | None = None
        self.fps = capture.fps
        self.sound = sound
        self.original_size: Size | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader:
            self._reader.__exit__()
        # If the reader hangs in the driver, the device is released on process exit.
        if not (self._reader and self._reader.running):
            self._capture.release()

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames. A source can be iterated only once."""
        captured: Iterator[Frame] = self._captured()
        if self._realtime:
            self._reader = LatestValue(captured, drop=True).__enter__()
            captured = iter(self._reader)
        for frame in captured:
            rows, columns = frame.image.shape[:2]
            self.original_size = Size(columns, rows)
            yield replace(frame, image=_fitted(frame.image, self._frame_size))

    def _captured(self) -> Iterator[Frame]:
        """Yield the capture's images, in BGR and at their original size."""
        start = time.perf_counter()
        for number in itertools.count():
            if not self._capture.grab():
                return
            timestamp = self._capture.timestamp()
            if timestamp is not None and self._realtime:
                time.sleep(max(0.0, start + timestamp - time.perf_counter()))
            captured_at = time.perf_counter()
            if timestamp is None:
                timestamp = captured_at - start
            image = self._capture.retrieve()
            if image is not None:
                yield Frame(number, image, captured_at, timestamp)


def open_source(settings: LiveSettings, frame_queue: FrameQueue) -> Source:
    """Open the source that the settings name; `frame_queue` serves browsers."""
    kind, name = resolve_source(settings)
    size, watched = settings.frame_size, settings.has_viewers
    match kind:
        case "camera":
            return Source(Camera(int(name), size), size, realtime=True)
        case "browser":
            return Source(frame_queue, size, realtime=True)
        case "video":
            path = Path(name)
            return Source(Video(path), size, realtime=watched, sound=path)
        case "folder":
            folder = Folder(Path(name), settings.folder_fps, loop=watched)
            return Source(folder, size, realtime=watched)
        case "synthetic":
            return Source(Synthetic(size), size, realtime=watched)


def _fitted(image: Image, size: Size) -> Image:
    """Center-crop a BGR image to the aspect ratio of `size`, resize, convert to RGB."""
    rows, columns = image.shape[:2]
    width = min(columns, max(1, round(rows * size.width / size.height)))
    height = min(rows, max(1, round(columns * size.height / size.width)))
    left, top = (columns - width) // 2, (rows - height) // 2
    cropped = image[top : top + height, left : left + width]
    if (width, height) != size:
        cropped = resize(cropped, size.width, size.height)
    return np.asarray(cv2.cvtColor(cropped, cv2.COLOR_BGR2RGB), np.uint8)
