"""A sink that records mosaics to video files."""

import logging
import os
import queue
import threading
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import cv2

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import atomic_write
from pigeonhole.core.errors import reason_of
from pigeonhole.core.geometry import Size
from pigeonhole.core.outputs import move_to_unused
from pigeonhole.imaging.video import (
    AudioTrack,
    Encoder,
    RecordingError,
    has_audio,
    open_encoder,
)
from pigeonhole.live.frames import MatchedFrame
from pigeonhole.live.sinks import Sink
from pigeonhole.live.sources.source import Source
from pigeonhole.settings import LiveSettings

MIN_FPS = 5.0
"""Minimum frame rate of a recording. Players stutter at lower rates."""
MAX_PAUSE = 2.0
"""Seconds for which one mosaic is repeated; longer pauses are shortened to this."""
QUEUE_SIZE = 4
"""Maximum number of mosaics that wait for the encoder."""

log = logging.getLogger(__name__)


def unused_path(template: str, suffix: str = "", taken: Collection[Path] = ()) -> Path:
    """
    Fill in a path's time codes, as for `strftime`, and make it unused by a number.

    If `suffix` is given, it replaces the template's. `taken` are paths of files that
    aren't written yet.
    """
    path = Path(datetime.now().astimezone().strftime(template))
    path = path.with_suffix(suffix or path.suffix)
    number, unused = 1, path
    while os.path.lexists(unused) or unused in taken:
        number += 1
        unused = path.with_stem(f"{path.stem}-{number}")
    return unused


class Recorder(Sink):
    """
    Starts and stops recordings and passes mosaics to the current one.

    Recordings have the frame rate of the source and, if it is a video file, its sound.
    """

    has_viewers = False

    def __init__(self, settings: LiveSettings, source: Source, *, start: bool) -> None:
        self._settings = settings
        self._source = source
        self._current: Recording | None = None
        if start:
            self.toggle()

    @property
    def recording(self) -> bool:
        """True while a recording is in progress."""
        return self._current is not None

    def toggle(self) -> None:
        """Start a recording, or finish the current one."""
        if self._current:
            self.close()
        else:
            path = unused_path(self._settings.record)
            self._current = Recording(
                path,
                max(MIN_FPS, self._source.fps),
                _sound_for(path, self._source),
                wait=not self._settings.has_viewers,
            )

    def write(self, matched: MatchedFrame) -> None:
        """Record a mosaic if a recording is in progress."""
        if self._current:
            self._current.put(matched)

    def close(self) -> None:
        """Finish the current recording."""
        current, self._current = self._current, None
        if current:
            current.close()
            log.info("Recorded %s", current.path)


def _sound_for(path: Path, source: Source) -> Path | None:
    """Return the file with the source's sound, or None if it can't be recorded."""
    if source.sound is None:
        return None
    try:
        return source.sound if has_audio(source.sound) else None
    except RecordingError:
        # Without PyAV, WebM is recorded without sound, and MP4 not at all.
        if path.suffix.lower() == ".mp4":
            raise
        log.warning("Recording without sound; to keep it, run `pip install av`.")
        return None


class Recording:
    """
    One video file, encoded in a separate thread.

    The file appears under its name once it is complete and readable. Its frame rate is
    constant: each mosaic is repeated until the time of the next one, so the recording
    plays at the original speed even if frames were dropped.

    Parameters
    ----------
    path : Path
    fps : float
        Frame rate of the source. The recording has at least `MIN_FPS`.
    sound : Path or None
        Video file whose sound is added.
    wait : bool
        If the encoder is too slow, wait for it instead of dropping mosaics.
    """

    def __init__(
        self, path: Path, fps: float, sound: Path | None, *, wait: bool
    ) -> None:
        self.path = path
        self._fps = max(MIN_FPS, fps)
        self._frames_per_image = max(1, round(self._fps / fps))
        self._sound = sound
        self._wait = wait
        self._queue: queue.Queue[MatchedFrame | None] = queue.Queue(QUEUE_SIZE)
        self._stop_early = False
        self._ended = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, matched: MatchedFrame) -> None:
        """Queue a mosaic; if the queue is full, wait or drop it."""
        if self._error:
            raise self._error
        with suppress(queue.Full):
            self._queue.put(matched, block=self._wait)

    def close(self) -> None:
        """Finish the file; queued mosaics are encoded only if `wait` is True."""
        self._stop_early = not self._wait
        with suppress(queue.Empty):
            while self._stop_early:
                self._queue.get_nowait()
        self._queue.put(None)
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            self._record()
        # The main thread raises every kind of exception.
        except Exception as error:  # noqa: BLE001
            self._error = error
            if isinstance(error, OSError):
                self._error = RecordingError(self.path, reason_of(error))
            # The main thread may wait until there is space in the queue.
            while not self._ended:
                self._next()

    def _next(self) -> MatchedFrame | None:
        """Return the next mosaic, or None at the end."""
        matched = self._queue.get()
        self._ended = matched is None
        return matched

    def _record(self) -> None:
        first = self._next()
        if first is None:
            return
        with atomic_write(self.path, self._move) as temporary:
            start = first.frame.timestamp
            rows, columns = first.mosaic.shape[:2]
            sound = AudioTrack(self._sound, start) if self._sound else None
            encoder = open_encoder(temporary, Size(columns, rows), self._fps, sound)
            try:
                self._encode(encoder, first, start)
            finally:
                encoder.close()
            _check_readable(temporary, self.path)

    def _move(self, temporary: Path, path: Path) -> None:
        # Another program may have written this file since the recording started.
        self.path = move_to_unused(temporary, path)

    def _encode(self, encoder: Encoder, first: MatchedFrame, start: float) -> None:
        """Write the current mosaic again and again until the time of the next one."""
        written = 0
        current: Image = first.mosaic
        longest = self._frames_per_image + round(MAX_PAUSE * self._fps)
        while matched := self._next():
            due = round((matched.frame.timestamp - start) * self._fps)
            pause = due - written - longest
            # Sound can't be shortened, so pauses are kept if there is any.
            if pause > 0 and not self._sound:
                start += pause / self._fps
                due -= pause
            for _ in range(written, due):
                if self._stop_early:
                    return
                encoder.write(current)
            written = max(written, due)
            current = matched.mosaic
        for _ in range(self._frames_per_image):
            encoder.write(current)


def _check_readable(temporary: Path, path: Path) -> None:
    """Read an image back before the file gets its final name."""
    capture = cv2.VideoCapture(str(temporary), cv2.CAP_FFMPEG)
    readable = capture.read()[0]
    capture.release()
    if not readable:
        raise RecordingError(
            path, "the finished file can't be read back; check that the disk isn't full"
        )
