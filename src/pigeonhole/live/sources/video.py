"""A video file or a folder of images as a capture."""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.errors import LiveError, UnreadableImage
from pigeonhole.imaging.codecs import FORMAT_NAMES, read_rgb
from pigeonhole.live.sources.capture import Capture, plausible_fps
from pigeonhole.photos.files import scan_folder

MAX_TIMESTAMP_GAP = 10.0
"""Seconds. Timestamps of a file that jump further ahead are ignored as damaged."""

log = logging.getLogger(__name__)


class UnreadableVideo(LiveError):
    """A file can't be read as a video."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} can't be read as a video: check that it is complete and in a "
            "common format such as AVI, MP4, MKV or WebM."
        )


class NoImages(LiveError):
    """A folder contains no readable image."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} contains no readable image: choose a folder with {FORMAT_NAMES} "
            "files."
        )


class Video(Capture):
    """A capture of a video file."""

    def __init__(self, path: Path) -> None:
        probe = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        readable = probe.isOpened() and probe.read()[0]
        probe.release()
        if not readable:
            raise UnreadableVideo(path)
        # Reopen the file: not every format can be rewound to the first frame.
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        self.fps = plausible_fps(self._capture.get(cv2.CAP_PROP_FPS))
        self._timestamp = -1 / self.fps

    def grab(self) -> bool:
        """Advance to the next image; return False at the end of the file."""
        return self._capture.grab()

    def timestamp(self) -> float:
        """Return the current image's presentation time in seconds."""
        reported = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        expected = self._timestamp + 1 / self.fps
        # An image with an implausible timestamp follows at the nominal frame rate.
        plausible = self._timestamp < reported < expected + MAX_TIMESTAMP_GAP
        self._timestamp = reported if plausible else expected
        return self._timestamp

    def retrieve(self) -> Image | None:
        """Return the decoded image, or None if it is damaged."""
        decoded, image = self._capture.retrieve()
        return np.asarray(image, np.uint8) if decoded else None

    def release(self) -> None:
        """Close the file."""
        self._capture.release()


class Folder(Capture):
    """
    A capture that shows the images of a folder in order of their names.

    With `loop`, it starts over after the last image.
    """

    def __init__(self, path: Path, fps: float, *, loop: bool) -> None:
        self.fps = fps
        scan = scan_folder(path)
        for row in scan.skipped:
            log.warning("%s", UnreadableImage(path / row.photo, row.detail))
        self._images = _read_images(scan.images, loop=loop)
        self._number = -1
        self._current = next(self._images, None)
        if self._current is None:
            raise NoImages(path)

    def grab(self) -> bool:
        """Advance to the next image; return False after the last one."""
        if self._number >= 0:
            self._current = next(self._images, None)
        self._number += 1
        return self._current is not None

    def timestamp(self) -> float:
        """Return the current image's presentation time in seconds."""
        return self._number / self.fps

    def retrieve(self) -> Image | None:
        """Return the current image in BGR."""
        return self._current


def _read_images(paths: list[Path], *, loop: bool) -> Iterator[Image]:
    """Yield the readable images in BGR and log the others once."""
    for iteration in itertools.count():
        readable = 0
        for path in paths:
            try:
                yield np.ascontiguousarray(read_rgb(path)[..., ::-1])
                readable += 1
            except UnreadableImage as error:
                if iteration == 0:
                    log.warning("%s", error)
        if not (readable and loop):
            return
