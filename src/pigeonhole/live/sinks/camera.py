"""The sink that other programs take for a camera."""

from typing import Any

from pigeonhole.core.errors import LiveError
from pigeonhole.imaging.resize import rgb_of
from pigeonhole.live.frames import Placed
from pigeonhole.live.sources.source import Source
from pigeonhole.settings import LiveSettings


class NoPyVirtualCam(LiveError):
    """The package that knows virtual cameras isn't installed."""

    def __init__(self) -> None:
        super().__init__(
            "the sink camera needs pyvirtualcam: `pip install pyvirtualcam`."
        )


class NoVirtualCamera(LiveError):
    """The machine has no virtual camera to write to."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"there is no virtual camera ({reason}): on Linux install v4l2loopback and "
            "run `sudo modprobe v4l2loopback exclusive_caps=1`, on macOS and Windows "
            "install OBS, start its virtual camera once and stop it."
        )


class VirtualCamera:
    """
    Shows the mosaics to programs that want a camera.

    Raises
    ------
    NoPyVirtualCam, NoVirtualCamera
    """

    live = True

    def __init__(self, settings: LiveSettings, source: Source) -> None:
        try:
            import pyvirtualcam
        except ImportError:
            raise NoPyVirtualCam from None
        width, height = settings.drawn
        try:
            self._camera: Any = pyvirtualcam.Camera(width, height, source.rate)
        except RuntimeError as error:
            # What its own sentences say besides is for programmers.
            raise NoVirtualCamera(str(error).partition(". ")[0]) from None

    def take(self, placed: Placed) -> None:
        """Show a mosaic, with no wait for a rate: it comes in its own."""
        self._camera.send(rgb_of(placed.mosaic))

    def goes_on(self) -> bool:
        """Never end a run."""
        return True

    def close(self) -> None:
        """Let the device go."""
        self._camera.close()
