"""A window for the mosaic, with keys for all that changes while it runs."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from pigeonhole.core.arrays import Picture
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.resize import resize, rgb_of
from pigeonhole.live.frames import Placed
from pigeonhole.live.overlay import dot, panel
from pigeonhole.live.session import Stage
from pigeonhole.live.sinks.file import Recorder, timed
from pigeonhole.mosaic.credits import xmp_packet

NAME = "Pigeonhole"
STYLE = cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
SAID = 2.5
"""Seconds that a message stays."""
RETITLED = 0.5
"""Seconds from one title to the next."""

HELP = """q, Esc\tquit
f\tfull screen
c\tcamera beside the mosaic
m\tmirror
+  -\tsmaller, larger tiles
n\tnext tile set
t\tsteady tiles
b\tbrightness fitted to the tiles
space\tfreeze
s\tsnapshot
r\trecord
h\tthis help"""
GREETING = "h for help"
WARMING = "Getting ready\nThe first start on a machine takes longer."


class Window:
    """
    Shows the mosaic; closing it in any way ends the run.

    Windows belong to the thread that opens them, which has to be the main thread.

    Parameters
    ----------
    stage : Stage
    recorder : Recorder
        Begins and ends recordings at a key.
    """

    live = True

    def __init__(self, stage: Stage, recorder: Recorder) -> None:
        self._stage = stage
        self._recorder = recorder
        self._full = self._beside = self._help = False
        self._usual_steadiness = stage.settings.steadiness or 0.1
        self._said, self._said_until = GREETING, 0.0
        self._placed: Placed | None = None
        self._recent: deque[Placed] = deque(maxlen=60)
        self._titled = 0.0
        self._writer = ThreadPoolExecutor(1)
        self._keys: dict[str, Callable[[], str]] = {
            "f": self._toggle_full,
            "c": self._toggle_beside,
            "m": self._toggle_mirror,
            "+": lambda: self._resize_tiles(1),
            "=": lambda: self._resize_tiles(1),
            "-": lambda: self._resize_tiles(-1),
            "n": self._next_set,
            "t": self._toggle_steadiness,
            "b": self._toggle_tone,
            " ": self._toggle_frozen,
            "s": self._snapshot,
            "r": self._toggle_recording,
            "h": self._toggle_help,
            "?": self._toggle_help,
        }
        width, height = stage.settings.drawn
        cv2.namedWindow(NAME, STYLE)
        cv2.resizeWindow(NAME, width, height)
        dark = np.full((height, width, 3), 24, np.uint8)
        panel(dark, WARMING, middle=True)
        cv2.imshow(NAME, dark)

    def take(self, placed: Placed) -> None:
        """Show a mosaic."""
        if self._placed is None:
            self._say(GREETING)
        self._placed = placed
        self._recent.append(placed)
        self._show()

    def goes_on(self) -> bool:
        """Look at keys and at the window's close button."""
        code = cv2.waitKey(1)
        if not _is_open():
            return False
        if code != -1:
            key = chr(code & 0xFF).lower()
            if key in ("q", "\x1b"):
                return False
            if key in self._keys:
                self._say(self._keys[key]())
                self._show()
        self._expire()
        return True

    def close(self) -> None:
        """Close the window and finish what is being written."""
        if _is_open():
            cv2.destroyWindow(NAME)
        self._writer.shutdown()

    # ---- what is seen ----

    def _show(self) -> None:
        # Showing a picture would open a window again that was closed.
        if self._placed is None or not _is_open():
            return
        picture = self._picture(self._placed)
        text = HELP if self._help else self._said
        if text or self._recorder.recording:
            picture = rgb_of(picture).copy()
        if text:
            panel(picture, text, middle=self._help)
        if self._recorder.recording:
            dot(picture)
        if picture.ndim == 3:
            picture = picture[..., ::-1]
        cv2.imshow(NAME, np.ascontiguousarray(_framed(picture)))
        if time.perf_counter() - self._titled > RETITLED:
            self._titled = time.perf_counter()
            cv2.setWindowTitle(NAME, self._title(self._placed))

    def _picture(self, placed: Placed) -> Picture:
        if not self._beside:
            return placed.mosaic
        rows, columns = placed.mosaic.shape[:2]
        camera = resize(placed.frame.picture, columns, rows)
        return np.hstack([camera, rgb_of(placed.mosaic)])

    def _title(self, placed: Placed) -> str:
        changes = [p.changed for p in self._recent if p.changed is not None]
        changed = 100 * sum(changes) / max(1, len(changes))
        return (
            f"{NAME} - {placed.tiles.name}, {placed.placement.size:,} cells of "
            f"{placed.tiles.cell}, {changed:.1f} % change, {self._rate():.0f} fps"
        )

    def _rate(self) -> float:
        seconds = self._recent[-1].placed - self._recent[0].placed
        return (len(self._recent) - 1) / seconds if seconds else 0.0

    def _say(self, text: str) -> None:
        self._said, self._said_until = text, time.perf_counter() + SAID

    def _expire(self) -> None:
        if self._said and time.perf_counter() > self._said_until:
            self._said = ""
            self._show()

    # ---- what keys do; each returns what is said of it ----

    def _toggle_full(self) -> str:
        self._full = not self._full
        state = cv2.WINDOW_FULLSCREEN if self._full else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(NAME, cv2.WND_PROP_FULLSCREEN, state)
        return ""

    def _toggle_beside(self) -> str:
        self._beside = not self._beside
        width, height = self._stage.settings.drawn
        if not self._full:
            cv2.resizeWindow(NAME, 2 * width if self._beside else width, height)
        return ""

    def _toggle_mirror(self) -> str:
        controls = self._stage.controls
        controls.mirror = not controls.mirror
        return "mirrored" if controls.mirror else "not mirrored"

    def _resize_tiles(self, step: int) -> str:
        controls, palette = self._stage.controls, self._stage.palette
        steps = palette.steps(controls.tiles)
        controls.finer = min(max(controls.finer + step, steps[0]), steps[-1])
        cell = palette.cell(controls.tiles, controls.finer)
        return f"cells of {cell}"

    def _next_set(self) -> str:
        controls, names = self._stage.controls, self._stage.palette.names
        controls.tiles = names[(names.index(controls.tiles) + 1) % len(names)]
        controls.finer = 0
        return f"tile set {controls.tiles}"

    def _toggle_steadiness(self) -> str:
        controls = self._stage.controls
        controls.steadiness = 0 if controls.steadiness else self._usual_steadiness
        return "steady tiles" if controls.steadiness else "every frame exact"

    def _toggle_tone(self) -> str:
        controls = self._stage.controls
        controls.tone = 0 if controls.tone else self._stage.settings.tone or 1
        return "brightness fitted" if controls.tone else "brightness as it is"

    def _toggle_frozen(self) -> str:
        controls = self._stage.controls
        controls.frozen = not controls.frozen
        return "frozen" if controls.frozen else ""

    def _snapshot(self) -> str:
        if self._placed is None:
            return ""
        path = timed(self._stage.settings.record, ".png")
        self._writer.submit(self._write, path, self._placed)
        return f"snapshot {path.name}"

    def _write(self, path: Path, placed: Placed) -> None:
        """Write a mosaic with the credits of the tiles that it shows."""
        rows = placed.tiles.rows
        # Guests stand behind the rows: nobody else is to know them.
        shown = [rows[t] for t in np.unique(placed.placement) if t < len(rows)]
        try:
            write_png(path, placed.mosaic, xmp_packet("Live photo mosaic", shown, ""))
        except OSError as error:
            self._say(f"no snapshot: {error.strerror}")

    def _toggle_recording(self) -> str:
        self._recorder.toggle()
        return "recording" if self._recorder.recording else "recorded"

    def _toggle_help(self) -> str:
        self._help = not self._help
        return ""


def _framed(picture: Picture) -> Picture:
    """Add black bars up to the window's shape; OpenCV's own are light."""
    _, _, width, height = cv2.getWindowImageRect(NAME)
    rows, columns = picture.shape[:2]
    if min(width, height) <= 0:
        return picture
    wide = max(0, round(rows * width / height) - columns) // 2
    tall = max(0, round(columns * height / width) - rows) // 2
    channels = [(0, 0)] * (picture.ndim - 2)
    return np.pad(picture, [(tall, tall), (wide, wide), *channels])


def _is_open() -> bool:
    try:
        return cv2.getWindowProperty(NAME, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:
        return False
