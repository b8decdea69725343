"""A window that shows the mosaic and handles keys."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from pigeonhole.core.arrays import Image
from pigeonhole.core.atomic import OutputError, atomic_write
from pigeonhole.core.errors import reason_of
from pigeonhole.core.outputs import move_to_unused
from pigeonhole.imaging.codecs import write_png
from pigeonhole.imaging.resize import resize, to_rgb
from pigeonhole.live.frames import MatchedFrame
from pigeonhole.live.overlay import draw_recording_dot, draw_text
from pigeonhole.live.session import DEFAULT_STEADINESS, Session
from pigeonhole.live.sinks.file import Recorder, unused_path
from pigeonhole.mosaic.credits import xmp_packet

NAME = "Pigeonhole"
STYLE = cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
MESSAGE_DURATION = 2.5
"""Seconds for which a message is shown."""
TITLE_INTERVAL = 0.5
"""Seconds between updates of the title."""
TITLE_FRAMES = 60
"""Number of recent frames over which the title averages."""
BACKGROUND = 24
"""Gray value of the window before the first mosaic."""

HELP = """q, Esc\tquit
f\tfull screen
c\tcamera next to the mosaic
m\tmirror
+  -\tsmaller, larger tiles
n\tnext tile set
t\tsteady tiles
b\thistogram matching
space\tfreeze
s\tsnapshot
r\trecord
h\tthis help"""
GREETING = "h for help"
LOADING = "Getting ready\nThe first start on a machine takes longer."


class WindowSink:
    """
    Shows the mosaic in a window. Closing the window ends the run.

    A window must be used in the thread that opened it, which must be the main thread.

    Parameters
    ----------
    session : Session
    recorder : Recorder
        A key starts and stops its recordings.
    """

    has_viewers = True

    def __init__(self, session: Session, recorder: Recorder) -> None:
        self._session = session
        self._recorder = recorder
        self._full_screen = self._show_camera = self._show_help = False
        self._message, self._message_end = GREETING, 0.0
        self._current: MatchedFrame | None = None
        self._recent: deque[MatchedFrame] = deque(maxlen=TITLE_FRAMES)
        self._title_time = 0.0
        self._writer = ThreadPoolExecutor(1)
        self._snapshots: set[Path] = set()
        self._keys: dict[str, Callable[[], str]] = {
            "f": self._toggle_full_screen,
            "c": self._toggle_camera,
            "m": self._toggle_mirror,
            "+": lambda: self._resize_cells(1),
            "=": lambda: self._resize_cells(1),
            "-": lambda: self._resize_cells(-1),
            "n": self._next_tile_set,
            "t": self._toggle_steadiness,
            "b": self._toggle_histogram_matching,
            " ": self._toggle_frozen,
            "s": self._snapshot,
            "r": self._toggle_recording,
            "h": self._toggle_help,
            "?": self._toggle_help,
        }
        width, height = session.settings.mosaic_size
        cv2.namedWindow(NAME, STYLE)
        cv2.resizeWindow(NAME, width, height)
        loading = np.full((height, width, 3), BACKGROUND, np.uint8)
        draw_text(loading, LOADING, centered=True)
        cv2.imshow(NAME, loading)

    def write(self, matched: MatchedFrame) -> None:
        """Show a mosaic."""
        if self._current is None:
            self._set_message(GREETING)
        self._current = matched
        self._recent.append(matched)
        self._show()

    def is_open(self) -> bool:
        """Handle keys; return False if a key or the close button ended the run."""
        code = cv2.waitKey(1)
        if not _is_window_open():
            return False
        if code != -1:
            key = chr(code & 0xFF).lower()
            if key in ("q", "\x1b"):
                return False
            if key in self._keys:
                self._set_message(self._keys[key]())
                self._show()
        self._clear_old_message()
        return True

    def close(self) -> None:
        """Close the window and finish writing snapshots."""
        if _is_window_open():
            cv2.destroyWindow(NAME)
        self._writer.shutdown()

    # ---- display ----

    def _show(self) -> None:
        # imshow would reopen a window that was closed.
        if self._current is None or not _is_window_open():
            return
        image = self._compose(self._current)
        text = HELP if self._show_help else self._message
        if text or self._recorder.recording:
            image = to_rgb(image).copy()
        if text:
            draw_text(image, text, centered=self._show_help)
        if self._recorder.recording:
            draw_recording_dot(image)
        if image.ndim == 3:
            image = image[..., ::-1]
        cv2.imshow(NAME, np.ascontiguousarray(_letterboxed(image)))
        if time.perf_counter() - self._title_time > TITLE_INTERVAL:
            self._title_time = time.perf_counter()
            cv2.setWindowTitle(NAME, self._title(self._current))

    def _compose(self, matched: MatchedFrame) -> Image:
        """Return the mosaic, with the camera's image to its left if that is on."""
        if not self._show_camera:
            return matched.mosaic
        rows, columns = matched.mosaic.shape[:2]
        camera = resize(matched.frame.image, columns, rows)
        return np.hstack([camera, to_rgb(matched.mosaic)])

    def _title(self, matched: MatchedFrame) -> str:
        changes = [m.changed for m in self._recent if m.changed is not None]
        percent = 100 * sum(changes) / max(1, len(changes))
        return (
            f"{NAME} - {matched.tile_set.name}, {matched.placement.size:,} cells of "
            f"{matched.tile_set.cell_size}, {percent:.1f}% change, "
            f"{self._fps():.0f} fps"
        )

    def _fps(self) -> float:
        seconds = self._recent[-1].matched_at - self._recent[0].matched_at
        return (len(self._recent) - 1) / seconds if seconds else 0.0

    def _set_message(self, text: str) -> None:
        self._message = text
        self._message_end = time.perf_counter() + MESSAGE_DURATION

    def _clear_old_message(self) -> None:
        if self._message and time.perf_counter() > self._message_end:
            self._message = ""
            self._show()

    # ---- key handlers; each returns a message ----

    def _toggle_full_screen(self) -> str:
        self._full_screen = not self._full_screen
        state = cv2.WINDOW_FULLSCREEN if self._full_screen else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(NAME, cv2.WND_PROP_FULLSCREEN, state)
        return ""

    def _toggle_camera(self) -> str:
        self._show_camera = not self._show_camera
        width, height = self._session.settings.mosaic_size
        if not self._full_screen:
            cv2.resizeWindow(NAME, 2 * width if self._show_camera else width, height)
        return ""

    def _toggle_mirror(self) -> str:
        controls = self._session.controls
        controls.mirror = not controls.mirror
        return "mirror on" if controls.mirror else "mirror off"

    def _resize_cells(self, step: int) -> str:
        controls, tile_sets = self._session.controls, self._session.tile_sets
        steps = tile_sets.cell_steps(controls.tile_set)
        controls.cell_step = min(max(controls.cell_step + step, steps[0]), steps[-1])
        size = tile_sets.cell_size(controls.tile_set, controls.cell_step)
        return f"cells of {size}"

    def _next_tile_set(self) -> str:
        controls, names = self._session.controls, self._session.tile_sets.names
        position = names.index(controls.tile_set) + 1
        controls.tile_set = names[position % len(names)]
        controls.cell_step = 0
        return f"tile set {controls.tile_set}"

    def _toggle_steadiness(self) -> str:
        controls = self._session.controls
        default = self._session.settings.steadiness or DEFAULT_STEADINESS
        controls.steadiness = 0 if controls.steadiness else default
        return "steady tiles on" if controls.steadiness else "steady tiles off"

    def _toggle_histogram_matching(self) -> str:
        controls = self._session.controls
        default = self._session.settings.histogram_matching or 1
        controls.histogram_matching = 0 if controls.histogram_matching else default
        state = "on" if controls.histogram_matching else "off"
        return f"histogram matching {state}"

    def _toggle_frozen(self) -> str:
        controls = self._session.controls
        controls.frozen = not controls.frozen
        return "frozen" if controls.frozen else ""

    def _snapshot(self) -> str:
        if self._current is None:
            return ""
        # An earlier snapshot may still be on its way to the disk.
        path = unused_path(self._session.settings.record, ".png", self._snapshots)
        self._snapshots.add(path)
        self._writer.submit(self._write_snapshot, path, self._current)
        return f"snapshot {path.name}"

    def _write_snapshot(self, path: Path, matched: MatchedFrame) -> None:
        """Write a mosaic with the credits of its tiles."""
        rows = matched.tile_set.original.rows
        # Guests have no row: they remain anonymous.
        shown = [rows[t] for t in np.unique(matched.placement) if t < len(rows)]
        try:
            xmp = xmp_packet("Live photo mosaic", shown)
            with atomic_write(path, move_to_unused) as temporary:
                write_png(temporary, matched.mosaic, xmp, mosaic=True)
        except OSError as error:
            self._set_message(f"no snapshot: {reason_of(error)}")
        except OutputError as error:
            self._set_message(f"no snapshot: {error.reason}")

    def _toggle_recording(self) -> str:
        self._recorder.toggle()
        return "recording" if self._recorder.recording else "recording stopped"

    def _toggle_help(self) -> str:
        self._show_help = not self._show_help
        return ""


def _letterboxed(image: Image) -> Image:
    """Add black bars to get the window's aspect ratio; OpenCV's own bars are light."""
    _, _, width, height = cv2.getWindowImageRect(NAME)
    rows, columns = image.shape[:2]
    if min(width, height) <= 0:
        return image
    horizontal = max(0, round(rows * width / height) - columns) // 2
    vertical = max(0, round(columns * height / width) - rows) // 2
    padding = [(vertical, vertical), (horizontal, horizontal)]
    return np.pad(image, padding + [(0, 0)] * (image.ndim - 2))


def _is_window_open() -> bool:
    try:
        return cv2.getWindowProperty(NAME, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:
        return False
