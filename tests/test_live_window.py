"""The window for real, on a virtual screen; needs Xvfb, openbox and xdotool."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
from live_samples import save_tiles, start_cli, tiles_of

from pigeonhole.imaging.codecs import read_rgb
from pigeonhole.live import display as display_module
from pigeonhole.live.display import NoWindows, probe_display
from pigeonhole.live.overlay import dot, panel
from pigeonhole.live.sinks import window


@contextmanager
def running(command, **options):
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def display():
    reader, writer = os.pipe()
    # A server resets when its last client goes, and drops who is just coming: each
    # xdotool would do so until the window manager is there.
    screen = ["Xvfb", "-noreset", "-screen", "0", "800x600x24"]
    screen += ["-displayfd", str(writer)]
    with running(screen, pass_fds=[writer]), os.fdopen(reader) as told:
        os.close(writer)
        name = f":{told.readline().strip()}"
        with running(["openbox"], env={**os.environ, "DISPLAY": name}):
            managed(name)
            yield name


def xdotool(display, *arguments, lines=1):
    done = subprocess.run(
        ["xdotool", *map(str, arguments)],
        env={**os.environ, "DISPLAY": display},
        check=False,
        capture_output=True,
        text=True,
    )
    return "\n".join(done.stdout.split("\n")[:lines])


def managed(display):
    """Wait until the window manager tells its desktops: without one there are 0."""
    until = time.monotonic() + 30
    while xdotool(display, "get_num_desktops") in {"", "0"}:
        assert time.monotonic() < until, "no window manager"
        time.sleep(0.1)


def shown(display, name):
    """Wait for a window and return its number."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if found := xdotool(display, "search", "--onlyvisible", "--name", f"^{name}"):
            return found
        time.sleep(0.1)
    raise TimeoutError(name)


@pytest.fixture
def live(display, tmp_path):
    """A run with two tile sets and few greys, of which one sees what it shows."""
    sets = [
        save_tiles(tmp_path / f"{name}.npz", tiles_of(shape=(12, 16), count=4))
        for name in ("one", "two")
    ]
    process = start_cli(
        *("live", "--tiles", *sets, "--frame", "128x96", "--source", "synthetic"),
        *("--record", tmp_path / "shots" / "a.webm"),
        DISPLAY=display,
        QT_QPA_PLATFORM=None,
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def ended(process, status=0):
    out, err = process.communicate(timeout=15)
    assert (process.returncode, out, err) == (status, "", "")


def press(display, number, *keys):
    xdotool(display, "windowactivate", "--sync", number)
    for key in keys:
        xdotool(display, "key", key)
        # OpenCV keeps one key at a time.
        time.sleep(0.2)


def title(display, number, words):
    """Wait until the title has the words."""
    until = time.monotonic() + 15
    while words not in (told := xdotool(display, "getwindowname", number)):
        assert time.monotonic() < until, told
        time.sleep(0.1)
    return told


def geometry(display, number):
    """Left, top, width, height."""
    told = xdotool(display, "getwindowgeometry", "--shell", number, lines=6)
    values = dict(line.split("=") for line in told.split())
    return tuple(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))


def size(display, number):
    return geometry(display, number)[2:]


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_ends_the_window(display, live, key):
    number = shown(display, window.NAME)
    assert title(display, number, "fps").endswith("fps")
    press(display, number, key)
    ended(live)


@pytest.mark.parametrize("way", ["keys", "button"])
def test_closing_the_window_ends_well(display, live, way):
    number = shown(display, window.NAME)
    title(display, number, "fps")
    xdotool(display, "windowactivate", "--sync", number)
    if way == "keys":
        xdotool(display, "key", "alt+F4")
    else:
        left, top, width, _ = geometry(display, number)
        # Openbox draws a bar of 20 pixels above the window, which xdotool counts twice,
        # with the button to close at its right.
        xdotool(display, "mousemove", left + width - 9, top - 30, "click", 1)
    ended(live)


def test_ctrl_c_ends_well(display, live):
    title(display, shown(display, window.NAME), "fps")
    live.send_signal(signal.SIGINT)
    ended(live, 130)


def test_keys_change_what_is_shown(display, live):
    number = shown(display, window.NAME)
    title(display, number, "one, 64 cells of 16x12")
    press(display, number, "plus")
    title(display, number, "256 cells of 8x6")
    press(display, number, "minus", "minus")
    title(display, number, "16 cells of 32x24")
    press(display, number, "n")
    title(display, number, "two, 64 cells of 16x12")
    # Windows have a least width of their own; the heights tell the shapes.
    _, height = size(display, number)
    press(display, number, "f")
    assert size(display, number) == (800, 600)
    press(display, number, "f", "h", "h", "m", "t", "t", "c")
    assert size(display, number)[1] == height
    press(display, number, "q")
    ended(live)


def test_snapshots_and_recordings_are_left_beside_each_other(display, live, tmp_path):
    number = shown(display, window.NAME)
    title(display, number, "fps")
    press(display, number, "s", "space", "s", "space", "r")
    time.sleep(1)
    press(display, number, "q")
    ended(live)
    shots = tmp_path / "shots"
    assert sorted(path.name for path in shots.iterdir()) == [
        "a-2.png",
        "a.png",
        "a.webm",
    ]
    picture = read_rgb(shots / "a.png")
    tiles = tiles_of(shape=(12, 16), count=4)
    for row, column in np.ndindex(8, 8):
        cell = picture[12 * row : 12 * row + 12, 16 * column : 16 * column + 16, 0]
        assert (cell == tiles).all(axis=(1, 2)).any()
    assert b"Ada" in (shots / "a.png").read_bytes()
    capture = cv2.VideoCapture(str(shots / "a.webm"))
    assert capture.read()[1].shape == (96, 128, 3)
    capture.release()


def test_a_snapshot_that_can_not_be_written_ends_nothing(display, live, tmp_path):
    (tmp_path / "shots").touch()
    number = shown(display, window.NAME)
    title(display, number, "fps")
    press(display, number, "s")
    title(display, number, "fps")
    press(display, number, "q")
    ended(live)


def test_an_opencv_without_windows_names_the_wheel_to_install(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(display_module, "PROBE", "raise SystemExit(3)")
    with pytest.raises(NoWindows, match="pip install 'opencv-python<5'"):
        probe_display()


def test_words_fit_into_small_pictures_and_darken_their_ground():
    for rows, columns in ((48, 64), (480, 640), (20, 400)):
        picture = np.full((rows, columns, 3), 200, np.uint8)
        panel(picture, "one\ttwo\nthree\tfour", middle=True)
        assert picture.min() < 60
        assert picture.max() > 240
        dot(picture)
    plain = np.full((480, 640, 3), 200, np.uint8)
    panel(plain, "words", middle=False)
    assert (plain[:400] == 200).all()
    assert (plain[:, 320:] == 200).all()
