"""Recordings are read back after they were written."""

import signal
import sys
import time
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from live_samples import (
    make_session,
    make_settings,
    run_cli,
    save_gray_clip,
    save_tiles,
    start_cli,
)

from pigeonhole.core.atomic import DiskFull
from pigeonhole.imaging.video import RecordingError
from pigeonhole.live.frames import Frame, MatchedFrame
from pigeonhole.live.loop import run
from pigeonhole.live.sinks import file
from pigeonhole.live.sinks.file import Recorder, Recording, unused_path
from pigeonhole.live.sources.source import open_source

# A tile for each of 16 gray values, so that mosaics of gray clips equal the clips.
GRAY_TILES = np.repeat(np.arange(5, 256, 16, dtype=np.uint8), 192).reshape(-1, 12, 16)


def read_video(path):
    """Return the mean gray value of each image and the frame rate."""
    capture = cv2.VideoCapture(str(path))
    fps = capture.get(cv2.CAP_PROP_FPS)
    grays = []
    while (result := capture.read())[0]:
        grays.append(round(float(result[1].mean())))
    capture.release()
    return grays, fps


@pytest.fixture
def session():
    return make_session(GRAY_TILES, frame_size="64x48")


def gray_frame(session, gray, timestamp):
    tile_set = session.tile_sets.get("0")
    image = np.full((48, 64, 3), gray, np.uint8)
    placement = np.full((4, 4), (gray - 5) // 16)
    frame = Frame(0, image, timestamp, timestamp)
    return MatchedFrame(frame, tile_set, placement, timestamp)


def record(session, path, frames, **options):
    defaults = {"fps": 10, "sound": None, "wait": True}
    recording = Recording(path, **(defaults | options))
    for gray, timestamp in frames:
        recording.put(gray_frame(session, gray, timestamp))
    recording.close()
    return read_video(path)


@pytest.mark.parametrize("suffix", ["webm", "mp4"])
def test_a_mosaic_is_repeated_until_the_time_of_the_next(session, tmp_path, suffix):
    frames = [(5, 7.0), (53, 7.1), (101, 7.12), (149, 7.5), (245, 7.6)]
    grays, fps = record(session, tmp_path / f"a.{suffix}", frames)
    assert fps == 10
    # The frame at 7.12 replaces the one at 7.1 within the same tenth of a second.
    np.testing.assert_allclose(grays, [5, 101, 101, 101, 101, 149, 245], atol=4)


def test_a_long_pause_is_shortened(session, tmp_path):
    frames = [(5, 0.0), (53, 100.0), (101, 100.1)]
    grays, _ = record(session, tmp_path / "a.webm", frames)
    assert 20 <= len(grays) - 2 <= 22


def test_a_slide_show_has_the_minimum_frame_rate_and_shows_its_last_image(
    session, tmp_path
):
    frames = [(5, 0.0), (101, 1.0), (245, 2.0)]
    grays, fps = record(session, tmp_path / "a.webm", frames, fps=1.0)
    assert fps == 5
    np.testing.assert_allclose(grays, [5] * 5 + [101] * 5 + [245] * 5, atol=4)


def test_a_recording_without_frames_leaves_no_file(session, tmp_path):
    recording = Recording(tmp_path / "a.webm", 30, None, wait=True)
    recording.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["webm", "mp4"])
def test_odd_sizes_and_colors_can_be_recorded(tmp_path, suffix):
    tiles = np.zeros((1, 5, 7, 3), np.uint8)
    tiles[..., 0] = 200
    tile_set = make_session(tiles, frame_size="21x15").tile_sets.get("0")
    path = tmp_path / f"a.{suffix}"
    recording = Recording(path, 30, None, wait=True)
    frame = Frame(0, np.zeros((15, 21, 3), np.uint8), 0)
    recording.put(MatchedFrame(frame, tile_set, np.zeros((3, 3), np.int64), 0))
    recording.close()
    capture = cv2.VideoCapture(str(path))
    _, image = capture.read()
    capture.release()
    blue, green, red = image[3:-3, 3:-3].reshape(-1, 3).mean(axis=0)
    assert red > 180
    assert max(blue, green) < 30


def test_a_recording_that_cannot_be_written_raises_an_error(session, tmp_path):
    (tmp_path / "file").touch()
    recording = Recording(tmp_path / "file" / "a.webm", 30, None, wait=True)
    recording.put(gray_frame(session, 5, 0.0))
    with pytest.raises(RecordingError, match=r"a\.webm can't be recorded"):
        recording.close()


def test_a_recording_that_cannot_be_finished_raises_an_error(
    session, tmp_path, monkeypatch
):
    """The disk may be full by then; the encoder has taken the end from the queue."""
    problem = OSError(28, "No space left on device", "temporary")

    def fail(*_):
        raise problem

    monkeypatch.setattr(file, "_check_readable", fail)
    with pytest.raises(DiskFull, match=r"a\.webm can't be written: no space left"):
        record(session, tmp_path / "a.webm", [(5, 0.0), (21, 0.1)])
    assert not list(tmp_path.iterdir())


