"""Help texts, wrong usage and exit status of all commands."""

import re
import subprocess
import sys

import pytest

from pigeonhole.cli.main import COMMANDS
from pigeonhole.settings import LiveSettings

MOSAIC = ("mosaic", "astronaut", "--tiles", "photos", "-o", "mosaic.png")


def test_without_a_command_the_help_is_printed(call):
    status, out, err = call()
    assert (status, err) == (0, "")
    assert out == call("--help")[1]
    assert all(f"    {name} " in out for name in COMMANDS)
    assert "Make photo mosaics, still and live" in out
    assert "birthday paradox" in out


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
            "--frame-size is '640': must be WIDTHxHEIGHT in pixels, for example 12x16.",
        ),
        (
            ("live", "--max-frames", "-3"),
            "--max-frames is '-3': must be greater than or equal to 0.",
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
            "--scale is 4: the mosaic would be 36000x360 pixels, the maximum is 16383",
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
            "--size is '12': must be WIDTHxHEIGHT in pixels, for example 12x16.",
        ),
        ((*MOSAIC, "--size", "12x9999"), "--size is '12x9999': must be at most 1000x"),
        (
            (*MOSAIC, "--tile-width", "0"),
            "--tile-width is '0': must be greater than or equal to 1 or 'auto' or ",
        ),
        ((*MOSAIC, "--dpi", "9"), "--dpi is '9': must be greater than or equal to 30."),
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
        (("paint", "a"), "COMMAND: invalid choice: 'paint' (choose from "),
        (("ids",), "pass exactly one of --scheme, --bits and --alphabet."),
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
