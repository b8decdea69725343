import sys

import numpy as np
import pytest
import pyvirtualcam
from live_samples import make_session, make_settings

from pigeonhole.live.frames import Frame, MatchedFrame
from pigeonhole.live.sinks.camera import (
    PyVirtualCamMissing,
    VirtualCameraMissing,
    VirtualCameraSink,
)
from pigeonhole.live.sources.source import open_source


@pytest.fixture
def session():
    gray_tile = np.full((1, 12, 16), 101, np.uint8)
    return make_session(gray_tile, frame_size="64x48")


@pytest.fixture
def source(session):
    return open_source(make_settings(), session.frame_queue)


class FakeBackend:
    """A backend of pyvirtualcam that keeps what it is sent."""

    sent = ()

    def __init__(self, width, height, **_):
        type(self).sent = []
        self.size = (width, height)

    def device(self):
        return "fake"

    def native_fmt(self):
        return None

    def send(self, frame):
        self.sent.append(frame.copy())

    def close(self):
        self.sent.append("closed")


def test_mosaics_are_sent_to_the_virtual_camera_in_rgb(session, source, monkeypatch):
    monkeypatch.setattr(pyvirtualcam.camera, "BACKENDS", {"fake": FakeBackend})
    frame = Frame(0, np.zeros((48, 64, 3), np.uint8), 0.0)
    tile_set, placement = session.tile_sets.get("0"), np.zeros((4, 4), np.int64)
    sink = VirtualCameraSink(session.settings, source)
    sink.write(MatchedFrame(frame, tile_set, placement, 0.0))
    assert sink.is_open()
    sink.close()
    image, closed = FakeBackend.sent
    np.testing.assert_array_equal(image.reshape(48, 64, 3), 101)
    assert closed == "closed"


def test_a_missing_virtual_camera_is_reported_with_what_to_install(session, source):
    with pytest.raises(VirtualCameraMissing, match="modprobe v4l2loopback") as error:
        VirtualCameraSink(session.settings, source)
    assert str(error.value).count(". ") == 0


def test_a_missing_pyvirtualcam_is_reported(session, source, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(PyVirtualCamMissing, match="pip install pyvirtualcam"):
        VirtualCameraSink(session.settings, source)
