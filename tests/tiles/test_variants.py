"""Crops of a photo or a face are different and show its subject."""

import cmath
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pigeonhole.core.geometry import Box, Size
from pigeonhole.tiles.crop import crop_box
from pigeonhole.tiles.variants import face_crops, photo_crops

TILE = Size(12, 16)
sides = st.integers(40, 400)
photos = st.builds(Size, sides, sides)


@st.composite
def boxes_in_photos(draw):
    photo = draw(photos)
    side = draw(st.integers(5, min(photo) - 1))
    x = draw(st.integers(0, photo.width - side))
    y = draw(st.integers(0, photo.height - side))
    return photo, Box(x, y, side, side)


def corners(crop):
    """Return the corners of a rotated box as complex numbers."""
    box, turn = crop.box, cmath.exp(1j * math.radians(crop.rotation))
    steps = [
        complex(x * box.width, y * box.height) / 2 for x in (-1, 1) for y in (-1, 1)
    ]
    return [complex(*box.center) + turn * step for step in steps]


def shows(crop, box):
    """Return whether a rotated crop contains a box."""
    x, y, width, height = box
    points = [complex(x + i * width, y + j * height) for i in (0, 1) for j in (0, 1)]
    turn = cmath.exp(-1j * math.radians(crop.rotation))
    steps = [turn * (point - complex(*crop.box.center)) for point in points]
    return all(
        abs(step.real) <= crop.box.width / 2 + 1e-6
        and abs(step.imag) <= crop.box.height / 2 + 1e-6
        for step in steps
    )


def are_different(crops):
    """Return whether corners of all pairs differ by about 2% of their size."""
    return all(
        max(abs(p - q) for p, q in zip(corners(a), corners(b), strict=True))
        > 0.019 * min(math.sqrt(a.box.area), math.sqrt(b.box.area))
        for number, a in enumerate(crops)
        for b in crops[:number]
    )


@given(boxes_in_photos(), st.floats(0, 0.5), st.integers(1, 30))
def test_crops_of_a_face_show_it_whole(sample, margin, count):
    photo, face = sample
    main = crop_box(face, photo, TILE, margin)
    crops = face_crops(face, photo, TILE, margin, count)
    assert crops[0] == (main, 0)
    assert len(crops) <= count
    assert are_different(crops)
    # A photo may be too narrow for a crop with the whole face.
    left, top = max(face.x, main.x), max(face.y, main.y)
    right = min(face.x + face.width, main.x + main.width)
    bottom = min(face.y + face.height, main.y + main.height)
    for crop in crops:
        assert shows(crop, Box(left, top, right - left, bottom - top))
        for corner in corners(crop):
            assert -1e-6 <= corner.real <= photo.width + 1e-6
            assert -1e-6 <= corner.imag <= photo.height + 1e-6
        ratio = crop.box.height / crop.box.width
        assert abs(ratio - main.height / main.width) <= 3 / min(crop.box[2:])
    # Fewer crops are the first of many.
    assert face_crops(face, photo, TILE, margin, 5) == crops[:5] or count < 5


def test_a_face_with_room_has_margins_shifts_and_rotations():
    crops = face_crops(Box(200, 200, 100, 100), Size(500, 500), TILE, 0.15, 12)
    assert len(crops) == 12
    widths = [crop.box.width for crop in crops]
    assert min(widths) == 100
    assert max(widths) > 1.3 * widths[0]
    assert {-7, 0, 7} <= {crop.rotation for crop in crops}


@given(boxes_in_photos(), st.floats(0.5, 1), st.integers(1, 30))
def test_crops_of_a_photo_keep_its_faces_whole(sample, min_crop, count):
    photo, face = sample
    image = np.zeros((photo.height, photo.width, 3), np.uint8)
    crops = photo_crops(image, [face], TILE, min_crop, count)
    main = crops[0]
    assert main == (crop_box(Box(0, 0, *photo), photo, TILE, 0), 0)
    assert len(crops) <= count
    assert are_different(crops)
    for box, rotation in crops:
        assert rotation == 0
        assert 0 <= box.x <= box.x + box.width <= photo.width
        assert 0 <= box.y <= box.y + box.height <= photo.height
        assert box.width >= min_crop * main.box.width - 0.5
        if shows(main, face):
            assert box.intersection(face) == face.area


def test_crops_of_a_photo_without_faces_keep_its_salient_part():
    image = np.random.default_rng(1).integers(110, 140, (90, 160, 3)).astype(np.uint8)
    subject = Box(95, 60, 12, 12)
    subject.crop(image)[:] = (250, 240, 20)
    crops = photo_crops(image, [], Size(16, 9), 0.6, 12)
    assert len(crops) == 12
    for crop in crops:
        assert crop.box.intersection(subject) >= 0.8 * subject.area
    # A flat photo has no subject, so that its crops are anywhere.
    flat = photo_crops(image[:60, :60], [], Size(16, 9), 0.6, 12)
    assert {crop.box.y for crop in flat} > {0}


def test_the_whole_width_of_a_wide_photo_is_used():
    image = np.full((60, 160, 3), 90, np.uint8)
    crops = photo_crops(image, [], Size(16, 16), 1.0, 12)
    lefts = [crop.box.x for crop in crops]
    assert {crop.box[2:] for crop in crops} == {(60, 60)}
    assert lefts[:3] == [50, 0, 100]
