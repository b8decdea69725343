"""The list of false detections is read and edited."""

import pytest

from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box
from pigeonhole.faces import read_excluded
from pigeonhole.faces.exclude import EXCLUDE_HEADER, edit_excluded


def test_the_list_is_read(tmp_path):
    path = tmp_path / "exclude.txt"
    assert read_excluded(path) == frozenset()
    path.write_text("# mine\n\nmy photo 2.jpg 1 2 3 4\nb.jpg\t5 6 7 8\n")
    assert read_excluded(path) == {
        ("my photo 2.jpg", Box(1, 2, 3, 4)),
        ("b.jpg", Box(5, 6, 7, 8)),
    }


def test_a_malformed_line_is_reported(tmp_path):
    path = tmp_path / "exclude.txt"
    path.write_text("# mine\nb.jpg 5 6 7\n")
    with pytest.raises(SettingsError) as caught:
        read_excluded(path)
    assert caught.value.key == f"{path} line 2"
    assert caught.value.value == "b.jpg 5 6 7"
    assert caught.value.hint == "must be photo x y width height."


def test_edits_keep_the_other_lines(tmp_path):
    path = tmp_path / "exclude.txt"
    assert edit_excluded(path, ["a b.jpg 1 2 3 4"] * 2, []) == 1
    assert path.read_text() == f"{EXCLUDE_HEADER}\na b.jpg 1 2 3 4\n"
    path.write_text("# mine\n\nc.jpg 5 6 7 8 \na b.jpg  1 2 3 4\n\n\n")
    assert edit_excluded(path, ["d.jpg 1 1 1 1"], ["a b.jpg 1 2 3 4", "no"]) == 2
    assert path.read_text() == "# mine\n\nc.jpg 5 6 7 8 \nd.jpg 1 1 1 1\n"
    assert read_excluded(path) == {
        ("c.jpg", Box(5, 6, 7, 8)),
        ("d.jpg", Box(1, 1, 1, 1)),
    }


def test_a_malformed_line_is_not_added(tmp_path):
    path = tmp_path / "exclude.txt"
    path.write_text("d.jpg 1 1 1 1\n")
    with pytest.raises(SettingsError):
        edit_excluded(path, ["bad"], [])
    assert path.read_text() == "d.jpg 1 1 1 1\n"
