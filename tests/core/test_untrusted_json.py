"""JSON from outside is read safely."""

import pytest

from pigeonhole.core.untrusted_json import parse_json


def test_unpaired_surrogates_become_question_marks():
    assert parse_json('{"a": "\\ud83d"}') == {"a": "?"}
    assert parse_json('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}
    assert parse_json('["é"]'.encode("utf-16")) == ["é"]


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, b"\xff"])
def test_anything_else_is_a_value_error(content):
    with pytest.raises(ValueError, match=r"\w"):
        parse_json(content)
