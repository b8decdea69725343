"""A sink that other programs can use as a webcam."""

from typing import Any

from pigeonhole.core.errors import LiveError
from pigeonhole.imaging.resize import to_rgb
from pigeonhole.live.frames import MatchedFrame
from pigeonhole.live.sinks import Sink
from pigeonhole.live.sources.source import Source
from pigeonhole.settings import LiveSettings


class PyVirtualCamMissing(LiveError):
    """The package pyvirtualcam isn't installed."""

    def __init__(self) -> None:
        super().__init__(
            "the camera sink needs pyvirtualcam: run `pip install pyvirtualcam`."
        )


class VirtualCameraMissing(LiveError):
    """There is no virtual camera device."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"there is no virtual camera ({reason}): on Linux, install v4l2loopback "
            "and run `sudo modprobe v4l2loopback exclusive_caps=1`; on macOS and "
            "Windows, install OBS, start its virtual camera once and stop it."
        )


class VirtualCameraSink(Sink):
    """Sends mosaics to a virtual camera."""

    def __init__(self, settings: LiveSettings, source: Source) -> None:
        try:
            import pyvirtualcam
        except ImportError:
            raise PyVirtualCamMissing from None
        width, height = settings.mosaic_size
        try:
            self._camera: Any = pyvirtualcam.Camera(width, height, source.fps)
        except RuntimeError as error:
            # Only the first sentence is meant for users.
            raise VirtualCameraMissing(str(error).partition(". ")[0]) from None

    def write(self, matched: MatchedFrame) -> None:
        """Send a mosaic without waiting for the camera's frame interval."""
        self._camera.send(to_rgb(matched.mosaic))

    def close(self) -> None:
        """Release the device."""
        self._camera.close()
