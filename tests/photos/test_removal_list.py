"""Tests for the removal list."""

import pytest
from skimage import data

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box
from pigeonhole.imaging.codecs import read_rgb, write_jpeg
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.removal_list import (
    RemovalList,
    add_removed,
    check_targets,
    parse_face,
)

DIGEST = "ab" * 32
FINGERPRINT = "00ff00ff00ff00ff-102030"


def test_the_list_is_read_as_written(tmp_path):
    path = tmp_path / "removed.txt"
    assert RemovalList.read(path) == RemovalList()
    lines = [f"my photo 2.jpg {DIGEST}", "b 1.jpg 1 2 30 40", "b 1.jpg 5 6 7 8"]
    add_removed(path, lines[:2])
    add_removed(path, lines)
    removed = RemovalList.read(path)
    assert (removed.photos, removed.sha256) == ({"my photo 2.jpg"}, {DIGEST})
    assert removed.faces == {"b 1.jpg": [(1, 2, 30, 40), (5, 6, 7, 8)]}
    assert path.read_text().count("\n") == 4
    assert removed.fingerprints == frozenset()
    add_removed(path, [f"c.jpg {DIGEST} {FINGERPRINT}"])
    assert RemovalList.read(path).fingerprints == {FINGERPRINT}


def test_a_malformed_line_is_an_error(tmp_path):
    path = tmp_path / "removed.txt"
    path.write_text("# comment\nb.jpg\n")
    with pytest.raises(SettingsError, match=r"line 2.*write photo sha256"):
        RemovalList.read(path)


def test_boxes_show_a_removed_face_if_they_overlap_enough():
    removed = RemovalList(faces={"b 1.jpg": [Box(1, 2, 30, 40)]})
    assert removed.shows("b 1.jpg", Box(3, 2, 30, 40))
    assert not removed.shows("b 1.jpg", Box(100, 2, 30, 40))
    assert not removed.shows("c.jpg", Box(3, 2, 30, 40))
    assert removed.intersects("b 1.jpg", Box(0, 0, 500, 500))
    assert not removed.intersects("b 1.jpg", Box(0, 0, 10, 10))
    assert not removed.intersects("c.jpg", Box(0, 0, 500, 500))


def test_removed_photos_match_by_name_content_and_fingerprint():
    removed = RemovalList(
        frozenset({"a.jpg"}), frozenset({DIGEST}), fingerprints=frozenset({FINGERPRINT})
    )
    similar, darker, other = (
        f"{number:016x}-{color}"
        for number, color in (
            (0x00FF00FF00FF00FF ^ 0b1111, "182838"),
            (0x00FF00FF00FF00FF, "192838"),
            (0x00FF00FF00FF00FF ^ 0b11111, "102030"),
        )
    )
    rows = [
        PhotoRow(name, *[""] * 6, 1, 1, digest, fingerprint)
        for name, digest, fingerprint in (
            ("a.jpg", "", ""),
            ("b.jpg", DIGEST, ""),
            ("c.jpg", "", similar),
            ("d.jpg", "", darker),
            ("e.jpg", "", other),
            ("f.jpg", "", ""),
        )
    ]
    assert removed.matches(rows) == [True, True, True, False, False, False]
    assert RemovalList().matches(rows) == [False] * 6
    assert removed.matches([]) == []


def test_a_removed_photo_cannot_be_a_target(tmp_path):
    path, removal_list = tmp_path / "a.jpg", tmp_path / "removed.txt"
    write_jpeg(path, data.astronaut())
    check_targets([str(path), "astronaut"], 10**6, removal_list)
    add_removed(removal_list, [f"other name.jpg {sha256_of(path.read_bytes())}"])
    with pytest.raises(
        SettingsError, match="removed with `pigeonhole remove`"
    ) as caught:
        check_targets([str(path)], 10**6, removal_list)
    assert caught.value.key == "mosaic.targets"
    RemovalList().check_image("target", str(path), read_rgb(path))


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ("a b.jpg 1 2 3 4", ("a b.jpg", (1, 2, 3, 4))),
        ("  a.jpg\t1  2 3 4 ", ("a.jpg", (1, 2, 3, 4))),
        ("a.jpg", None),
        ("a.jpg 1 2 3", None),
        ("a.jpg 1 2 3 x", None),
        ("a.jpg 1 2 3 1234567890", None),
    ],
)
def test_faces_are_parsed(text, face):
    assert parse_face(text) == face
