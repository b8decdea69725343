"""Check what a live mosaic needs before anything is opened."""

import os
import subprocess
import sys

from pigeonhole.core.errors import LiveError
from pigeonhole.live.sources.resolve import resolve_source
from pigeonhole.settings import LiveSettings

PROBE = """
import cv2
if not cv2.currentUIFramework():
    raise SystemExit(3)
cv2.namedWindow("Is there a display?")
cv2.waitKey(1)
"""
NO_WINDOW_SUPPORT = 3
"""Exit status of the probe if OpenCV was built without windows."""
PROBE_TIMEOUT = 30
"""Seconds."""


class NoWindowSupport(LiveError):
    """The installed OpenCV can't open windows."""

    def __init__(self) -> None:
        super().__init__(
            "the installed OpenCV was built without windows: run `pip uninstall "
            "opencv-python-headless` and `pip install 'opencv-python<5'`, or use the "
            "page sink."
        )


class NoDisplay(LiveError):
    """There is no display to open a window on."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"there is no display ({reason}): run this in a desktop session, set "
            "DISPLAY (over ssh: ssh -X), or use the page sink."
        )


def check_requirements(settings: LiveSettings) -> None:
    """Check that the source exists and, if the window is a sink, that it can open."""
    resolve_source(settings)
    if "window" in settings.sink:
        _check_display()


def _check_display() -> None:
    display = os.environ.get("DISPLAY", "")
    if not display and sys.platform not in ("win32", "darwin"):
        if os.environ.get("WAYLAND_DISPLAY"):
            raise NoDisplay("on Wayland, OpenCV needs XWayland")
        raise NoDisplay("DISPLAY isn't set")
    # OpenCV aborts the process if it can't open a window.
    try:
        status = subprocess.run(
            [sys.executable, "-c", PROBE],
            check=False,
            timeout=PROBE_TIMEOUT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        ).returncode
    except subprocess.TimeoutExpired:
        status = 1
    if status == NO_WINDOW_SUPPORT:
        raise NoWindowSupport
    if status:
        raise NoDisplay(f"OpenCV can't open a window on {display!r}")
