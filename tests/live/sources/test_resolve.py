import os
import sys
from types import SimpleNamespace

import cv2_enumerate_cameras
import pytest
from live_samples import make_settings

from pigeonhole.live.sources import resolve
from pigeonhole.live.sources.resolve import (
    CameraForbidden,
    CameraNotFound,
    SourceNotFound,
    resolve_source,
)


@pytest.fixture
def devices(tmp_path, monkeypatch):
    """A folder with two camera devices."""
    folder = tmp_path / "dev"
    folder.mkdir()
    for number in (0, 12):
        (folder / f"video{number}").touch()
    cameras = [
        SimpleNamespace(name="USB Camera", index=12),
        SimpleNamespace(name="Built-in Camera: front", index=0),
    ]
    monkeypatch.setattr(resolve, "DEVICES", folder)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(cv2_enumerate_cameras, "enumerate_cameras", lambda api: cameras)
    return folder


def resolved(source, **changes):
    return resolve_source(make_settings(source=str(source), **changes))


def test_numbers_devices_and_names_are_cameras(devices):
    assert resolved("0") == ("camera", "0")
    assert resolved("012") == ("camera", "12")
    assert resolved(devices / "video12") == ("camera", "12")
    assert resolved("usb camera") == ("camera", "12")
    assert resolved("front") == ("camera", "0")
    # If several names contain the text, the first one in alphabetical order is used.
    assert resolved("Camera") == ("camera", "0")


def test_auto_is_the_first_camera_or_the_browser(devices):
    assert resolved("auto") == ("camera", "0")
    assert resolved("auto", sink="page") == ("browser", "browser")
    assert resolved("auto", sink="page,window") == ("camera", "0")
    assert resolved("browser", sink="page,window") == ("browser", "browser")


def test_paths_are_videos_and_folders(devices, tmp_path):
    (tmp_path / "7").touch()
    assert resolved(tmp_path) == ("folder", str(tmp_path))
    assert resolved(tmp_path / "7") == ("video", str(tmp_path / "7"))
    assert resolved("synthetic") == ("synthetic", "synthetic")


def test_the_error_for_a_missing_camera_lists_the_available_ones(devices):
    with pytest.raises(CameraNotFound, match=r"no camera 1: choose one of 0, 12\."):
        resolved("1")
    available = "available: Built-in Camera: front, USB"
    with pytest.raises(SourceNotFound, match=available):
        resolved("webcam")


def test_without_any_camera_the_error_suggests_other_sources(devices):
    for device in devices.iterdir():
        device.unlink()
    with pytest.raises(CameraNotFound, match="any other: connect one, or choose a vid"):
        resolved("auto")


def test_the_error_for_a_forbidden_camera_names_the_group(devices, monkeypatch):
    monkeypatch.setattr(os, "access", lambda device, mode: False)
    group = (devices / "video0").group()
    with pytest.raises(CameraForbidden, match=rf"groups {group} \$USER` and log in"):
        resolved("0")
