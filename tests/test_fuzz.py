"""Parsers of untrusted bytes return or raise a `PigeonholeError` (see fuzz.py)."""

import pytest
from fuzz import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st
from parsers import PARSERS, attempt, pages

from pigeonhole.core.errors import PigeonholeError

CORPUS_FILES = [
    pytest.param(folder.name, path, id=f"{folder.name}-{path.name[:16]}")
    for folder in sorted(CORPUS.iterdir())
    for path in sorted(folder.iterdir())
]


@pytest.fixture(scope="module", autouse=True)
def _servers():
    yield
    pages.close()


@pytest.mark.parametrize("name", PARSERS)
def test_valid_inputs_are_parsed(name):
    for seed in PARSERS[name].seeds:
        PARSERS[name].read(seed())


@pytest.mark.parametrize(("name", "path"), CORPUS_FILES)
def test_earlier_failures_raise_no_unexpected_exception(name, path):
    attempt(name, path.read_bytes())


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=30)
@given(data=st.data())
def test_damaged_inputs_raise_no_unexpected_exception(name, data):
    content = bytearray(data.draw(st.sampled_from(PARSERS[name].seeds))())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content) - 1))
        content[start : start + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3)
        )
        if not content:
            break
    attempt(name, bytes(content))


@pytest.mark.parametrize("name", ["ledger", "faces", "tile_table"])
@pytest.mark.parametrize("content", [b"a,b\n1\n", b'photo\n"', b"\xff\xfe"])
def test_a_damaged_table_is_an_error_with_a_hint(name, content):
    with pytest.raises(PigeonholeError, match=r"can.t be used .* rebuild it"):
        PARSERS[name].read(content)
