"""Recordings, read back; and the two sinks for which other programs are needed."""

import builtins
import signal
import time
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
import pyvirtualcam
from live_samples import (
    grey_clip,
    run_cli,
    save_tiles,
    settings_of,
    stage_of,
    start_cli,
)

from pigeonhole.imaging.video import NoRecording
from pigeonhole.live.frames import Frame, Placed
from pigeonhole.live.loop import run
from pigeonhole.live.sinks import camera
from pigeonhole.live.sinks.file import Recorder, Recording, timed
from pigeonhole.live.sources.source import open_source
from pigeonhole.settings import live_settings

# A tile for each of 16 greys: the mosaic of a grey clip is as grey as the clip.
GREYS = np.repeat(np.arange(5, 256, 16, dtype=np.uint8), 192).reshape(-1, 12, 16)


def read(path):
    """The grey of each picture of a video."""
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS)
    greys = []
    while (taken := capture.read())[0]:
        greys.append(round(float(taken[1].mean())))
    capture.release()
    return greys, rate


@pytest.fixture
def stage():
    return stage_of(GREYS, frame="64x48")


def placed(stage, grey, moment):
    tiles = stage.palette.tiles("0")
    picture = np.full((48, 64, 3), grey, np.uint8)
    placement = np.full((4, 4), (grey - 5) // 16)
    return Placed(Frame(0, picture, moment, moment), tiles, placement, moment)


def record(stage, path, shown, **options):
    recording = Recording(path, **{"rate": 10, "sound": None, "wait": True, **options})
    for grey, moment in shown:
        recording.put(placed(stage, grey, moment))
    recording.close()
    return read(path)


@pytest.mark.parametrize("ending", ["webm", "mp4"])
def test_a_mosaic_stands_until_the_moment_of_the_next(stage, tmp_path, ending):
    shown = [(5, 7.0), (53, 7.1), (101, 7.12), (149, 7.5), (245, 7.6)]
    greys, rate = record(stage, tmp_path / f"a.{ending}", shown)
    assert rate == 10
    # The one at 7.1 has given way to the one at 7.12 within its tenth of a second.
    np.testing.assert_allclose(greys, [5, 101, 101, 101, 101, 149, 245], atol=4)


def test_a_long_pause_is_cut(stage, tmp_path):
    shown = [(5, 0.0), (53, 100.0), (101, 100.1)]
    greys, _ = record(stage, tmp_path / "a.webm", shown)
    assert 20 <= len(greys) - 2 <= 22


def test_a_slow_slide_show_plays_smoothly_and_its_last_picture_stands(stage, tmp_path):
    shown = [(5, 0.0), (101, 1.0), (245, 2.0)]
    greys, rate = record(stage, tmp_path / "a.webm", shown, rate=1.0)
    assert rate == 5
    np.testing.assert_allclose(greys, [5] * 5 + [101] * 5 + [245] * 5, atol=4)


def test_nothing_recorded_leaves_no_file(stage, tmp_path):
    recording = Recording(tmp_path / "a.webm", 30, None, wait=True)
    recording.close()
    assert list(tmp_path.iterdir()) == []


def test_odd_sides_and_colours_can_be_recorded(tmp_path):
    tiles = np.zeros((1, 5, 7, 3), np.uint8)
    tiles[..., 0] = 200
    stage = stage_of(tiles, frame="21x15")
    for ending in ("webm", "mp4"):
        path = tmp_path / f"a.{ending}"
        recording = Recording(path, 30, None, wait=True)
        shown = stage.palette.tiles("0")
        frame = Frame(0, np.zeros((15, 21, 3), np.uint8), 0)
        recording.put(Placed(frame, shown, np.zeros((3, 3), np.int64), 0))
        recording.close()
        capture = cv2.VideoCapture(str(path))
        _, picture = capture.read()
        capture.release()
        blue, green, red = picture[3:-3, 3:-3].reshape(-1, 3).mean(axis=0)
        assert red > 180
        assert max(blue, green) < 30


def test_a_recording_that_can_not_be_written_says_so(stage, tmp_path):
    (tmp_path / "file").touch()
    recording = Recording(tmp_path / "file" / "a.webm", 30, None, wait=True)
    recording.put(placed(stage, 5, 0.0))
    with pytest.raises(NoRecording, match=r"a\.webm can't be recorded"):
        recording.close()


def test_a_recorder_begins_and_ends_and_takes_free_names(stage, tmp_path):
    settings = settings_of(record=str(tmp_path / "a.webm"))
    source = open_source(settings, stage.feed)
    recorder = Recorder(settings, source, at_once=False)
    for grey in (5, 245):
        recorder.take(placed(stage, 101, 0.0))
        recorder.toggle()
        assert recorder.recording
        recorder.take(placed(stage, grey, 0.0))
        recorder.toggle()
        assert not recorder.recording
    assert read(tmp_path / "a.webm")[0] == pytest.approx([5], abs=4)
    assert read(tmp_path / "a-2.webm")[0] == pytest.approx([245], abs=4)
    assert timed(settings.record) == tmp_path / "a-3.webm"
    assert timed(settings.record, ".png") == tmp_path / "a.png"
    assert timed("%Y/a.mp4").parent.name.isdecimal()


def with_sound(path, seconds=2, rate=25):
    """A grey clip whose sound is silent but for a beep in its second half."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("aac", rate=44_100, layout="mono")
        for number in range(seconds * rate):
            picture = np.full((48, 64, 3), 5 + 16 * (number % 16), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(video.encode(None))
        times = np.arange(seconds * 44_100) / 44_100
        wave = np.sin(2 * np.pi * 440 * times) * (times >= seconds / 2)
        for start in range(0, len(wave), 1024):
            part = wave[None, start : start + 1024].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.sample_rate = 44_100
            frame.pts, frame.time_base = start, Fraction(1, 44_100)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def heard(path):
    """Seconds of sound, and those that beep."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        to_floats = av.AudioResampler("flt", "mono", 48_000)
        parts = [
            sound.to_ndarray().ravel()
            for frame in container.decode(stream)
            for sound in to_floats.resample(frame)
        ]
    wave = np.abs(np.concatenate(parts))
    loud = np.flatnonzero(wave > 0.3) / 48_000
    return len(wave) / 48_000, loud.min(), loud.max()


@pytest.mark.parametrize("ending", ["webm", "mp4"])
def test_the_sound_of_a_video_is_kept(tmp_path, ending):
    clip = with_sound(tmp_path / "clip.mp4")
    record = tmp_path / f"a.{ending}"
    settings = settings_of(
        source=str(clip), sink="file", frame="64x48", record=str(record)
    )
    stage = stage_of(GREYS, frame="64x48")
    with open_source(settings, stage.feed) as source:
        recorder = Recorder(settings, source, at_once=True)
        run(source, stage, [recorder])
        recorder.close()
    greys, rate = read(record)
    assert (len(greys), rate) == (50, 25)
    np.testing.assert_allclose(greys[:16], np.arange(5, 256, 16), atol=6)
    seconds, first, last = heard(record)
    assert seconds == pytest.approx(2, abs=0.1)
    assert first == pytest.approx(1, abs=0.06)
    assert last == pytest.approx(2, abs=0.1)


def test_a_recording_from_the_middle_has_the_sound_from_there(stage, tmp_path):
    clip = with_sound(tmp_path / "clip.mp4")
    shown = [(5, 0.5 + number / 10) for number in range(10)]
    record(stage, tmp_path / "a.mp4", shown, sound=clip)
    seconds, first, last = heard(tmp_path / "a.mp4")
    assert seconds == pytest.approx(1, abs=0.1)
    assert first == pytest.approx(0.5, abs=0.06)
    assert last == pytest.approx(1, abs=0.1)


def test_without_pyav_webm_is_silent_and_mp4_says_what_to_install(
    stage, tmp_path, monkeypatch, caplog
):
    clip = with_sound(tmp_path / "clip.mp4", seconds=1)
    real = builtins.__import__

    def missing(name, *rest):
        if name == "av":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    for ending in ("webm", "mp4"):
        settings = settings_of(source=str(clip), record=f"{tmp_path}/a.{ending}")
        source = open_source(settings, stage.feed)
        if ending == "mp4":
            with pytest.raises(NoRecording, match="`pip install av`, or record to"):
                Recorder(settings, source, at_once=True)
        else:
            Recorder(settings, source, at_once=True).close()
            assert "without sound: `pip install av`" in caplog.text


def test_after_ctrl_c_the_recording_plays_and_the_run_was_over_at_once(tmp_path):
    tiles = save_tiles(tmp_path / "live.npz", GREYS)
    process = start_cli(
        *("live", "--tiles", tiles, "--frame", "64x48", "--source", "synthetic"),
        *("--sink", "file,none", "--record", tmp_path / "a.webm"),
    )
    until = time.monotonic() + 30
    while not list(tmp_path.glob(".a-*.webm")) and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    started = time.perf_counter()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "")
    assert time.perf_counter() - started < 3
    assert read(tmp_path / "a.webm")[0]
    assert '"frames": ' in out
    assert sorted(path.name for path in tmp_path.glob("*.webm")) == ["a.webm"]


