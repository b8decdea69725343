"""Two windows, the mosaic and the camera."""

import os
import subprocess
import sys
from collections import deque

import cv2

from pigeonhole.errors import LiveError
from pigeonhole.images import Picture
from pigeonhole.live.controls import Stage
from pigeonhole.live.frames import Placed

MOSAIC, CAMERA = "Mosaic", "Camera"
QUIT = frozenset({ord("q"), ord("Q"), 27})
STYLE = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
PROBE = "import cv2; cv2.namedWindow('Pigeonhole'); cv2.waitKey(1)"


class NoWindows(LiveError):
    """The installed OpenCV can't open windows."""

    def __init__(self) -> None:
        super().__init__(
            "this OpenCV has no windows: replace it by `pip uninstall "
            "opencv-python-headless` and `pip install 'opencv-python<5'`, or take "
            "the sink none."
        )


class NoDisplay(LiveError):
    """There is no screen to open a window on."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"there is no display ({reason}): start this in a desktop session, set "
            "DISPLAY (over ssh: ssh -X), or take the sink none."
        )


def probe() -> None:
    """
    Find out whether windows can be opened, since OpenCV aborts the process if not.

    Raises
    ------
    NoWindows, NoDisplay
    """
    if not cv2.currentUIFramework():
        raise NoWindows
    if sys.platform not in ("win32", "darwin"):
        _look_for_a_display()
    try:
        subprocess.run(
            [sys.executable, "-c", PROBE],
            check=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        display = os.environ.get("DISPLAY", "")
        raise NoDisplay(f"a window on {display!r} fails") from None


def _look_for_a_display() -> None:
    if os.environ.get("DISPLAY"):
        return
    if os.environ.get("WAYLAND_DISPLAY"):
        raise NoDisplay("OpenCV needs XWayland beside Wayland")
    raise NoDisplay("DISPLAY isn't set")


class Window:
    """
    Shows mosaic and camera; q, Esc or closing the mosaic's window ends the run.

    Windows belong to the thread that opens them, which has to be the main thread.
    """

    live = True

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._open: set[str] = set()
        self._recent: deque[float] = deque(maxlen=30)

    def take(self, placed: Placed) -> None:
        """Show a mosaic and its frame."""
        # The mosaic comes last, to lie on top.
        self._show(CAMERA, placed.frame.picture)
        self._show(MOSAIC, placed.mosaic)
        self._recent.append(placed.placed)
        if placed.frame.number % 15 == 0:
            cv2.setWindowTitle(MOSAIC, f"{MOSAIC} - {self._rate():.0f} fps")

    def goes_on(self) -> bool:
        """Look at keys and at the mosaic's close button."""
        key = cv2.waitKey(1)
        if key != -1 and key & 0xFF in QUIT:
            return False
        return MOSAIC not in self._open or _is_open(MOSAIC)

    def close(self) -> None:
        """Close what is open."""
        if self._open:
            cv2.destroyAllWindows()
            self._open.clear()

    def _show(self, name: str, picture: Picture) -> None:
        if name not in self._open:
            rows, columns = picture.shape[:2]
            cv2.namedWindow(name, STYLE)
            cv2.resizeWindow(name, columns, rows)
            self._open.add(name)
        # Showing a picture would open a window again that was closed.
        elif not _is_open(name):
            return
        if picture.ndim == 3:
            picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)  # type: ignore[assignment]
        cv2.imshow(name, picture)

    def _rate(self) -> float:
        seconds = self._recent[-1] - self._recent[0]
        return (len(self._recent) - 1) / seconds if seconds else 0.0


def _is_open(name: str) -> bool:
    try:
        return cv2.getWindowProperty(name, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:
        return False
