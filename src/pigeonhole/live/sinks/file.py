"""The sink that records."""

import logging
import queue
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import cv2

from pigeonhole.core.arrays import Picture
from pigeonhole.core.atomic import beside
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.video import Encoder, NoRecording, Sound, encoder, has_sound
from pigeonhole.live.frames import Placed
from pigeonhole.live.sources.source import Source
from pigeonhole.settings import LiveSettings

LEAST_RATE = 5.0
"""Pictures a second below which players stutter."""
LONGEST_PAUSE = 2.0
"""Seconds that a picture stands while none comes; the rest of a pause is left out."""
WAITING = 4
"""Mosaics that wait for the encoder."""

log = logging.getLogger("pigeonhole")


def timed(record: str, suffix: str = "") -> Path:
    """
    Return the file that a template names now, and that isn't there yet.

    Parameters
    ----------
    record : str
        As for `strftime`.
    suffix : str
        Another ending than the template's.
    """
    path = Path(datetime.now().astimezone().strftime(record))
    path = path.with_suffix(suffix or path.suffix)
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


class Recorder:
    """
    Writes the mosaics to a video file, in a thread of its own.

    The file appears under its name when the recording is over and can be read. Its rate
    is even: a mosaic stands until the next one's moment, so that it runs as fast as
    what was seen, whatever was dropped.

    Parameters
    ----------
    settings : LiveSettings
        `record` names the file.
    source : Source
        Gives the rate, and the sound of a video file.
    at_once : bool
        Record from the first mosaic on.
    """

    live = False

    def __init__(
        self, settings: LiveSettings, source: Source, *, at_once: bool
    ) -> None:
        self._settings = settings
        self._source = source
        self._current: Recording | None = None
        if at_once:
            self.toggle()

    @property
    def recording(self) -> bool:
        """Whether mosaics are being recorded."""
        return self._current is not None

    def toggle(self) -> None:
        """Begin a recording, or end it."""
        if self._current:
            self.close()
        else:
            sound = _sound_of(self._source, timed(self._settings.record))
            rate = max(LEAST_RATE, self._source.rate)
            path = timed(self._settings.record)
            self._current = Recording(
                path, rate, sound, wait=not self._settings.watched
            )

    def take(self, placed: Placed) -> None:
        """Hand a mosaic to the encoder, if there is a recording."""
        if self._current:
            self._current.put(placed)

    def goes_on(self) -> bool:
        """Never end a run."""
        return True

    def close(self) -> None:
        """Finish the file."""
        current, self._current = self._current, None
        if current:
            current.close()
            log.info("Recorded %s", current.path)


def _sound_of(source: Source, path: Path) -> Path | None:
    """Return the file whose sound is kept; WebM does without where PyAV is missing."""
    if source.sound is None:
        return None
    try:
        return source.sound if has_sound(source.sound) else None
    except NoRecording:
        if path.suffix.lower() == ".mp4":
            raise
        log.warning("Recording without sound: `pip install av` keeps it.")
        return None


class Recording:
    """
    One file being written.

    Parameters
    ----------
    path : Path
    rate : float
        Pictures a second that the source gives; a recording has as many, or more.
    sound : Path or None
        The file whose sound goes with them.
    wait : bool
        Wait for a slow encoder instead of leaving mosaics out.
    """

    def __init__(
        self, path: Path, rate: float, sound: Path | None, *, wait: bool
    ) -> None:
        self.path = path
        self._rate = max(LEAST_RATE, rate)
        self._turn = max(1, round(self._rate / rate))
        self._sound = sound
        self._wait = wait
        self._waiting: queue.Queue[Placed | None] = queue.Queue(WAITING)
        self._hurried = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, placed: Placed) -> None:
        """Take a mosaic; one that comes too fast is left out, or waited with."""
        if self._error:
            raise self._error
        with suppress(queue.Full):
            self._waiting.put(placed, block=self._wait)

    def close(self) -> None:
        """Finish the file; only who waits for the encoder waits for it now."""
        self._hurried = not self._wait
        with suppress(queue.Empty):
            while self._hurried:
                self._waiting.get_nowait()
        self._waiting.put(None)
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            self._write()
        # Whatever it is, the main thread gets it.
        except Exception as error:  # noqa: BLE001
            mendable = isinstance(error, OSError)
            self._error = NoRecording(self.path, str(error)) if mendable else error
            while self._waiting.get() is not None:
                pass

    def _write(self) -> None:
        first = self._waiting.get()
        if first is None:
            return
        with beside(self.path) as draft:
            start = first.frame.moment
            rows, columns = first.mosaic.shape[:2]
            sound = Sound(self._sound, start) if self._sound else None
            pictures = encoder(draft, Size(columns, rows), self._rate, sound)
            try:
                self._fill(pictures, first, start)
            finally:
                pictures.close()
            _check(draft, self.path)

    def _fill(self, pictures: Encoder, first: Placed, start: float) -> None:
        """Give each moment its picture: the last one that was there by then."""
        written = 0
        shown: Picture = first.mosaic
        longest = self._turn + round(LONGEST_PAUSE * self._rate)
        while placed := self._waiting.get():
            due = round((placed.frame.moment - start) * self._rate)
            pause = due - written - longest
            if pause > 0 and not self._sound:
                start += pause / self._rate
                due -= pause
            for _ in range(written, due):
                if self._hurried:
                    return
                pictures.write(shown)
            written = max(written, due)
            shown = placed.mosaic
        for _ in range(self._turn):
            pictures.write(shown)


def _check(draft: Path, path: Path) -> None:
    """Read a picture back before the file gets its name."""
    capture = cv2.VideoCapture(str(draft), cv2.CAP_FFMPEG)
    readable = capture.read()[0]
    capture.release()
    if not readable:
        raise NoRecording(path, "it was written, but can't be read: is the disk full?")
