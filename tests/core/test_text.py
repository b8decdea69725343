"""Text and JSON from outside are read safely."""

import pytest

from pigeonhole.core.text import NotText, parse_json, read_text


def test_a_missing_file_is_empty(tmp_path):
    assert read_text(tmp_path / "x.txt") == ""


def test_a_binary_file_is_reported(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotText, match=r"x\.txt isn't a text file in UTF-8"):
        read_text(path)


def test_unpaired_surrogates_become_question_marks():
    assert parse_json('{"a": "\\ud83d"}') == {"a": "?"}
    assert parse_json('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}
    assert parse_json('["é"]'.encode("utf-16")) == ["é"]


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, b"\xff"])
def test_anything_else_is_a_value_error(content):
    with pytest.raises(ValueError, match=r"\w"):
        parse_json(content)
