"""Photos are recognized in other forms, and no other photo is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from pigeonhole.core.geometry import Box
from pigeonhole.imaging.codecs import decode_rgb, encode_jpeg
from pigeonhole.imaging.fingerprint import fingerprint
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.identity import (
    UNCHANGED,
    VIEWS,
    Identity,
    PhotoIndex,
    RelativeBox,
    View,
)
from pigeonhole.photos.ledger import PhotoRow

SAMPLES = (data.astronaut, data.coffee, data.chelsea, data.rocket, data.cat)


def row(image, name="b.jpg", sha256=""):
    rows, columns = image.shape[:2]
    return PhotoRow(
        *(name, "folder"),
        width=columns,
        height=rows,
        sha256=sha256,
        fingerprint=fingerprint(image),
    )


@pytest.fixture(scope="module")
def identity():
    image = data.astronaut()
    return Identity.of(row(image, "a.jpg", "ab" * 32), image)


def scaled(image, factor):
    rows, columns = image.shape[:2]
    return resize(image, round(columns * factor), round(rows * factor))


@pytest.mark.parametrize(
    "change",
    [
        lambda image: scaled(image, 0.5),
        lambda image: scaled(image, 2),
        lambda image: decode_rgb(encode_jpeg(image, 50), "x", 10**7),
        lambda image: image[:, ::-1],
        lambda image: image[:, :-25],
        lambda image: scaled(image[20:-15, 10:-25], 0.7),
        *(lambda image, turns=turns: np.rot90(image, turns) for turns in range(4)),
    ],
)
def test_a_changed_photo_is_recognized_under_another_name(identity, change):
    changed = row(np.ascontiguousarray(change(data.astronaut())))
    others = [row(sample()) for sample in SAMPLES[1:]]
    assert list(PhotoIndex([*others, changed]).find(identity)) == [len(others)]


def test_another_photo_with_the_same_name_is_not_recognized(identity):
    other = row(data.coffee(), "a.jpg")
    assert PhotoIndex([other]).find(identity) == {}
    # Unless a content isn't known.
    unknown = PhotoRow("a.jpg", "folder")
    assert PhotoIndex([unknown]).find(identity) == {0: UNCHANGED}
    assert PhotoIndex([other]).find(Identity("a.jpg")) == {0: UNCHANGED}
    assert PhotoIndex([other]).find(Identity("b.jpg")) == {}
    # The same file is the same photo.
    same = PhotoRow("c.jpg", "folder", sha256="ab" * 32)
    assert PhotoIndex([other, same]).find(identity) == {1: UNCHANGED}


def test_photos_of_different_people_are_not_taken_for_each_other(portrait_rows):
    index = PhotoIndex([photo for photo, _ in portrait_rows])
    for number, (photo, image) in enumerate(portrait_rows):
        assert list(index.find(Identity.of(photo, image))) == [number]


@pytest.fixture(scope="module")
def portrait_rows():
    """Photos that differ only in a few faces, the hardest case."""
    faces = data.lfw_subset()
    images = [
        np.repeat(scaled(np.uint8(face * 255), 6)[..., None], 3, axis=2)
        for face in faces[:40]
    ]
    return [(row(image, f"{n}.jpg"), image) for n, image in enumerate(images)]


@pytest.mark.parametrize("view", VIEWS)
def test_boxes_follow_the_view(view):
    """The marked pixels of the photo are the marked pixels of the view."""
    image = np.zeros((200, 320), np.uint8)
    box = Box(96, 60, 80, 40)
    box.crop(image)[...] = 1
    seen = view.of_image(image)
    rows, columns = seen.shape
    relative = RelativeBox.from_pixels(box, 320, 200)
    found = view.of_box(relative).to_pixels(columns, rows)
    marked = np.zeros_like(seen)
    found.crop(marked)[...] = 1
    assert np.mean(marked != seen) < 0.01


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.data())
def test_boxes_survive_their_conversion_to_shares(width, height, draw):
    x, y = (draw.draw(st.integers(0, side - 1)) for side in (width, height))
    box_width = draw.draw(st.integers(1, width - x))
    box_height = draw.draw(st.integers(1, height - y))
    box = Box(x, y, box_width, box_height)
    assert RelativeBox.from_pixels(box, width, height).to_pixels(width, height) == box


@given(
    st.integers(0, 2**64 - 1),
    st.lists(st.sets(st.integers(0, 63), max_size=9), min_size=1, max_size=20),
)
def test_all_near_hashes_are_found(value, changes):
    rows = [
        PhotoRow(
            f"{number}.jpg",
            "demo",
            fingerprint=f"{value ^ sum(1 << bit for bit in bits):016x}-102030",
        )
        for number, bits in enumerate(changes)
    ]
    found = PhotoIndex(rows).find(Identity("x.jpg", "", (f"{value:016x}-102030",)))
    near = [number for number, bits in enumerate(changes) if len(bits) <= 4]
    assert sorted(found) == near


def test_views_are_distinct():
    assert VIEWS[0] == View()
    assert len(set(VIEWS)) == len(VIEWS)
