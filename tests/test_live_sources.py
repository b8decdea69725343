"""What the name of a source means, and what each kind gives."""

import sys
import time
from types import SimpleNamespace

import cv2_enumerate_cameras
import numpy as np
import pytest
from live_samples import FRAME, settings_of, stage_of

from pigeonhole.imaging.codecs import write_png
from pigeonhole.live import preflight as ready
from pigeonhole.live.display import NoDisplay
from pigeonhole.live.loop import run
from pigeonhole.live.sources import cameras
from pigeonhole.live.sources import resolve as find
from pigeonhole.live.sources.resolve import find_source
from pigeonhole.live.sources.source import open_source
from pigeonhole.live.sources.video import NoPictures


@pytest.fixture
def devices(tmp_path, monkeypatch):
    """Two cameras, of which one is forbidden."""
    folder = tmp_path / "dev"
    folder.mkdir()
    for number in (0, 12):
        (folder / f"video{number}").touch()
    named = [
        SimpleNamespace(name="USB Camera", index=12),
        SimpleNamespace(name="Built-in Camera: front", index=0),
    ]
    monkeypatch.setattr(find, "DEVICES", folder)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(cv2_enumerate_cameras, "enumerate_cameras", lambda api: named)
    return folder


def found(source, **changes):
    return find_source(settings_of(source=str(source), **changes))


def test_numbers_devices_and_names_are_cameras(devices):
    assert found("0") == ("camera", "0")
    assert found("012") == ("camera", "12")
    assert found(devices / "video12") == ("camera", "12")
    assert found("usb camera") == ("camera", "12")
    assert found("front") == ("camera", "0")
    # Both have the word: the first by its name.
    assert found("Camera") == ("camera", "0")


def test_auto_is_the_first_camera_or_the_page(devices):
    assert found("auto") == ("camera", "0")
    assert found("auto", sink="page") == ("browser", "browser")
    assert found("auto", sink="page,window") == ("camera", "0")
    assert found("browser", sink="page,window") == ("browser", "browser")


def test_paths_are_videos_and_folders(devices, tmp_path):
    (tmp_path / "7").touch()
    assert found(tmp_path) == ("folder", str(tmp_path))
    assert found(tmp_path / "7") == ("video", str(tmp_path / "7"))
    assert found("synthetic") == ("synthetic", "synthetic")


def test_a_camera_that_is_not_there_names_those_that_are(devices):
    with pytest.raises(find.NoSuchCamera, match=r"camera 1 .* has 0, 12: take one"):
        found("1")
    with pytest.raises(find.NoSuchSource, match="here: Built-in Camera: front, USB"):
        found("webcam")


def test_without_any_camera_the_way_out_is_another_source(devices):
    for device in devices.iterdir():
        device.unlink()
    with pytest.raises(find.NoSuchCamera, match="nor any other: plug one in, or give"):
        found("auto")


def test_a_forbidden_camera_names_the_group(devices, monkeypatch):
    monkeypatch.setattr(find.os, "access", lambda device, mode: False)
    with pytest.raises(find.ForbiddenCamera, match=r"groups root \$USER` and log in"):
        found("0")


def test_a_device_that_is_no_camera_can_not_be_opened():
    with pytest.raises(cameras.ClosedCamera, match="close the other program"):
        cameras.Camera(97, FRAME)


class Driver:
    """A device of 50 pictures a second whose driver keeps four."""

    def __init__(self, *_):
        self.start = time.perf_counter()
        self.taken = 0
        self.left = 1000

    def isOpened(self):
        return True

    def set(self, *_):
        return True

    def get(self, _):
        return 50.0

    def read(self):
        return self.grab(), None

    def grab(self):
        self.taken = max(self.taken, self.newest() - 4)
        while self.newest() <= self.taken:
            time.sleep(0.001)
        self.taken += 1
        self.left -= 1
        return self.left >= 0

    def newest(self):
        return int(50 * (time.perf_counter() - self.start))

    def retrieve(self):
        return self.taken % 2 == 0, np.zeros((24, 32, 3), np.uint8)

    def release(self):
        self.left = 0


