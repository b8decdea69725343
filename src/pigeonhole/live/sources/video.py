"""A video file or a folder of pictures as a capture."""

import itertools
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import LiveError, UnreadablePhoto
from pigeonhole.imaging.codecs import KINDS, read_rgb
from pigeonhole.live.fps import sane_rate
from pigeonhole.photos.files import find_pictures

# What fails is told in our own sentences.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

log = logging.getLogger("pigeonhole")


class NotAVideo(LiveError):
    """A file can't be read as a video."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} can't be read as a video: give one that isn't empty or damaged, "
            "for example AVI, MP4, MKV or WebM."
        )


class NoPictures(LiveError):
    """A folder has no picture that can be shown."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} holds no picture that can be read: give a folder of files in "
            f"{KINDS}."
        )


class Video:
    """
    A capture of a file's pictures, each at the moment that the file tells.

    Raises
    ------
    NotAVideo
    """

    def __init__(self, path: Path) -> None:
        first = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        readable = first.isOpened() and first.read()[0]
        first.release()
        if not readable:
            raise NotAVideo(path)
        # Opened anew, since not every format can be rewound to the first frame.
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        self.rate = sane_rate(self._capture.get(cv2.CAP_PROP_FPS))
        self._moment = -1 / self.rate

    def grab(self) -> bool:
        """Take the next picture; False at the end."""
        return self._capture.grab()

    def moment(self) -> float:
        """Return the picture's seconds; a file that tells nonsense has an even rate."""
        told = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        even = self._moment + 1 / self.rate
        self._moment = told if self._moment < told < even + MOST_GAP else even
        return self._moment

    def retrieve(self) -> Picture | None:
        """Decode the picture, or None where it's damaged."""
        decoded, picture = self._capture.retrieve()
        return np.asarray(picture, np.uint8) if decoded else None

    def release(self) -> None:
        """Close the file."""
        self._capture.release()


MOST_GAP = 10.0
"""Seconds between two pictures of a file beyond which its clock isn't believed."""


class Folder:
    """
    A capture that shows the pictures of a folder one after the other, by name.

    Parameters
    ----------
    path : Path
    pace : float
        Pictures a second.
    endless : bool
        Begin again after the last one.

    Raises
    ------
    NoPictures
    """

    def __init__(self, path: Path, pace: float, *, endless: bool) -> None:
        self.rate = pace
        self._path = path
        self._pictures = self._rounds(find_pictures(path), endless=endless)
        self._number = -1
        self._ahead = next(self._pictures, None)
        if self._ahead is None:
            raise NoPictures(path)

    def grab(self) -> bool:
        """Take the next picture; False after the last."""
        if self._number >= 0:
            self._ahead = next(self._pictures, None)
        self._number += 1
        return self._ahead is not None

    def moment(self) -> float:
        """Return the picture's turn in seconds."""
        return self._number / self.rate

    def retrieve(self) -> Picture | None:
        """Give the picture in BGR."""
        return self._ahead

    def release(self) -> None:
        """Nothing is held."""

    def _rounds(self, paths: list[Path], *, endless: bool) -> Iterator[Picture]:
        for around in itertools.count():
            shown = 0
            for path in paths:
                try:
                    yield np.ascontiguousarray(read_rgb(path)[..., ::-1])
                    shown += 1
                except UnreadablePhoto as error:
                    if not around:
                        log.warning("%s", error)
            if not (shown and endless):
                return
