"""Parsers of outside bytes answer, or refuse with our own sentence; see fuzz.py."""

import pytest
from fuzz import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st
from parsers import PARSERS, attempt, pages

from pigeonhole.core.errors import PigeonholeError

FOUND = [
    pytest.param(folder.name, path, id=f"{folder.name}-{path.name[:16]}")
    for folder in sorted(CORPUS.iterdir())
    for path in sorted(folder.iterdir())
]


@pytest.fixture(scope="module", autouse=True)
def _servers():
    yield
    pages.close()


@pytest.mark.parametrize("name", PARSERS)
def test_good_inputs_are_read(name):
    for seed in PARSERS[name].seeds:
        PARSERS[name].read(seed())


@pytest.mark.parametrize(("name", "path"), FOUND)
def test_what_broke_a_parser_once_breaks_it_no_more(name, path):
    attempt(name, path.read_bytes())


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=30)
@given(data=st.data())
def test_damage_is_refused(name, data):
    content = bytearray(data.draw(st.sampled_from(PARSERS[name].seeds))())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3)
        )
        if not content:
            break
    attempt(name, bytes(content))


@pytest.mark.parametrize("name", ["ledger", "faces", "tile_table"])
@pytest.mark.parametrize("content", [b"a,b\n1\n", b'photo\n"', b"\xff\xfe"])
def test_a_damaged_table_is_told_with_its_way_out(name, content):
    with pytest.raises(PigeonholeError, match=r"can.t be used .* make it again"):
        PARSERS[name].read(content)
