"""What the name of a source means; nothing is opened to find it out."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pigeonhole.core.errors import LiveError
from pigeonhole.settings import LiveSettings

Kind = Literal["camera", "video", "folder", "synthetic", "browser"]

DEVICES = Path("/dev")
INSTEAD = "give a video file, a folder of pictures or the word synthetic as the source"


class NoSuchCamera(LiveError):
    """There is no camera of this number."""

    def __init__(self, number: int, others: Iterable[int]) -> None:
        known = ", ".join(map(str, others))
        super().__init__(
            f"camera {number} isn't there; this machine has {known}: take one of them."
            if known
            else f"camera {number} isn't there, nor any other: plug one in, or "
            f"{INSTEAD}."
        )


class ForbiddenCamera(LiveError):
    """The user may not open a camera."""

    def __init__(self, device: Path) -> None:
        group = device.group()
        super().__init__(
            f"you may not open {device}: add yourself to its group by `sudo usermod "
            f"--append --groups {group} $USER` and log in again."
        )


class NoSuchSource(LiveError):
    """A name is neither a file's nor a camera's."""

    def __init__(self, name: str, cameras: Iterable[str]) -> None:
        known = ", ".join(cameras) or "none"
        super().__init__(
            f"{name} isn't there: the source is a camera's number or name (here: "
            f"{known}), a video file, a folder of pictures, or one of the words "
            "synthetic and browser."
        )


def find_source(settings: LiveSettings) -> tuple[Kind, str]:
    """
    Tell what the source is: its kind, and a camera's number or a path.

    Raises
    ------
    NoSuchCamera, ForbiddenCamera, NoSuchSource
    """
    if settings.browser:
        return "browser", "browser"
    name = "0" if settings.source == "auto" else settings.source
    if name == "synthetic":
        return "synthetic", name
    if name.isdecimal():
        return "camera", _checked(int(name))
    path = Path(name)
    device = path.name.removeprefix("video")
    if path.parent == DEVICES and device.isdecimal():
        return "camera", _checked(int(device))
    if path.is_dir():
        return "folder", name
    if path.exists():
        return "video", name
    return "camera", _checked(_number_of(name))


def _checked(number: int) -> str:
    """Return the number, once Linux has told that the camera may be opened."""
    device = DEVICES / f"video{number}"
    if sys.platform == "linux":
        if not device.exists():
            raise NoSuchCamera(number, _devices())
        if not os.access(device, os.R_OK | os.W_OK):
            raise ForbiddenCamera(device)
    return str(number)


def _devices() -> list[int]:
    names = (path.name.removeprefix("video") for path in DEVICES.glob("video*"))
    return sorted(int(name) for name in names if name.isdecimal())


def _number_of(name: str) -> int:
    """Find a camera by its name, or by a part of it that people know it by."""
    # OpenCV is slow to import, and numbers don't need it.
    from cv2_enumerate_cameras import enumerate_cameras

    from pigeonhole.live.sources.cameras import BACKEND

    cameras = sorted((c.name, c.index) for c in enumerate_cameras(BACKEND))
    asked = name.casefold()
    for fits in (asked.__eq__, lambda known: asked in known):
        for known, number in cameras:
            if fits(known.casefold()):
                return number
    raise NoSuchSource(name, (known for known, _ in cameras))
