"""The windows for real, on a virtual screen; needs Xvfb, openbox and xdotool."""

import os
import subprocess
import time
from contextlib import contextmanager

import pytest
from live_samples import save_tiles, start_cli, tiles_of

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
    screen = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "800x600x24"]
    with running(screen, pass_fds=[writer]), os.fdopen(reader) as told:
        os.close(writer)
        name = f":{told.readline().strip()}"
        with running(["openbox"], env={**os.environ, "DISPLAY": name}):
            yield name


def xdotool(display, *arguments):
    done = subprocess.run(
        ["xdotool", *map(str, arguments)],
        env={**os.environ, "DISPLAY": display},
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout.split("\n")[0]


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
    tiles = save_tiles(tmp_path / "live.npz", tiles_of(shape=(12, 16), count=4))
    process = start_cli(
        *("live", "--tiles", tiles, "--frame", "128x96", "--source", "synthetic"),
        DISPLAY=display,
        QT_QPA_PLATFORM=None,
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def ended(process):
    out, err = process.communicate(timeout=15)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_ends_the_two_windows(display, live, key):
    shown(display, window.CAMERA)
    mosaic = shown(display, window.MOSAIC)
    assert xdotool(display, "getwindowname", mosaic).endswith("fps")
    xdotool(display, "windowactivate", "--sync", mosaic, "key", key)
    ended(live)


def test_closing_the_mosaic_ends_well_and_closing_the_camera_goes_on(display, live):
    mosaic = shown(display, window.MOSAIC)
    camera = shown(display, window.CAMERA)
    xdotool(display, "windowactivate", "--sync", camera, "key", "alt+F4")
    time.sleep(0.5)
    assert live.poll() is None
    assert not xdotool(display, "search", "--onlyvisible", "--name", "^Camera")
    xdotool(display, "windowactivate", "--sync", mosaic, "key", "alt+F4")
    ended(live)


def test_an_opencv_without_windows_names_the_wheel_to_install(monkeypatch):
    monkeypatch.setattr(window.cv2, "currentUIFramework", lambda: "")
    with pytest.raises(window.NoWindows, match="pip install 'opencv-python<5'"):
        window.probe()
