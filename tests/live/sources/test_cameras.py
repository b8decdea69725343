import time

import numpy as np
import pytest
from live_samples import FRAME_SIZE

from pigeonhole.live.sources import cameras
from pigeonhole.live.sources.cameras import (
    Camera,
    CameraLost,
    CameraSilent,
    CameraUnavailable,
)


class FakeVideoCapture:
    """A device with 50 images per second whose driver buffers four."""

    def __init__(self, *_):
        self.start = time.perf_counter()
        self.last_read = 0
        self.images_left = 1000

    def isOpened(self):
        return True

    def set(self, *_):
        return True

    def get(self, _):
        return 50.0

    def read(self):
        return self.grab(), None

    def grab(self):
        self.last_read = max(self.last_read, self.latest() - 4)
        while self.latest() <= self.last_read:
            time.sleep(0.001)
        self.last_read += 1
        self.images_left -= 1
        return self.images_left >= 0

    def latest(self):
        return int(50 * (time.perf_counter() - self.start))

    def retrieve(self):
        return self.last_read % 2 == 0, np.zeros((24, 32, 3), np.uint8)

    def release(self):
        self.images_left = 0


@pytest.fixture
def fake_device(monkeypatch):
    monkeypatch.setattr(cameras.cv2, "VideoCapture", FakeVideoCapture)


def test_a_missing_device_is_reported_as_unavailable():
    with pytest.raises(CameraUnavailable, match="close other programs"):
        Camera(97, FRAME_SIZE)


def test_a_camera_skips_images_that_the_driver_has_buffered(fake_device):
    camera = Camera(0, FRAME_SIZE)
    time.sleep(0.3)
    assert camera.grab()
    assert camera._capture.latest() - camera._capture.last_read <= 1
    assert camera.fps == 50
    assert camera.timestamp() is None


def test_a_camera_survives_damaged_images_but_not_a_lost_connection(
    fake_device, monkeypatch
):
    camera = Camera(0, FRAME_SIZE)
    images = [camera.grab() and camera.retrieve() for _ in range(4)]
    assert [image is None for image in images].count(True) == 2
    camera._capture.images_left = 0
    with pytest.raises(CameraLost, match="check its cable"):
        camera.grab()
    monkeypatch.setattr(FakeVideoCapture, "retrieve", lambda self: (False, None))
    assert [camera.retrieve() for _ in range(29)] == [None] * 29
    with pytest.raises(CameraLost):
        camera.retrieve()


def test_a_camera_without_images_is_reported_and_released(fake_device, monkeypatch):
    released = []
    monkeypatch.setattr(FakeVideoCapture, "read", lambda self: (False, None))
    monkeypatch.setattr(FakeVideoCapture, "release", lambda self: released.append(1))
    with pytest.raises(CameraSilent, match="delivers no image"):
        Camera(0, FRAME_SIZE)
    assert released
