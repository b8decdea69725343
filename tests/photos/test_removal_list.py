"""Tests for the removal list."""

import numpy as np
import pytest
from skimage import data

from pigeonhole.core.digest import sha256_of
from pigeonhole.core.errors import SettingsError
from pigeonhole.core.geometry import Box
from pigeonhole.faces import FaceRow
from pigeonhole.imaging.codecs import read_rgb, write_jpeg
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.identity import Identity
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.photos.list_file import Entry, EntryList
from pigeonhole.photos.removal_list import (
    REMOVAL_SETTING,
    RemovalList,
    Removed,
    check_targets,
)

DIGEST = "ab" * 32
FINGERPRINT = "00ff00ff00ff00ff-102030"
PHOTO = Entry(Identity("a.jpg", DIGEST, (FINGERPRINT,)))


def photo_row(name, sha256="", fingerprint="", width=1, height=1):
    return PhotoRow(
        *(name, "folder"),
        width=width,
        height=height,
        sha256=sha256,
        fingerprint=fingerprint,
    )


def test_the_list_is_read(tmp_path):
    path = tmp_path / "removed.txt"
    listed = EntryList.open(REMOVAL_SETTING, path, create=True).edit([PHOTO])
    listed.save()
    removed = RemovalList.read(path)
    assert (removed.photos, removed.sha256) == ({"a.jpg"}, {DIGEST})
    path.write_text("# comment\nb.jpg\n")
    with pytest.raises(SettingsError, match=r"removed.txt line 2 is 'b.jpg'"):
        RemovalList.read(path)


def test_boxes_show_a_removed_face_if_they_overlap_enough():
    removed = Removed(faces={"b 1.jpg": [Box(1, 2, 30, 40)]})
    assert removed.shows("b 1.jpg", Box(3, 2, 30, 40))
    assert not removed.shows("b 1.jpg", Box(100, 2, 30, 40))
    assert not removed.shows("c.jpg", Box(3, 2, 30, 40))
    assert removed.intersects("b 1.jpg", Box(0, 0, 500, 500))
    assert not removed.intersects("b 1.jpg", Box(0, 0, 10, 10))
    assert not removed.intersects("c.jpg", Box(0, 0, 500, 500))


def test_removed_photos_match_by_content_or_by_an_unknown_name():
    removed = RemovalList([PHOTO])
    similar, darker, other = (
        f"{number:016x}-{color}"
        for number, color in (
            (0x00FF00FF00FF00FF ^ 0b1111, "182838"),
            (0x00FF00FF00FF00FF, "192838"),
            (0x00FF00FF00FF00FF ^ 0b11111, "102030"),
        )
    )
    rows = [
        photo_row("a.jpg"),
        photo_row("b.jpg", DIGEST),
        photo_row("c.jpg", "", similar),
        photo_row("d.jpg", "", darker),
        photo_row("e.jpg", "", other),
        photo_row("f.jpg"),
        # Another photo that has the name now.
        photo_row("a.jpg", "cd" * 32, other),
    ]
    assert removed.matches(rows) == [True, True, True, False, False, False, False]
    assert RemovalList().matches(rows) == [False] * 7
    assert removed.matches([]) == []
    # A face of a photo isn't the photo.
    assert not any(
        RemovalList([Entry(PHOTO.identity, pixels=Box(0, 0, 1, 1))]).matches(rows)
    )


def photo_of(image, name):
    rows, columns = image.shape[:2]
    return photo_row(name, fingerprint=fingerprint(image), width=columns, height=rows)


def test_a_removed_face_is_found_in_other_forms_of_its_photo():
    image, box = data.astronaut(), Box(177, 67, 96, 96)
    row = photo_of(image, "a.jpg")
    removed = RemovalList([Entry.of_face(Identity.of(row, image), box, row, "")])
    forms = {
        "a.jpg": (resize(image, 1024, 1024), Box(354, 134, 192, 192)),
        "half.jpg": (resize(image, 256, 256), Box(88, 34, 48, 48)),
        "mirrored.jpg": (image[:, ::-1], Box(239, 67, 96, 96)),
        "turned.jpg": (np.rot90(image), Box(67, 239, 96, 96)),
        "cropped.jpg": (image[20:-10, 20:-20], Box(157, 47, 96, 96)),
    }
    rows = [photo_of(np.ascontiguousarray(i), name) for name, (i, _) in forms.items()]
    found = removed.in_photos([*rows, photo_of(data.coffee(), "b.jpg")])
    assert found.photos == set()
    assert found.faces.keys() == forms.keys()
    for name, (_, expected) in forms.items():
        assert found.faces[name][0].iou(expected) > 0.7, name
    # Another photo with the same name has no such face.
    assert not removed.in_photos([photo_of(data.coffee(), "a.jpg")]).faces


def test_near_duplicates_of_a_removed_face_are_removed_in_all_photos():
    entry = Entry(Identity("a.jpg", DIGEST, (FINGERPRINT,)), face="f" * 16 + "-808080")
    faces = [
        FaceRow("b.jpg", 1, 2, 30, 40, 5.0, fingerprint="f" * 15 + "e-807f81"),
        FaceRow("b.jpg", 90, 2, 30, 40, 5.0, fingerprint="0" * 16 + "-808080"),
    ]
    removed = RemovalList([entry]).in_photos([photo_row("b.jpg")], faces)
    assert removed.faces == {"b.jpg": [Box(1, 2, 30, 40)]}


def test_a_removed_photo_cannot_be_a_target(tmp_path):
    path, removal_list = tmp_path / "a.jpg", tmp_path / "removed.txt"
    write_jpeg(path, data.astronaut())
    removal_list.write_text("")
    check_targets([str(path), "astronaut"], 10**6, removal_list)
    # A name alone isn't a reason.
    removal_list.write_text(f'{{"photo": "{path}"}}\n')
    check_targets([str(path)], 10**6, removal_list)
    digest = sha256_of(path.read_bytes())
    for line in (
        f"other name.jpg {digest}",
        f"other name.jpg {DIGEST} {fingerprint(data.astronaut())}",
    ):
        removal_list.write_text(line)
        with pytest.raises(
            SettingsError, match="removed with `pigeonhole remove`"
        ) as caught:
            check_targets([str(path)], 10**6, removal_list)
        assert caught.value.key == "mosaic.targets"
    RemovalList().check_image("target", str(path), read_rgb(path))
