"""Names of targets are readable, unique and safe as names of folders."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.settings import target_names, title_of


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        (["astronaut"], ["astronaut"]),
        (["my photos/Ann & Bo.jpg"], ["Ann-Bo"]),
        (["a.b.png"], ["a-b"]),
        (["ä.jpg", "ö.jpg"], ["ä", "ö"]),
        (["李.jpg", "हिन्दी.png", "Мария.jpg"], ["李", "हिन्दी", "Мария"]),
        (["<b>.jpg", "{x}.jpg", "#1.png"], ["b", "x", "1"]),
        (["a\u0308.jpg"], ["\u00e4"]),
        (["\n.jpg"], ["target"]),
        (["foo_.jpg"], ["foo"]),
    ],
)
def test_letters_and_digits_of_any_script_are_kept(targets, names):
    assert list(target_names(targets)) == names


@pytest.mark.parametrize(
    "targets",
    [
        ["A.jpg", "a.jpg"],
        ["x/a.jpg", "y/a.jpg", "a.png"],
        ["🐦.jpg", "🐱.jpg"],
        ["ß.jpg", "ss.jpg"],
        ["a\u0308.jpg", "\u00e4.jpg"],
        ["x" * 251 + ".jpg", "x" * 252],
        ["A.jpg", "a.jpg", *target_names(["A.jpg", "a.jpg"])],
    ],
)
def test_equal_names_get_a_digest(targets):
    names = target_names(targets)
    assert list(names.values()) == targets
    assert len({name.casefold() for name in names}) == len(targets)


def test_reserved_names_of_windows_are_avoided():
    for name in target_names(["con.jpg", "NUL", "Lpt1.png"]):
        assert re.fullmatch(r"(con|NUL|Lpt1)-[0-9a-f]{6}", name)


@given(st.lists(st.text(min_size=1, max_size=90), min_size=1, max_size=6, unique=True))
def test_names_are_safe_whatever_the_targets(targets):
    names = target_names(targets)
    assert list(names.values()) == targets
    assert len({name.casefold() for name in names}) == len(targets)
    for name, target in names.items():
        assert name
        assert not re.search(r"""[\s/\\.{}<>:"'|?*#%&]""", name)
        assert len(name.encode()) < 120
        assert title_of(target).isprintable()


def test_a_title_is_the_name_that_the_user_gave():
    assert title_of("my photos/Ann & <Bo>.jpg") == "Ann & <Bo>"
    assert title_of("astronaut") == "astronaut"
