"""Write video files with a constant frame rate.

OpenCV's wheel encodes VP8, which needs no other package. VP9, H.264 and sound need
PyAV. PyAV must be imported after OpenCV: otherwise OpenCV's windows hang.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.errors import LiveError
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_rgb

AUDIO_CODECS = {".webm": "libopus", ".mp4": "aac"}
AUDIO_LEAD = 0.02
"""Seconds of sound before the first image that may be recorded."""


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """
    A codec and its options, in FFmpeg's terms.

    `threads` is None for the codec's default. Some codecs need `bits_per_pixel`.
    """

    codec: str
    options: Mapping[str, str]
    container_options: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None
    bits_per_pixel: float | None = None


RECORDINGS = {
    # Mosaics consist of edges: at a lower bit rate VP8 smears the tiles.
    ".webm": VideoFormat(
        "libvpx",
        {"deadline": "realtime", "cpu-used": "8", "crf": "8"},
        bits_per_pixel=1.2,
    ),
    ".mp4": VideoFormat(
        "libx264", {"preset": "veryfast", "crf": "18"}, {"movflags": "faststart"}
    ),
}
"""Formats that are encoded while images arrive, by suffix."""

FILM = VideoFormat(
    "libvpx-vp9",
    {"crf": "28", "b": "0", "deadline": "good", "cpu-used": "5"},
    # Otherwise the file contains a random number. Several threads would also make the
    # bytes differ from run to run.
    {"fflags": "+bitexact"},
    threads=1,
)
"""VP9 in WebM: the same images give the same bytes."""


class RecordingError(LiveError):
    """A recording can't be made, or wasn't written."""

    def __init__(self, path: Path, hint: str) -> None:
        super().__init__(f"{path} can't be recorded: {hint}.")


def open_encoder(
    path: Path, size: Size, fps: float, audio: "AudioTrack | None"
) -> "Encoder":
    """Open a recording, .webm or .mp4, or raise RecordingError."""
    suffix = path.suffix.lower()
    if suffix == ".webm" and audio is None:
        return OpenCvEncoder(path, size, fps)
    import_av(path)
    return AvEncoder(path, size, fps, RECORDINGS[suffix], audio)


class OpenCvEncoder:
    """Encodes VP8 in WebM with OpenCV."""

    def __init__(self, path: Path, size: Size, fps: float) -> None:
        code = cv2.VideoWriter.fourcc(*"VP80")
        with _muted():
            self._writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, fps, size)
        if not self._writer.isOpened():
            hint = "this build of OpenCV has no VP8 encoder; "
            raise RecordingError(path, hint + "run `pip install av` and record to .mp4")

    def write(self, image: Image) -> None:
        """Add an image, uint8 gray or RGB."""
        self._writer.write(np.ascontiguousarray(to_rgb(image)[..., ::-1]))

    def close(self) -> None:
        """Finish the file."""
        self._writer.release()


@contextmanager
def _muted() -> Iterator[None]:
    """Hide a message of FFmpeg about a tag that WebM neither has nor needs."""
    stderr = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as null:
            os.dup2(null.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


class AvEncoder:
    """
    Encodes a video file with PyAV.

    Odd sides of images lose a pixel, because color has half the resolution. As a
    context manager it finishes the file, unless the block fails. It raises ImportError
    if PyAV isn't installed.
    """

    def __init__(
        self,
        path: Path,
        size: Size,
        fps: float,
        video_format: VideoFormat,
        audio: "AudioTrack | None" = None,
    ) -> None:
        av: Any = import_module("av")
        self._container = av.open(
            str(path), "w", options=dict(video_format.container_options)
        )
        self._frame_type = av.VideoFrame
        self._fps = Fraction(fps).limit_denominator(1001)
        self._stream: Any = self._container.add_stream(
            video_format.codec, rate=self._fps, options=dict(video_format.options)
        )
        self._size = Size(size.width & ~1, size.height & ~1)
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        if video_format.threads is not None:
            self._stream.thread_count = video_format.threads
        if video_format.bits_per_pixel is not None:
            pixels_per_second = size.width * size.height * fps
            self._stream.bit_rate = int(video_format.bits_per_pixel * pixels_per_second)
        self._frames = 0
        self._audio = audio
        if audio:
            audio.begin(self._container, AUDIO_CODECS[path.suffix.lower()])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._container.close()

    def write(self, image: Image) -> None:
        """Add an image, and the sound up to its end."""
        width, height = self._size
        rgb = np.ascontiguousarray(to_rgb(image)[:height, :width])
        frame = self._frame_type.from_ndarray(rgb, format="rgb24")
        frame.pts, frame.time_base = self._frames, 1 / self._fps
        self._container.mux(self._stream.encode(frame))
        self._frames += 1
        if self._audio:
            self._audio.write_until(float(self._frames / self._fps))

    def close(self) -> None:
        """Finish the file."""
        self._container.mux(self._stream.encode(None))
        if self._audio:
            self._audio.close()
        self._container.close()


Encoder = OpenCvEncoder | AvEncoder


class AudioTrack:
    """The sound of a file from `start`, in seconds, encoded again for a recording."""

    def __init__(self, path: Path, start: float) -> None:
        self._input = import_av(path).open(str(path))
        self._start = start
        self._position = 0.0

    def begin(self, container: Any, codec: str) -> None:
        """Add an audio stream to the container of the recording."""
        channels = self._input.streams.audio[0].codec_context.channels
        layout = "mono" if channels == 1 else "stereo"
        self._container = container
        self._stream = container.add_stream(codec, rate=48_000, layout=layout)
        self._frames = self._decode()

    def write_until(self, seconds: float) -> None:
        """Write the sound up to a time of the recording."""
        while self._position < seconds and (frame := next(self._frames, None)):
            self._position = frame.time
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what is left in the encoder."""
        self._container.mux(self._stream.encode(None))
        self._input.close()

    def _decode(self) -> Iterator[Any]:
        """Yield audio frames with times relative to the start of the recording."""
        if self._start > AUDIO_LEAD:
            self._input.seek(round(1e6 * self._start))
        for frame in self._input.decode(audio=0):
            if frame.time is not None and frame.time >= self._start - AUDIO_LEAD:
                seconds = max(0.0, frame.time - self._start)
                frame.pts = round(seconds / frame.time_base)
                yield frame


def has_audio(path: Path) -> bool:
    """Return whether a video file has sound; this needs PyAV."""
    av = import_av(path)
    try:
        with av.open(str(path)) as container:
            return bool(container.streams.audio)
    except av.FFmpegError:
        return False


def import_av(path: Path) -> Any:
    """Import PyAV, or raise RecordingError."""
    try:
        return import_module("av")
    except ImportError:
        hint = "MP4 and sound need PyAV: run `pip install av`, or record to .webm"
        raise RecordingError(path, hint) from None
