"""Whether windows can be opened, found out at another process's risk."""

import os
import subprocess
import sys

from pigeonhole.core.errors import LiveError

PROBE = """
import cv2
if not cv2.currentUIFramework():
    raise SystemExit(3)
cv2.namedWindow("Is there a display?")
cv2.waitKey(1)
"""
WINDOWLESS = 3
"""Exit status of a probe whose OpenCV has no windows."""


class NoWindows(LiveError):
    """The installed OpenCV can't open windows."""

    def __init__(self) -> None:
        super().__init__(
            "this OpenCV has no windows: replace it by `pip uninstall "
            "opencv-python-headless` and `pip install 'opencv-python<5'`, or take "
            "the sink page."
        )


class NoDisplay(LiveError):
    """There is no screen to open a window on."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"there is no display ({reason}): start this in a desktop session, set "
            "DISPLAY (over ssh: ssh -X), or take the sink page."
        )


def probe_display() -> None:
    """
    Find out whether windows can be opened, since OpenCV aborts the process if not.

    Raises
    ------
    NoWindows, NoDisplay
    """
    if sys.platform not in ("win32", "darwin"):
        _look_for_a_display()
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            check=False,
            timeout=30,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        raise _failing() from None
    if done.returncode == WINDOWLESS:
        raise NoWindows
    if done.returncode:
        raise _failing()


def _failing() -> NoDisplay:
    return NoDisplay(f"a window on {os.environ.get('DISPLAY', '')!r} fails")


def _look_for_a_display() -> None:
    if os.environ.get("DISPLAY"):
        return
    if os.environ.get("WAYLAND_DISPLAY"):
        raise NoDisplay("OpenCV needs XWayland beside Wayland")
    raise NoDisplay("DISPLAY isn't set")