def test_all_sinks_at_once_end_with_the_clip(tmp_path):
    tiles = save_tiles(tmp_path / "live.npz", GREYS)
    clip = grey_clip(tmp_path / "clip.avi")
    status, out, err = run_cli(
        *("live", "--tiles", tiles, "--frame", "64x48", "--source", clip),
        *("--sink", "none,file", "--record", tmp_path / "%Y.webm"),
    )
    assert (status, err) == (0, "")
    assert '"frames": 8' in out
    [path] = tmp_path.glob("2*.webm")
    assert len(read(path)[0]) == 8


# ---- the virtual camera ----


class FakeDevice:
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


def test_mosaics_go_to_the_virtual_camera_in_rgb(stage, monkeypatch):
    monkeypatch.setattr(pyvirtualcam.camera, "BACKENDS", {"fake": FakeDevice})
    settings = live_settings({"frame": "64x48"})
    source = open_source(settings_of(), stage.feed)
    sink = camera.VirtualCamera(settings, source)
    sink.take(placed(stage, 101, 0.0))
    assert sink.goes_on()
    sink.close()
    picture, closed = FakeDevice.sent
    np.testing.assert_array_equal(picture.reshape(48, 64, 3), 101)
    assert closed == "closed"


def test_without_a_virtual_camera_one_sentence_says_what_to_install(stage):
    source = open_source(settings_of(), stage.feed)
    with pytest.raises(camera.NoVirtualCamera, match="modprobe v4l2loopback") as told:
        camera.VirtualCamera(live_settings({}), source)
    assert str(told.value).count(". ") == 0


def test_without_pyvirtualcam_one_sentence_says_so(stage, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyvirtualcam", None)
    with pytest.raises(camera.NoPyVirtualCam, match="pip install pyvirtualcam"):
        camera.VirtualCamera(live_settings({}), open_source(settings_of(), stage.feed))
