"""Find out which source a setting refers to, without opening it."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pigeonhole.core.errors import LiveError
from pigeonhole.settings import LiveSettings

SourceKind = Literal["camera", "video", "folder", "synthetic", "browser"]

DEVICES = Path("/dev")


class CameraNotFound(LiveError):
    """There is no camera with this number."""

    def __init__(self, number: int, available: Iterable[int]) -> None:
        numbers = ", ".join(map(str, available))
        super().__init__(
            f"there is no camera {number}: choose one of {numbers}."
            if numbers
            else f"there is no camera {number} or any other: connect one, or choose a "
            "video file, a folder of images or synthetic as the source."
        )


class CameraForbidden(LiveError):
    """The user isn't allowed to open a camera."""

    def __init__(self, device: Path) -> None:
        group = device.group()
        super().__init__(
            f"you have no permission to open {device}: join its group with `sudo "
            f"usermod --append --groups {group} $USER` and log in again."
        )


class SourceNotFound(LiveError):
    """The source is neither an existing file nor a camera."""

    def __init__(self, name: str, cameras: Iterable[str]) -> None:
        available = ", ".join(cameras) or "none"
        super().__init__(
            f"the source {name} doesn't exist: use the number or name of a camera "
            f"(available: {available}), a video file, a folder of images, synthetic or "
            "browser."
        )


def resolve_source(settings: LiveSettings) -> tuple[SourceKind, str]:
    """
    Return the kind of the source, and a camera's number or a path.

    Raises
    ------
    CameraNotFound, CameraForbidden, SourceNotFound
    """
    if settings.uses_browser_cameras:
        return "browser", "browser"
    name = "0" if settings.source == "auto" else settings.source
    if name == "synthetic":
        return "synthetic", name
    if name.isdecimal():
        return "camera", _checked_camera(int(name))
    path = Path(name)
    device_number = path.name.removeprefix("video")
    if path.parent == DEVICES and device_number.isdecimal():
        return "camera", _checked_camera(int(device_number))
    if path.is_dir():
        return "folder", name
    if path.exists():
        return "video", name
    return "camera", _checked_camera(_number_by_name(name))


def _checked_camera(number: int) -> str:
    """Return the camera's number if, on Linux, it exists and may be opened."""
    device = DEVICES / f"video{number}"
    if sys.platform == "linux":
        if not device.exists():
            raise CameraNotFound(number, _camera_numbers())
        if not os.access(device, os.R_OK | os.W_OK):
            raise CameraForbidden(device)
    return str(number)


def _camera_numbers() -> list[int]:
    names = (path.name.removeprefix("video") for path in DEVICES.glob("video*"))
    return sorted(int(name) for name in names if name.isdecimal())


def _number_by_name(name: str) -> int:
    """Return the number of the first camera whose name equals or contains `name`."""
    # OpenCV is slow to import and isn't needed for the other kinds of sources.
    from cv2_enumerate_cameras import enumerate_cameras

    from pigeonhole.live.sources.cameras import BACKEND

    cameras = sorted((c.name, c.index) for c in enumerate_cameras(BACKEND))
    wanted = name.casefold()
    # Equal names first, then by name.
    matches = sorted(
        (known.casefold() != wanted, known, number)
        for known, number in cameras
        if wanted in known.casefold()
    )
    if not matches:
        raise SourceNotFound(name, (known for known, _ in cameras))
    return matches[0][2]
