import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from live_samples import grey_clip, run_cli, save_tiles, start_cli, tiles_of

from pigeonhole.cli import live as program
from pigeonhole.cli.live_options import live_arguments
from pigeonhole.cli.main import main
from pigeonhole.settings import LiveSettings, live_settings

NOT_SET = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY"))


@pytest.fixture
def tiles(tmp_path):
    return save_tiles(tmp_path / "live.npz", tiles_of())


def live(tiles, *arguments, **environment):
    return run_cli(
        "live", "--tiles", tiles, "--frame", "32x24", *arguments, **environment
    )


@pytest.fixture
def call(capfd):
    """Call the command line in this process: quicker, for what ends early."""

    def called(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = stop.code
        return status, *capfd.readouterr()

    return called


def one_line(err):
    assert err.startswith("pigeonhole: ")
    assert err.count("\n") == 1
    return err


def test_without_a_window_a_clip_gives_one_line_of_numbers(tiles, tmp_path):
    clip = grey_clip(tmp_path / "clip.avi")
    status, out, err = live(tiles, "--source", clip, "--sink", "none", "--frames", 5)
    assert (status, err) == (0, "")
    numbers = json.loads(out)
    assert out.count("\n") == 1
    assert (numbers["frames"], numbers["dropped"]) == (5, 0)
    assert (numbers["cells"], numbers["tiles"]) == (16, 9)
    assert numbers["source"] == "32x24"
    assert numbers["seconds"] > 0
    assert numbers["frames_per_second"] > 0
    latency = numbers["latency_ms"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"]


def test_a_clip_that_is_shorter_than_asked_ends_well(tiles, tmp_path):
    clip = grey_clip(tmp_path / "clip.avi", count=3)
    status, out, err = live(tiles, "--source", clip, "--sink", "none", "--frames", 50)
    assert (status, err) == (0, "")
    assert json.loads(out)["frames"] == 3


def test_colour_tiles_and_the_other_matches_run(tmp_path):
    tiles = save_tiles(tmp_path / "colour.npz", tiles_of(shape=(6, 8, 3)))
    status, out, err = live(
        tiles,
        *("--source", "synthetic", "--no-mirror", "--match", "four"),
        *("--sink", "none", "--frames", "2"),
    )
    assert (status, err) == (0, "")
    assert json.loads(out)["frames"] == 2


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("97", "camera 97 isn't there"),
        ("nowhere.avi", "nowhere.avi isn't there: the source is a camera's number"),
        ("broken.avi", "broken.avi can't be read as a video"),
        ("empty.mp4", "empty.mp4 can't be read as a video"),
        ("", " holds no picture that can be read"),
    ],
)
def test_a_source_that_does_not_open_gives_one_sentence(
    call, tiles, tmp_path, source, sentence
):
    (tmp_path / "broken.avi").write_bytes(b"RIFF" + bytes(range(256)) * 20)
    (tmp_path / "empty.mp4").touch()
    path = source if source == "97" else tmp_path / source
    status, out, err = call(
        *("live", "--tiles", tiles, "--frame", "32x24"),
        *("--source", path, "--sink", "none"),
    )
    assert (status, out) == (1, "")
    assert sentence in one_line(err)


def test_a_missing_tile_set_gives_one_sentence(call, tmp_path):
    missing = tmp_path / "none.npz"
    status, out, err = call(
        *("live", "--tiles", missing, "--source", "synthetic", "--sink", "none")
    )
    assert (status, out) == (1, "")
    assert "none.npz can't be used as a tile set" in one_line(err)


def test_a_frame_that_does_not_fit_gives_one_sentence(call, tiles):
    status, _, err = call(
        *("live", "--tiles", tiles, "--frame", "30x24"),
        *("--source", "synthetic", "--sink", "none"),
    )
    assert status == 1
    assert "a frame of 30x24 isn't a whole number of 8x6 tiles" in one_line(err)


def test_without_a_display_one_sentence_says_what_to_do(tiles):
    status, out, err = live(tiles, "--source", "synthetic", **NOT_SET)
    assert (status, out) == (1, "")
    assert "there is no display (DISPLAY isn't set)" in one_line(err)
    assert "take the sink page" in err


def test_wayland_alone_is_named(tiles):
    only = {"DISPLAY": None, "WAYLAND_DISPLAY": "wayland-0"}
    status, _, err = live(tiles, "--source", "synthetic", **only)
    assert status == 1
    assert "needs XWayland" in one_line(err)


def test_a_display_that_is_not_there_does_not_abort(tiles):
    status, _, err = live(tiles, "--source", "synthetic", DISPLAY=":9753")
    assert status == 1
    assert "a window on ':9753' fails" in one_line(err)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("live", "--frame", "640"), "--frame is '640': write WIDTHxHEIGHT"),
        (("live", "--frames", "-3"), "--frames is '-3': should be greater than"),
        (("live", "--match", "best"), "--match is 'best': take one of"),
        (("live", "--sink", "window,wall"), "--sink is 'wall': should be"),
        (("live", "--scale", "4", "--frame", "9000x90"), "would be 36000x360"),
        (("live", "--match", "mean", "--reuse-apart", "1"), "take exact"),
        (("live", "--source", "browser"), "it needs the sink page"),
        (("mosaic", "a", "--match", "fuzzy"), "--match is 'fuzzy': take one of"),
        (("mosaic", "a", "--size", "12"), "--size is '12': write WIDTHxHEIGHT"),
        (("review", "--port", "x"), "--port is 'x': should be a whole number."),
        (("live", "--widht=3", "--fraem", "8x6"), "did you mean"),
        (
            ("mosaic", "a", "--tiles", "b", "-o", "c", "--widht", "3"),
            "there is no argument --widht; did you mean --width?",
        ),
        (("mosaic", "a", "--tiles"), "--tiles needs a value; see `pigeonhole mosaic"),
        (("paint",), "VERB is 'paint': take one of"),
        ((), "required: VERB"),
    ],
)
def test_wrong_usage_ends_with_2(call, arguments, sentence):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert sentence in one_line(err)


def test_help_tells_every_option_without_heavy_imports():
    code = (
        "import sys; from pigeonhole.cli import main\n"
        "try: main(['live', '--help'])\n"
        "finally: assert not {'cv2', 'numba', 'numpy'} & set(sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    for name in LiveSettings.model_fields:
        assert f"--{name}" in out
    assert "--no-mirror" in out
    assert "--reuse-at-most" in out


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"source": "-", "cell": "8x6", "scale": 3, "mirror": False, "tone": 0.5},
        {"sink": ["none", "file"], "reuse": {"at_most": 3, "apart": 2}},
        {"match": "mean", "steadiness": 0, "frames": 7, "record": "a b/%H.mp4"},
    ],
)
def test_the_arguments_of_the_rule_lead_to_its_settings(monkeypatch, changes):
    expected = live_settings(changes)
    got = []
    monkeypatch.setattr(program, "live", lambda *all: got.extend(all))
    assert main(["live", *live_arguments(expected), "--tiles", "a.npz", "b.npz"]) == 0
    assert got == [expected, [Path("a.npz"), Path("b.npz")]]


def test_ctrl_c_leaves_quietly_with_130(tmp_path):
    tiles = save_tiles(tmp_path / "live.npz", np.zeros((2, 6, 8), np.uint8))
    process = start_cli(
        *("live", "--tiles", tiles, "--frame", "32x24", "--source", "synthetic"),
        *("--sink", "page,none", "--no-open"),
    )
    try:
        # The page's address is a sign that it runs.
        while "http" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        started = time.perf_counter()
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert time.perf_counter() - started < 5
