"""Options made from settings models."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from pigeonhole.cli.options import (
    Parser,
    StoreOnce,
    UsageError,
    add_settings,
    read_settings,
    to_arguments,
    user_path,
)
from pigeonhole.core.errors import SettingsError
from pigeonhole.settings import Frozen


class Inner(Frozen):
    """A section."""

    max_uses: Annotated[int, Field(ge=1)] | None = None
    """Maximum number of uses; null means no limit."""


class Outer(Frozen):
    """Settings of all types."""

    width: int = 12
    """Width in % of the page."""
    mode: Literal["fast", "good"] = "fast"
    """Mode."""
    color: bool = True
    """Color."""
    names: tuple[str, ...] = ()
    """Names."""
    inner: Inner = Inner()
    """A section."""


@pytest.fixture
def parser():
    parser = Parser("program")
    add_settings(parser, "outer", Outer(), renamed={"width": "--page-width"})
    return parser


def parse(parser, *arguments):
    return read_settings(parser.parse_args(arguments), "outer", Outer())


def test_without_options_the_defaults_are_returned(parser):
    assert parse(parser) == Outer()


def test_options_change_settings_at_any_depth(parser):
    arguments = ("--page-width", "3", "--no-color", "--names", "a", "--names", "b")
    settings = parse(parser, *arguments, "--max-uses", "5")
    expected = {"width": 3, "color": False, "names": ("a", "b")}
    assert settings == Outer(**expected, inner=Inner(max_uses=5))
    assert parse(parser, "--max-uses", "none") == Outer()


def test_defaults_that_differ_from_the_model_are_kept():
    options = Parser("program").parse_args([])
    assert read_settings(options, "outer", Outer(mode="good")).mode == "good"


def test_help_has_description_choices_and_default(parser):
    text = " ".join(parser.format_help().split())
    assert "--page-width WIDTH Width in % of the page (default: 12)." in text
    assert "--mode {fast,good}" in text
    assert "--color, --no-color Color (default: on)." in text
    assert "--names NAMES Names; can be repeated (default: none)." in text
    assert "Maximum number of uses; none means no limit (default: none)." in text


def test_only_the_named_settings_become_options():
    parser = Parser("program")
    add_settings(parser, "outer", Outer(), ["width", "inner.max_uses"])
    text = parser.format_help()
    assert "--width" in text
    assert "--max-uses" in text
    assert "--mode" not in text


def test_an_invalid_value_is_reported_with_the_name_of_the_option(parser):
    with pytest.raises(SettingsError) as caught:
        parse(parser, "--max-uses", "0")
    error = parser.usage_error(caught.value)
    assert isinstance(error, UsageError)
    assert str(error) == "--max-uses is '0': must be at least 1."


def test_errors_of_items_and_switches_name_the_option(parser):
    error = parser.usage_error(SettingsError("outer.names.1", "x", "use another."))
    assert str(error) == "--names is 'x': use another."
    error = parser.usage_error(SettingsError("outer.color", False, "needs color."))
    assert str(error) == "--color: needs color."


def test_errors_of_other_settings_are_returned_unchanged(parser):
    error = SettingsError("photos.txt line 3", "x", "fix it.")
    assert parser.usage_error(error) is error


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--colr", "there is no option --colr; did you mean --color?"),
        ("--xyzzy=1", "there is no option --xyzzy; see `program --help`."),
        ("--max", "there is no option --max"),
        ("extra", "unexpected argument 'extra'; see `program --help`."),
        ("--mode", "--mode: expected one argument; see `program --help`."),
    ],
)
def test_wrong_arguments_raise_usage_errors(parser, argument, message):
    with pytest.raises(UsageError) as caught:
        parser.parse_args([argument])
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "settings",
    [
        Outer(),
        Outer(color=False, names=("a", "b c")),
        Outer(mode="good", inner=Inner(max_uses=3)),
    ],
)
def test_to_arguments_is_the_inverse_of_parsing(settings):
    parser, names = Parser("program"), Outer.model_fields
    add_settings(parser, "outer", Outer(), names)
    arguments = to_arguments("outer", settings, Outer(), names)
    assert parse(parser, *arguments) == settings


@pytest.mark.parametrize(
    "name",
    ["max_uses.png", "in/max_uses", "outer.inner.jpg", "my-max_uses", "a.max_uses"],
)
def test_names_of_files_are_not_taken_for_settings(parser, name):
    message = parser.with_options(f"{name} is too small: set max_uses.")
    assert message == f"{name} is too small: set --max-uses."


def test_a_path_is_given_once_and_not_empty(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    parser = Parser("program")
    parser.add_argument("--file", "-f", type=user_path, action=StoreOnce)
    assert parser.parse_args(["--file=~/a ~.png"]).file == Path("/home/me/a ~.png")
    for wrong in (["-f", "a", "--file", "b"], ["-f", "a", "-fa"], ["--file="]):
        with pytest.raises(UsageError, match=r"pass it only once|the path is empty"):
            parser.parse_args(wrong)
