"""A real window on a virtual screen; needs Xvfb, openbox and xdotool."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from live_samples import random_tiles, save_tiles, start_cli

from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.live.sinks.window import NAME

PATIENCE = 60
"""Seconds after which a test fails."""


@contextmanager
def running(command, **options):
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def display():
    reader, writer = os.pipe()
    # By default, an X server resets when its last client disconnects and drops clients
    # that are just connecting. Every call of xdotool would cause that until the window
    # manager runs.
    command = ["Xvfb", "-noreset", "-screen", "0", "800x600x24"]
    command += ["-displayfd", str(writer)]
    with running(command, pass_fds=[writer]), os.fdopen(reader) as numbers:
        os.close(writer)
        display = f":{numbers.readline().strip()}"
        with running(["openbox"], env={**os.environ, "DISPLAY": display}):
            wait_for_window_manager(display)
            yield display


def xdotool(display, *arguments, lines=1):
    result = subprocess.run(
        ["xdotool", *map(str, arguments)],
        env={**os.environ, "DISPLAY": display},
        check=False,
        capture_output=True,
        text=True,
    )
    return "\n".join(result.stdout.split("\n")[:lines])


def wait_for_window_manager(display):
    """Wait until there are desktops: without a window manager there are none."""
    deadline = time.monotonic() + PATIENCE
    while xdotool(display, "get_num_desktops") in {"", "0"}:
        assert time.monotonic() < deadline, "no window manager"
        time.sleep(0.1)


def wait_for_window(display):
    """Wait for the window and return its number."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if window := xdotool(display, "search", "--onlyvisible", "--name", f"^{NAME}"):
            return window
        time.sleep(0.1)
    raise TimeoutError(NAME)


@pytest.fixture
def live(display, tmp_path):
    """A run with two tile sets of four random tiles each."""
    tile_sets = [
        save_tiles(tmp_path / f"{name}.npz", random_tiles(shape=(12, 16), count=4))
        for name in ("one", "two")
    ]
    process = start_cli(
        *("live", "--tiles", *tile_sets, "--frame-size", "128x96"),
        *("--min-distance", "0"),
        *("--source", "synthetic", "--record", tmp_path / "shots" / "a.webm"),
        DISPLAY=display,
        QT_QPA_PLATFORM=None,
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def check_exit(process, status=0, message=""):
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (status, "", message)


def press(display, window, *keys):
    xdotool(display, "windowactivate", "--sync", window)
    for key in keys:
        xdotool(display, "key", key)
        # OpenCV buffers only one key.
        time.sleep(0.2)


def wait_for_title(display, window, text):
    """Wait until the title contains a text."""
    deadline = time.monotonic() + PATIENCE
    while text not in (title := xdotool(display, "getwindowname", window)):
        assert time.monotonic() < deadline, title
        time.sleep(0.1)
    return title


def window_geometry(display, window):
    """Return left, top, width, height."""
    output = xdotool(display, "getwindowgeometry", "--shell", window, lines=6)
    values = dict(line.split("=") for line in output.split())
    return tuple(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))


def window_size(display, window):
    return window_geometry(display, window)[2:]


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_closes_the_window(display, live, key):
    window = wait_for_window(display)
    assert wait_for_title(display, window, "fps").endswith("fps")
    press(display, window, key)
    check_exit(live)


@pytest.mark.parametrize("method", ["keys", "button"])
def test_closing_the_window_ends_the_run(display, live, method):
    window = wait_for_window(display)
    wait_for_title(display, window, "fps")
    xdotool(display, "windowactivate", "--sync", window)
    if method == "keys":
        xdotool(display, "key", "alt+F4")
    else:
        left, top, width, _ = window_geometry(display, window)
        # Openbox draws a title bar of 20 pixels, which xdotool counts twice, with the
        # close button at its right end.
        xdotool(display, "mousemove", left + width - 9, top - 30, "click", 1)
    check_exit(live)


def test_ctrl_c_ends_the_run(display, live):
    wait_for_title(display, wait_for_window(display), "fps")
    live.send_signal(signal.SIGINT)
    check_exit(live, 130)


def test_keys_change_cells_tile_set_and_layout(display, live):
    window = wait_for_window(display)
    wait_for_title(display, window, "one, 64 cells of 16x12")
    press(display, window, "plus")
    wait_for_title(display, window, "256 cells of 8x6")
    press(display, window, "minus", "minus")
    wait_for_title(display, window, "16 cells of 32x24")
    press(display, window, "n")
    wait_for_title(display, window, "two, 64 cells of 16x12")
    # Windows have a minimum width, so only heights are compared.
    _, height = window_size(display, window)
    press(display, window, "f")
    assert window_size(display, window) == (800, 600)
    press(display, window, "f", "h", "h", "m", "t", "t", "c")
    assert window_size(display, window)[1] == height
    press(display, window, "q")
    check_exit(live)


def test_snapshots_and_recordings_are_saved_in_the_same_folder(display, live, tmp_path):
    window = wait_for_window(display)
    wait_for_title(display, window, "fps")
    press(display, window, "s", "space", "s", "space", "r")
    time.sleep(1)
    press(display, window, "q")
    shots = tmp_path / "shots"
    check_exit(live, message=f"Recorded {shots / 'a.webm'}\n")
    assert sorted(path.name for path in shots.iterdir()) == [
        "a-2.png",
        "a.png",
        "a.webm",
    ]
    image = read_rgb(shots / "a.png")
    tiles = random_tiles(shape=(12, 16), count=4)
    for row, column in np.ndindex(8, 8):
        cell = image[12 * row : 12 * row + 12, 16 * column : 16 * column + 16, 0]
        assert (cell == tiles).all(axis=(1, 2)).any()
    # The credits are in the metadata.
    assert b"Ada" in (shots / "a.png").read_bytes()
    capture = cv2.VideoCapture(str(shots / "a.webm"))
    assert capture.read()[1].shape == (96, 128, 3)
    capture.release()


def test_a_snapshot_that_cannot_be_written_does_not_end_the_run(
    display, live, tmp_path
):
    (tmp_path / "shots").touch()
    window = wait_for_window(display)
    wait_for_title(display, window, "fps")
    press(display, window, "s")
    wait_for_title(display, window, "fps")
    press(display, window, "q")
    check_exit(live)