def test_a_file_that_appears_during_a_recording_is_kept(session, tmp_path):
    recording = Recording(tmp_path / "a.webm", 10, None, wait=True)
    recording.put(gray_frame(session, 5, 0.0))
    (tmp_path / "a.webm").write_text("mine")
    (tmp_path / "a-2.webm").symlink_to("nowhere")
    recording.close()
    assert (tmp_path / "a.webm").read_text() == "mine"
    assert recording.path == tmp_path / "a-3.webm"
    assert read_video(recording.path)[0] == pytest.approx([5], abs=4)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_recorder_starts_and_stops_and_uses_unused_names(session, tmp_path):
    settings = make_settings(record=str(tmp_path / "a.webm"))
    source = open_source(settings, session.frame_queue)
    recorder = Recorder(settings, source, start=False)
    for gray in (5, 245):
        recorder.write(gray_frame(session, 101, 0.0))
        recorder.toggle()
        assert recorder.recording
        recorder.write(gray_frame(session, gray, 0.0))
        recorder.toggle()
        assert not recorder.recording
    assert read_video(tmp_path / "a.webm")[0] == pytest.approx([5], abs=4)
    assert read_video(tmp_path / "a-2.webm")[0] == pytest.approx([245], abs=4)
    assert unused_path(settings.record) == tmp_path / "a-3.webm"
    assert unused_path(settings.record, ".png") == tmp_path / "a.png"
    taken = {tmp_path / "a.png", tmp_path / "a-2.png"}
    assert unused_path(settings.record, ".png", taken) == tmp_path / "a-3.png"
    assert unused_path("%Y/a.mp4").parent.name.isdecimal()


def save_clip_with_sound(path, seconds=2, fps=25):
    """Save a gray clip with a tone in its second half."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=44_100, layout="mono")
        for number in range(seconds * fps):
            image = np.full((48, 64, 3), 5 + 16 * (number % 16), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(video.encode(None))
        times = np.arange(seconds * 44_100) / 44_100
        wave = np.sin(2 * np.pi * 440 * times) * (times >= seconds / 2)
        for start in range(0, len(wave), 1024):
            samples = wave[None, start : start + 1024].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = 44_100
            frame.pts, frame.time_base = start, Fraction(1, 44_100)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path


def tone_times(path):
    """Return a recording's seconds of sound and the start and end of the tone."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler("flt", "mono", 48_000)
        samples = [
            resampled.to_ndarray().ravel()
            for frame in container.decode(stream)
            for resampled in resampler.resample(frame)
        ]
    wave = np.abs(np.concatenate(samples))
    loud = np.flatnonzero(wave > 0.3) / 48_000
    return len(wave) / 48_000, loud.min(), loud.max()


@pytest.mark.parametrize("suffix", ["webm", "mp4"])
def test_the_sound_of_a_video_is_kept(session, tmp_path, suffix):
    clip = save_clip_with_sound(tmp_path / "clip.mp4")
    path = tmp_path / f"a.{suffix}"
    settings = make_settings(
        source=str(clip), sink="file", frame_size="64x48", record=str(path)
    )
    with open_source(settings, session.frame_queue) as source:
        recorder = Recorder(settings, source, start=True)
        run(source, session, [recorder])
        recorder.close()
    grays, fps = read_video(path)
    assert (len(grays), fps) == (50, 25)
    np.testing.assert_allclose(grays[:16], np.arange(5, 256, 16), atol=6)
    seconds, start, end = tone_times(path)
    assert seconds == pytest.approx(2, abs=0.1)
    assert start == pytest.approx(1, abs=0.06)
    assert end == pytest.approx(2, abs=0.1)


def test_a_recording_that_starts_later_has_the_sound_from_there(session, tmp_path):
    clip = save_clip_with_sound(tmp_path / "clip.mp4")
    frames = [(5, 0.5 + number / 10) for number in range(10)]
    record(session, tmp_path / "a.mp4", frames, sound=clip)
    seconds, start, end = tone_times(tmp_path / "a.mp4")
    assert seconds == pytest.approx(1, abs=0.1)
    assert start == pytest.approx(0.5, abs=0.06)
    assert end == pytest.approx(1, abs=0.1)


def test_without_pyav_webm_is_silent_and_mp4_is_an_error(
    session, tmp_path, monkeypatch, caplog
):
    clip = save_clip_with_sound(tmp_path / "clip.mp4", seconds=1)
    monkeypatch.setitem(sys.modules, "av", None)
    for suffix in ("webm", "mp4"):
        settings = make_settings(source=str(clip), record=f"{tmp_path}/a.{suffix}")
        source = open_source(settings, session.frame_queue)
        if suffix == "mp4":
            with pytest.raises(RecordingError, match="`pip install av`"):
                Recorder(settings, source, start=True)
        else:
            Recorder(settings, source, start=True).close()
            assert "without sound; to keep it, run `pip install av`" in caplog.text


def test_after_ctrl_c_the_run_ends_at_once_and_the_recording_is_readable(tmp_path):
    tiles = save_tiles(tmp_path / "live.npz", GRAY_TILES)
    process = start_cli(
        *("live", "--tiles", tiles, "--frame-size", "64x48", "--source", "synthetic"),
        *("--sink", "file,none", "--record", tmp_path / "a.webm"),
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".a-*.webm")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, f"Recorded {tmp_path / 'a.webm'}\n")
    assert read_video(tmp_path / "a.webm")[0]
    assert '"frames": ' in out
    assert sorted(path.name for path in tmp_path.glob("*.webm")) == ["a.webm"]


def test_several_sinks_get_all_frames_of_a_clip(tmp_path):
    tiles = save_tiles(tmp_path / "live.npz", GRAY_TILES)
    clip = save_gray_clip(tmp_path / "clip.avi")
    status, out, err = run_cli(
        *("live", "--tiles", tiles, "--frame-size", "64x48", "--source", clip),
        *("--sink", "none,file", "--record", tmp_path / "%Y.webm"),
    )
    [path] = tmp_path.glob("2*.webm")
    assert (status, err) == (0, f"Recorded {path}\n")
    assert '"frames": 8' in out
    assert len(read_video(path)[0]) == 8
