"""Test how edits are read and combined with the settings."""

import json

import numpy as np
import pytest

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Size
from pigeonhole.mosaic.edits import check_pins, read_edits, with_edits
from pigeonhole.mosaic.targets import Target
from pigeonhole.settings import EditSettings, MosaicOptions

PIN = {"row": 0, "column": 0, "tile": "t1"}


def test_edits_of_the_viewer_are_added_to_the_settings(tmp_path):
    path = tmp_path / "edits.json"
    saved = {"ban": ["t2"], "pin": [PIN], "replace": {"t3": "t4"}}
    path.write_text(json.dumps(saved))
    assert read_edits(path) == EditSettings(**saved)
    both = with_edits(MosaicOptions(ban=["t1"], replace={"t3": "t5"}), str(path))
    assert both.ban == ("t1", "t2")
    assert both.pin == EditSettings(**saved).pin
    assert both.replace == {"t3": "t4"}
    assert with_edits(both, None) is both


def test_spaces_in_names_of_photos_are_kept(tmp_path):
    path = tmp_path / "edits.json"
    saved = {"ban": [" a.jpg ", "b\n.jpg"], "replace": {" c": " "}}
    path.write_text(json.dumps(saved))
    edits = read_edits(path)
    assert (list(edits.ban), edits.replace) == (saved["ban"], saved["replace"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{",
            r"line 1, column 2: .* is missing at the end.*save the edits again from",
        ),
        ("[]", "line 1, column 1: settings must be written as `name: value`"),
        ('{"bann": []}', "bann: there is no such setting; did you mean ban"),
        ('{"ban": [],\n"ban": []}', "line 2, column 1: 'ban' is set twice"),
        ('{"replace": [1]}', r"replace is \[1\]: must consist of names with values"),
        ('{"pin": [{"row": 1, "tile": "a"}]}', r"pin\.0\.column is null: must be set"),
    ],
)
def test_a_damaged_file_is_rejected(tmp_path, text, message):
    path = tmp_path / "edits.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message) as caught:
        read_edits(path)
    assert (caught.value.key, caught.value.value) == ("mosaic.edits", str(path))


def test_pins_are_refused_in_a_print_with_another_grid():
    image = np.zeros((40, 60, 3), np.uint8)
    pinned, free = MosaicOptions(pin=[PIN]), MosaicOptions(ban=["t1"])
    whole = Target(image, image, image, None)
    cropped = Target(image, image[:, 10:50], image, None)
    size = Size(5, 4), 60
    check_pins(pinned, whole, *size)
    check_pins(free, cropped, *size)
    with pytest.raises(SettingsError, match="has 12x10 cells and its print 12x15"):
        check_pins(pinned, cropped, *size)


def test_a_missing_file_is_rejected(tmp_path):
    with pytest.raises(SettingsError, match="there is no such file"):
        read_edits(tmp_path / "none.json")
