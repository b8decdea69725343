"""Test how edits are read and combined with the settings."""

import json

import pytest

from pigeonhole.core.errors import SettingsError
from pigeonhole.mosaic.edits import read_edits, with_edits
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "it isn't JSON; save the edits again from the viewer"),
        ("[]", "at the top level: .*; save the edits again from the viewer"),
        ('{"bann": []}', "at bann: extra inputs are not permitted"),
        ('{"pin": [{"row": 1, "tile": "a"}]}', r"at pin\.0\.column: field required"),
    ],
)
def test_a_damaged_file_is_rejected(tmp_path, text, message):
    path = tmp_path / "edits.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message) as caught:
        read_edits(path)
    assert (caught.value.key, caught.value.value) == ("mosaic.edits", str(path))


def test_a_missing_file_is_rejected(tmp_path):
    with pytest.raises(SettingsError, match="there is no such file"):
        read_edits(tmp_path / "none.json")
