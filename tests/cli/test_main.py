"""Help texts, wrong usage and exit status of all commands."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pigeonhole.cli import ids
from pigeonhole.cli.main import COMMANDS
from pigeonhole.core.outputs import Outputs
from pigeonhole.imaging.codecs import write_png
from pigeonhole.settings import LiveSettings

MOSAIC = ("mosaic", "astronaut", "--tiles", "photos", "-o", "mosaic.png")


def test_without_a_command_the_help_is_printed(call):
    status, out, err = call()
    assert (status, err) == (0, "")
    assert out == call("--help")[1]
    assert all(f"    {name} " in out for name in COMMANDS)
    assert "Make photo mosaics, still and live" in out
    assert "birthday paradox" in out


def test_a_terminal_shows_beginners_the_studio_first(call, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    status, out, err = call()
    assert (status, err) == (0, "")
    commands = re.findall(r"^  pigeonhole (\w+)", out, re.MULTILINE)
    assert commands == [*COMMANDS]
    assert commands[0] == "studio"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_no_yaml_words(call, name):
    status, out, _ = call(name, "--help")
    assert status == 0
    assert not {"null", "true", "false", "None", "True", "False"} & set(
        re.split(r"\W+", out)
    )


def test_help_lists_every_live_setting_with_its_default(call):
    out = " ".join(call("live", "--help")[1].split())
    for name in LiveSettings.model_fields.keys() - {"repetition"}:
        assert f"--{name.replace('_', '-')}" in out
    assert "--mirror, --no-mirror" in out
    assert "--max-uses MAX_USES" in out
    assert "must be a multiple of the cell size (default: 640x480)." in out
    assert "none means no limit (default: none)." in out
    assert "like a mirror (default: on)." in out


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_imports_no_slow_library(name):
    code = (
        "import sys; from pigeonhole.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "slow = {'cv2', 'numba', 'numpy', 'scipy', 'pandas', 'PIL', 'snakemake'}\n"
        "assert not slow & set(sys.modules)"
    )
    arguments = [name] if name else []
    subprocess.run([sys.executable, "-c", code, *arguments, "--help"], check=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("live", "--frame-size", "640"),
            "--frame-size is '640': must be WIDTHxHEIGHT in pixels, at most",
        ),
        (
            ("live", "--max-frames", "-3"),
            "--max-frames is '-3': must be at least 0.",
        ),
        (
            ("live", "--match", "best"),
            "--match is 'best': must be 'exact', ",
        ),
        (
            ("live", "--sink", "window,wall"),
            "--sink is 'wall': must be 'window', 'page', 'file', 'camera' or 'none'.",
        ),
        (
            ("live", "--scale", "4", "--frame-size", "9000x90"),
            "--scale is 4: the mosaic would be 36000x360 pixels; at most 16,383",
        ),
        (
            ("live", "--source", "browser"),
            "--source is 'browser': it needs the sink page; add it.",
        ),
        (
            (*MOSAIC, "--match", "fuzzy"),
            "--match is 'fuzzy': must be 'exact', ",
        ),
        (
            (*MOSAIC, "--size", "12"),
            "--size is '12': must be WIDTHxHEIGHT in pixels, at most 10,000x10,000,",
        ),
        ((*MOSAIC, "--size", "12x9999"), "--size is '12x9999': must be at most 1000x"),
        (
            (*MOSAIC, "--tile-width", "0"),
            "--tile-width is '0': must be at least 1 or 'auto' or ",
        ),
        ((*MOSAIC, "--dpi", "9"), "--dpi is '9': must be at least 30."),
        (
            (*MOSAIC, "--paper", "3x3"),
            "--paper is '3x3': must be a size from 1 cm to 10 m",
        ),
        (
            (*MOSAIC, "--widht", "3"),
            "there is no option --widht; did you mean --width?",
        ),
        (("live", "--widht=3"), "there is no option --widht"),
        (
            ("live", "--xyzzy"),
            "there is no option --xyzzy; see `pigeonhole live --help`.",
        ),
        (("live", "now"), "unexpected argument 'now'; see `pigeonhole live --help`."),
        (("review", "--port", "x"), "--port: invalid int value: 'x'; see "),
        (
            ("mosaic", "a", "--tiles"),
            "--tiles: expected one argument; see `pigeonhole ",
        ),
        (("mosaic", "a"), "the following arguments are required: --tiles, --output/-o"),
        (("remove",), "the following arguments are required: PHOTO|FACE; see `pigeon"),
        ((*MOSAIC, "--output", "b.png"), "--output: pass it only once; see `pigeonho"),
        (("paint", "a"), "COMMAND: invalid choice: 'paint' (choose from "),
        (("ids",), "pass exactly one of --scheme, --bits, --alphabet"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(call, one_line, arguments, message):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert one_line(err).startswith(message)


def test_a_setting_can_be_set_to_none(call, one_line):
    """The next error shows that `none` was accepted."""
    options = ("--max-uses", "none", "--tile-width", "none")
    _, _, err = call("mosaic", "missing.png", *MOSAIC[2:], *options)
    assert one_line(err).startswith("target is 'missing.png': there is no such file")


def fail_with(error):
    def run(_):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "the memory is used up: choose a smaller width"),
        (cv2.error("Failed to allocate"), None),
        (PermissionError(13, "Permission denied", "a.png"), "a.png can't be used: per"),
        (
            OSError(36, "File name too long", "b"),
            "b can't be used: file name too long.",
        ),
        (OSError(5, "Input/output error"), "the system reports an error: input/output"),
        (
            FileNotFoundError(2, "No such file", "c", None, "d"),
            "c and d can't be used: ",
        ),
        (
            ImportError("libx.so.3: failed to map segment from shared object"),
            "the memory isn't enough to load the libraries: close other programs, or",
        ),
        (
            ImportError("libx.so.3: failed to map segment: operation not permitted"),
            None,
        ),
        (ValueError("a bug"), None),
        (OSError("a bug"), None),
    ],
)
def test_errors_of_the_system_are_one_line_and_bugs_have_a_traceback(
    call, one_line, monkeypatch, error, message
):
    monkeypatch.setattr(ids, "run", fail_with(error))
    if message is None:
        with pytest.raises(type(error)):
            call("ids")
    else:
        status, out, err = call("ids")
        assert (status, out) == (1, "")
        assert one_line(err).startswith(message)


def test_opencv_without_memory_is_an_error_of_the_user(call, one_line, monkeypatch):
    def run(_):
        cv2.resize(np.zeros((1, 1, 3), np.uint8), (2_000_000, 2_000_000))

    monkeypatch.setattr(ids, "run", run)
    status, _, err = call("ids")
    assert status == 1
    assert one_line(err).startswith("the memory is used up")


IDS = "ids --scheme uuid4"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        (f"{IDS} | true; exit ${{PIPESTATUS[0]}}", 141, ""),
        (f"{IDS} >&-", 0, ""),
        (f"{IDS} >/dev/full", 1, "pigeonhole: the system reports an error: no space"),
        (f"{IDS} >&- 2>&-", 0, ""),
        ("ids 2>/dev/full", 2, ""),
        ("ids >&- 2>&- <&-", 2, ""),
    ],
)
def test_closed_and_full_streams_end_quietly(command, status, message, unbuffered):
    program = f"{sys.executable} -m pigeonhole "
    done = subprocess.run(
        ["bash", "-c", program + command.replace("| true", "| (exec <&-; sleep 0.1)")],
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == bool(message)


def test_a_closed_stream_is_not_mixed_up_with_a_file(tmp_path):
    """The first file that is opened would get its number."""
    program = f"{sys.executable} -m pigeonhole {IDS} --plot figure >&-"
    subprocess.run(["bash", "-c", program], cwd=tmp_path, check=True)
    assert (tmp_path / "figure.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_clean_up(call, monkeypatch, tmp_path, number):
    """SIGHUP is sent when the terminal is closed."""
    monkeypatch.chdir(tmp_path)

    def run(_):
        with Outputs([Path("new/a.png")]).write() as staged:
            staged(Path("new/a.png")).touch()
            os.kill(os.getpid(), number)

    handlers = [signal.getsignal(number)]
    monkeypatch.setattr(ids, "run", run)
    status, _, err = call("ids")
    assert (status, err) == (130, "")
    assert not list(tmp_path.iterdir())
    assert [signal.getsignal(number)] == handlers


def test_without_any_cache_a_mosaic_is_made(tmp_path):
    """Neither the home folder nor the program's own folder can be written."""
    photos = tmp_path / "photos"
    for number in range(4):
        write_png(photos / f"{number}.png", np.full((16, 24, 3), 60 * number, np.uint8))
    code = (
        "import sys, numba.core.caching as caching\n"
        "for locator in caching.FunctionCache._impl_class._locator_classes:\n"
        "    locator.ensure_cache_path = lambda self: (_ for _ in ()).throw(OSError)\n"
        "from pigeonhole.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = ("mosaic", "camera", "--tiles", "photos", "-o", "m.png", "--width", "24")
    environment = {**os.environ, "HOME": os.devnull, "PIGEONHOLE_CACHE": os.devnull}
    subprocess.run(
        [sys.executable, "-c", code, *command, "--match", "exact", "--size", "6x4"],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    assert (tmp_path / "m.png").exists()
