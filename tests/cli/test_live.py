"""The command `pigeonhole live`."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
from live_samples import random_tiles, run_cli, save_gray_clip, save_tiles, start_cli

from pigeonhole.cli.live import live_arguments
from pigeonhole.cli.main import main
from pigeonhole.live import show
from pigeonhole.settings import LiveSettings

NO_DISPLAY = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY"))


@pytest.fixture
def tiles(tmp_path):
    return save_tiles(tmp_path / "live.npz", random_tiles(25))


def run_live(tiles, *arguments, **environment):
    return run_cli(
        "live", "--tiles", tiles, "--frame-size", "32x24", *arguments, **environment
    )


def test_the_null_sink_prints_statistics_as_one_line(tiles, tmp_path):
    clip = save_gray_clip(tmp_path / "clip.avi")
    status, out, err = run_live(
        tiles, "--source", clip, "--sink", "none", "--max-frames", 5
    )
    assert (status, err) == (0, "")
    numbers = json.loads(out)
    assert out.count("\n") == 1
    assert (numbers["frames"], numbers["dropped"]) == (5, 0)
    assert (numbers["cells"], numbers["tiles"]) == (16, 25)
    assert numbers["source_size"] == "32x24"
    assert numbers["seconds"] > 0
    assert numbers["frames_per_second"] > 0
    latency = numbers["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"]


def test_a_clip_shorter_than_max_frames_ends_the_run(tiles, tmp_path):
    clip = save_gray_clip(tmp_path / "clip.avi", count=3)
    status, out, err = run_live(
        tiles, "--source", clip, "--sink", "none", "--max-frames", 50
    )
    assert (status, err) == (0, "")
    assert json.loads(out)["frames"] == 3


def test_color_tiles_and_another_match_mode_work(tmp_path):
    tiles = save_tiles(tmp_path / "color.npz", random_tiles(25, (6, 8, 3)))
    status, out, err = run_live(
        tiles,
        *("--source", "synthetic", "--no-mirror", "--match", "mean-2x2"),
        *("--sink", "none", "--max-frames", "2"),
    )
    assert (status, err) == (0, "")
    assert json.loads(out)["frames"] == 2


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("97", "there is no camera 97"),
        ("nowhere.avi", "nowhere.avi doesn't exist: use the number or name of a"),
        ("broken.avi", "broken.avi can't be read as a video"),
        ("empty.mp4", "empty.mp4 can't be read as a video"),
        ("", " contains no readable image"),
    ],
)
def test_a_source_that_cannot_be_opened_is_one_line(
    call, one_line, tiles, tmp_path, source, sentence
):
    (tmp_path / "broken.avi").write_bytes(b"RIFF" + bytes(range(256)) * 20)
    (tmp_path / "empty.mp4").touch()
    path = source if source == "97" else tmp_path / source
    status, out, err = call(
        *("live", "--tiles", tiles, "--frame-size", "32x24"),
        *("--source", path, "--sink", "none"),
    )
    assert (status, out) == (1, "")
    assert sentence in one_line(err)


def test_a_missing_tile_set_is_one_line(call, one_line, tmp_path):
    missing = tmp_path / "none.npz"
    status, out, err = call(
        *("live", "--tiles", missing, "--source", "synthetic", "--sink", "none")
    )
    assert (status, out) == (1, "")
    assert "none.npz can't be used as a tile set" in one_line(err)


def test_a_frame_size_that_does_not_fit_the_tiles_is_one_line(call, one_line, tiles):
    status, _, err = call(
        *("live", "--tiles", tiles, "--frame-size", "30x24"),
        *("--source", "synthetic", "--sink", "none"),
    )
    assert status == 1
    assert "the frame size 30x24 isn't a multiple of the cell size 8x6" in one_line(err)


def test_a_missing_display_is_one_line_with_a_fix(tiles, one_line):
    status, out, err = run_live(tiles, "--source", "synthetic", **NO_DISPLAY)
    assert (status, out) == (1, "")
    assert "there is no display (DISPLAY isn't set)" in one_line(err)
    assert "use the page sink" in err


def test_wayland_without_xwayland_is_reported(tiles, one_line):
    only = {"DISPLAY": None, "WAYLAND_DISPLAY": "wayland-0"}
    status, _, err = run_live(tiles, "--source", "synthetic", **only)
    assert status == 1
    assert "needs XWayland" in one_line(err)


def test_an_unreachable_display_does_not_abort_the_process(tiles, one_line):
    status, _, err = run_live(tiles, "--source", "synthetic", DISPLAY=":9753")
    assert status == 1
    assert "can't open a window on ':9753'" in one_line(err)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "source": "-",
            "cell_size": "8x6",
            "scale": 3,
            "mirror": False,
            "histogram_matching": 0.5,
        },
        {"sink": ["none", "file"], "repetition": {"max_uses": 3, "min_distance": 2}},
        {"match": "mean", "steadiness": 0, "max_frames": 7, "record": "a b/%H.mp4"},
    ],
)
def test_live_arguments_reproduce_the_settings(monkeypatch, changes):
    settings = LiveSettings.model_validate(changes)
    calls = []
    monkeypatch.setattr(show, "show_live", lambda *args: calls.append(args))
    arguments = live_arguments(settings)
    assert main(["live", *arguments, "--tiles", "a.npz", "b.npz"]) == 0
    assert calls == [(settings, [Path("a.npz"), Path("b.npz")])]


def test_outputs_can_be_repeated_or_separated_by_commas(monkeypatch):
    sinks = []
    monkeypatch.setattr(
        show, "show_live", lambda settings, _: sinks.append(settings.sink)
    )
    assert main(["live", "--sink", "file", "--sink", "none"]) == 0
    assert main(["live", "--sink", "file,none"]) == 0
    assert sinks == [("file", "none")] * 2


def test_ctrl_c_ends_the_run_with_130_and_no_traceback(tmp_path):
    tiles = save_tiles(tmp_path / "live.npz", np.zeros((2, 6, 8), np.uint8))
    process = start_cli(
        *("live", "--tiles", tiles, "--frame-size", "32x24", "--source", "synthetic"),
        *("--sink", "page,none", "--no-open-browser"),
    )
    try:
        # The address of the page is printed when it is ready.
        while "http" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
