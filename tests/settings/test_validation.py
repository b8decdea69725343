"""Whatever is wrong with a setting, the message is one sentence in our own words."""

import datetime
import re

import pytest
from pydantic import ValidationError

import pigeonhole.cli.ids  # noqa: F401 - Its options are a model of settings, too.
from pigeonhole.core.errors import SettingsError
from pigeonhole.settings import Frozen, Settings
from pigeonhole.settings.files import read_settings_file
from pigeonhole.settings.validation import HINTS, validate

VALUES = [
    None,
    True,
    -5,
    -0.5,
    10**40,
    1e300,
    float("nan"),
    float("inf"),
    "",
    "  ",
    "x" * 900,
    "many \"quoted\" 'words'",
    "line\nbreak",
    "\0",
    "\ud800",
    "1e6",
    "12:30",
    "12:16",
    b"bytes",
    datetime.date(2024, 1, 1),
    [],
    [[]],
    [None],
    [True, "x", -7],
    ["a", "a"],
    {},
    {"a": 1},
    {"a": {"b": ["c"] * 200}},
    {1: 2},
    object(),
]
FOREIGN = re.compile(
    r"Input|should|valid |validation|greater than|instance|characters?$|"
    r"match pattern|Field required|Extra|permitted|NoneType|pydantic|[tT]uple|dict\b|"
    r"parse|finite_number|Value error|str\b|bool\b"
)


def _models(model=Frozen):
    children = model.__subclasses__()
    return {model, *(m for child in children for m in _models(child))} - {Frozen}


CASES = [
    pytest.param(model, name, id=f"{model.__name__}.{name}")
    for model in sorted(_models(), key=lambda model: model.__name__)
    if model.__module__.startswith("pigeonhole.")
    for name in model.model_fields
]


@pytest.mark.parametrize(("model", "name"), CASES)
def test_wrong_values_are_explained(model, name):
    for value in VALUES:
        try:
            validate(model, {name: value}, "section")
        except SettingsError as error:
            message = str(error)
        else:
            continue
        assert message.startswith("section"), message
        assert re.match(
            rf"section\.{name}\b|section\.[a-z_]+ is null: must be", message
        )
        hint = message.split(": ", 1)[1]
        assert not FOREIGN.search(hint), message
        assert "\n" not in message
        assert len(message) < 600, message
        assert re.fullmatch(r"[^.]([^.]|\.\S|\.\.\.)*[.?]", hint), message


def test_the_values_cover_every_kind_of_error():
    """All hints are used, and no other kind of error occurs."""
    seen = set()
    for case in CASES:
        model, name = case.values
        for value in VALUES:
            try:
                model.model_validate({name: value})
            except ValidationError as error:
                seen |= {fault["type"] for fault in error.errors()}
            except SettingsError:
                continue
    assert seen == HINTS.keys() | {"extra_forbidden"}


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_a_file_without_sections_is_explained(value):
    with pytest.raises(SettingsError, match=r"^config\.yaml is .*: must be a section"):
        validate(Settings, value)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("mosaic: {widht: 5}", "mosaic.widht: there is no such setting; did you mean "),
        (
            "tiles: {cats: {sise: 1x1}}",
            "tiles.cats.sise: .* did you mean tiles.cats.si",
        ),
        ("mosaic: {print: {seize: A4}}", r"did you mean mosaic\.print\.size\?"),
        ("photos: {xyz: 1}", r"choose one of photos\.source, photos\.folder, "),
        ("mosaic: {targets: 5}", r"mosaic\.targets is 5: must be a list in brackets"),
        ("photos: {count: 12:30}", "is '12:30': must be an integer"),
        ("photos: {count: 1e6}", "is '1e6': must be an integer"),
        ("tiles: {faces: {size: 12:16}}", "is '12:16': must be WIDTHxHEIGHT"),
        ("photos: {count: yes}", "is 'yes': must be an integer"),
    ],
)
def test_a_wrong_setting_in_a_file_is_explained(tmp_path, config, message):
    (tmp_path / "a.yaml").write_text(config)
    with pytest.raises(SettingsError, match=message):
        validate(Settings, read_settings_file(tmp_path / "a.yaml"))