def test_a_camera_begins_with_a_fresh_picture_however_late(monkeypatch):
    monkeypatch.setattr(cameras.cv2, "VideoCapture", Driver)
    camera = cameras.Camera(0, FRAME)
    time.sleep(0.3)
    assert camera.grab()
    assert camera._capture.newest() - camera._capture.taken <= 1
    assert camera.rate == 50
    assert camera.moment() is None


def test_a_camera_survives_a_damaged_picture_but_not_its_cable(monkeypatch):
    monkeypatch.setattr(cameras.cv2, "VideoCapture", Driver)
    camera = cameras.Camera(0, FRAME)
    pictures = [camera.grab() and camera.retrieve() for _ in range(4)]
    assert [picture is None for picture in pictures].count(True) == 2
    camera._capture.left = 0
    with pytest.raises(cameras.LostCamera, match="check its cable"):
        camera.grab()
    monkeypatch.setattr(Driver, "retrieve", lambda self: (False, None))
    assert [camera.retrieve() for _ in range(29)] == [None] * 29
    with pytest.raises(cameras.LostCamera):
        camera.retrieve()


def test_a_camera_without_a_picture_says_so_and_is_let_go(monkeypatch):
    released = []
    monkeypatch.setattr(cameras.cv2, "VideoCapture", Driver)
    monkeypatch.setattr(Driver, "read", lambda self: (False, None))
    monkeypatch.setattr(Driver, "release", lambda self: released.append(1))
    with pytest.raises(cameras.SilentCamera, match="opens but gives no picture"):
        cameras.Camera(0, FRAME)
    assert released


def test_what_is_missing_is_said_before_anything_is_opened(monkeypatch):
    with pytest.raises(find.NoSuchSource, match=r"nowhere\.mp4 isn't there"):
        ready.check(settings_of(source="nowhere.mp4"))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(NoDisplay, match="take the sink page"):
        ready.check(settings_of(sink="window"))


@pytest.fixture
def folder(tmp_path):
    """Pictures of 20, 40 and 60, and a file that only looks like one."""
    for number in (1, 2, 3):
        picture = np.full((24, 32, 3), 20 * number, np.uint8)
        write_png(tmp_path / "pictures" / f"{number}.png", picture)
    (tmp_path / "pictures" / "2-broken.jpg").write_bytes(b"no picture")
    return tmp_path / "pictures"


def opened(folder, **changes):
    return open_source(settings_of(source=str(folder), **changes), stage_of().feed)


def test_a_folder_gives_its_pictures_by_name_and_in_their_turns(folder, caplog):
    with opened(folder, pace=4) as source:
        frames = list(source)
    assert [frame.picture.max() for frame in frames] == [20, 40, 60]
    assert [frame.moment for frame in frames] == [0, 0.25, 0.5]
    assert [record.message.count("2-broken.jpg") for record in caplog.records] == [1]


def test_a_watched_folder_goes_round_at_its_pace(folder):
    shown = []
    with opened(folder, pace=50, sink="window") as source:
        for frame in source:
            shown.append(frame)
            if len(shown) == 8:
                break
    seconds = shown[-1].captured - shown[0].captured
    assert seconds == pytest.approx(shown[-1].moment - shown[0].moment, abs=0.1)
    assert shown[-1].moment >= 7 / 50
    assert {int(frame.picture.max()) for frame in shown} <= {20, 40, 60}


def test_a_folder_without_pictures_gives_one_sentence(tmp_path):
    with pytest.raises(NoPictures, match="holds no picture that can be read"):
        opened(tmp_path)


def test_pages_feed_all_sinks(tmp_path):
    stage = stage_of(source="browser", sink="page")
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[..., 2] = 90
    kept = []

    class Keeper:
        live = True

        def take(self, placed):
            kept.append(placed)

        def goes_on(self):
            stage.feed.put(picture)
            return len(kept) < 2

        def close(self):
            pass

    with open_source(stage.settings, stage.feed) as source:
        run(source, stage, [Keeper()])
        stage.feed.release()
    np.testing.assert_array_equal(kept[0].frame.picture, picture[:24, :32])
