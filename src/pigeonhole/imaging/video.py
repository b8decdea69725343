"""Pictures -> video files that browsers play, each with an even rate.

OpenCV's wheel encodes VP8 and nothing else that a browser knows; MP4 and sound take
PyAV, which has to be imported after OpenCV, lest windows hang.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import rgb_of

BITS_A_PIXEL = 1.2
"""Mosaics are all edges: with fewer bits VP8 smears the tiles."""
VIDEO = {
    ".webm": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "crf": "8"}),
    ".mp4": ("libx264", {"preset": "veryfast", "crf": "18"}),
}
SOUND = {".webm": "libopus", ".mp4": "aac"}


class NoRecording(LiveError):
    """A recording can't be made, or wasn't written."""

    def __init__(self, path: Path, way_out: str) -> None:
        super().__init__(f"{path} can't be recorded: {way_out}.")


class Encoder(Protocol):
    """Writes a video file."""

    def write(self, picture: Picture) -> None:
        """Add a picture, uint8 grey or RGB."""

    def close(self) -> None:
        """Finish the file."""


def encoder(path: Path, size: Size, rate: float, sound: "Sound | None") -> Encoder:
    """
    Begin a file.

    Parameters
    ----------
    path : Path
        .webm or .mp4.
    size : Size
    rate : float
        Pictures a second.
    sound : Sound, optional
        To go with the pictures.

    Raises
    ------
    NoRecording
    """
    if path.suffix.lower() == ".webm" and sound is None:
        return OpenCvEncoder(path, size, rate)
    return AvEncoder(path, size, rate, sound)


class OpenCvEncoder:
    """VP8 in WebM."""

    def __init__(self, path: Path, size: Size, rate: float) -> None:
        code = cv2.VideoWriter.fourcc(*"VP80")
        with _muted():
            self._writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, rate, size)
        if not self._writer.isOpened():
            raise NoRecording(path, "this OpenCV has no VP8; `pip install av` and .mp4")

    def write(self, picture: Picture) -> None:
        """Add a picture."""
        self._writer.write(np.ascontiguousarray(rgb_of(picture)[..., ::-1]))

    def close(self) -> None:
        """Finish the file."""
        self._writer.release()


@contextmanager
def _muted() -> Iterator[None]:
    """Keep OpenCV from complaining of a tag that WebM doesn't have, nor need."""
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class AvEncoder:
    """H.264 in MP4 or VP8 in WebM, with the sound of a file if there is one."""

    def __init__(
        self, path: Path, size: Size, rate: float, sound: "Sound | None"
    ) -> None:
        av = pyav(path)
        codec, options = VIDEO[path.suffix.lower()]
        flags = {"movflags": "faststart"} if path.suffix.lower() == ".mp4" else {}
        self._container = av.open(str(path), "w", options=flags)
        self._frames = av.VideoFrame
        self._rate = Fraction(rate).limit_denominator(1001)
        self._stream: Any = self._container.add_stream(
            codec, rate=self._rate, options=options
        )
        # Colours have half the pixels each way: sides are even.
        self._size = Size(size.width & ~1, size.height & ~1)
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        if codec == "libvpx":
            self._stream.bit_rate = int(BITS_A_PIXEL * size.width * size.height * rate)
        self._count = 0
        self._sound = sound
        if sound:
            sound.begin(self._container, SOUND[path.suffix.lower()])

    def write(self, picture: Picture) -> None:
        """Add a picture, and the sound up to it."""
        width, height = self._size
        rgb = np.ascontiguousarray(rgb_of(picture)[:height, :width])
        frame = self._frames.from_ndarray(rgb, format="rgb24")
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._container.mux(self._stream.encode(frame))
        self._count += 1
        if self._sound:
            self._sound.until(float(self._count / self._rate))

    def close(self) -> None:
        """Finish the file."""
        self._container.mux(self._stream.encode(None))
        if self._sound:
            self._sound.end()
        self._container.close()


class Sound:
    """
    The sound of a video file from some moment on, encoded anew.

    Parameters
    ----------
    path : Path
    start : float
        Seconds in the file where the recording begins.
    """

    def __init__(self, path: Path, start: float) -> None:
        self._input = pyav(path).open(str(path))
        self._start = start
        self._at = 0.0

    def begin(self, container: Any, codec: str) -> None:
        """Add a stream to a file that is being written."""
        channels = self._input.streams.audio[0].codec_context.channels
        layout = "mono" if channels == 1 else "stereo"
        self._container = container
        self._stream = container.add_stream(codec, rate=48_000, layout=layout)
        self._parts = self._decoded()

    def until(self, seconds: float) -> None:
        """Write what is heard before this moment of the recording."""
        while self._at < seconds and (part := next(self._parts, None)):
            self._at = part.time
            self._container.mux(self._stream.encode(part))

    def end(self) -> None:
        """Write what is left in the encoder."""
        self._container.mux(self._stream.encode(None))
        self._input.close()

    def _decoded(self) -> Iterator[Any]:
        """Give the parts in their time from the recording's start on."""
        if self._start > EARLY:
            self._input.seek(round(1e6 * self._start))
        for part in self._input.decode(audio=0):
            if part.time is not None and part.time >= self._start - EARLY:
                at = max(0.0, part.time - self._start)
                part.pts = round(at / part.time_base)
                yield part


EARLY = 0.02
"""Seconds of sound before the first picture that may be heard."""


def has_sound(path: Path) -> bool:
    """Tell whether a video file has sound; only PyAV knows."""
    av = pyav(path)
    try:
        with av.open(str(path)) as container:
            return bool(container.streams.audio)
    except av.FFmpegError:
        return False


def pyav(path: Path) -> Any:
    """Import PyAV, after OpenCV."""
    try:
        import av
    except ImportError:
        raise NoRecording(
            path, "MP4 and sound take PyAV: `pip install av`, or record to .webm"
        ) from None
    return av
