"""Boxes are rejected for a stated reason, and each face is kept once."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from pigeonhole.core.geometry import Box
from pigeonhole.faces import FaceRejection, FaceRow, filter_faces
from pigeonhole.faces.detect import contrast, sharpness
from pigeonhole.imaging.resize import to_gray
from pigeonhole.photos.removal_list import Removed
from pigeonhole.settings import FaceSettings


def filter_rows(rows, excluded=frozenset(), **settings):
    settings = FaceSettings(**{"min_score": 1.0, **settings})
    return filter_faces(rows, settings, excluded)


def face(x, y=0, side=10, score=5.0, photo="a", **values):
    return FaceRow(photo, x, y, side, side, score, **values)


def test_boxes_are_rejected_for_a_reason():
    rows = [
        face(0, score=3),
        face(2, score=4),
        face(50, score=0.5),
        face(90, score=9),
        face(90, score=9, photo="b"),
    ]
    filtered = filter_rows(rows, frozenset({("a", Box(90, 0, 10, 10))}))
    rejections = {(row.photo, row.x): row.rejection for row in filtered}
    assert rejections == {
        ("a", 0): FaceRejection.OVERLAP,
        ("a", 2): FaceRejection.NONE,
        ("a", 50): FaceRejection.LOW_SCORE,
        ("a", 90): FaceRejection.EXCLUDED,
        ("b", 90): FaceRejection.NONE,
    }
    assert all(row.kept == (not row.reason) for row in filtered)


@pytest.mark.parametrize(
    ("rejection", "reason"),
    [
        (FaceRejection.NONE, ""),
        (FaceRejection.EXCLUDED, "listed as a false detection"),
        (FaceRejection.LOW_SCORE, "score 5.00 is below faces.min_score"),
        (FaceRejection.LOW_CONTRAST, "contrast 64.0 is below faces.min_contrast"),
        (FaceRejection.BLURRED, "sharpness 1.00 is below faces.min_sharpness"),
        (FaceRejection.OVERLAP, "overlaps a better box"),
        (FaceRejection.DUPLICATE, "near-duplicate of b 1 2 3 4"),
    ],
)
def test_every_rejection_has_a_reason_in_words(rejection, reason):
    row = face(0, rejection=rejection, duplicate_of="b 1 2 3 4")
    assert row.reason == reason
    assert row.kept == (rejection is FaceRejection.NONE)


boxes = st.builds(
    face, st.integers(0, 30), st.integers(0, 30), st.integers(5, 20), st.integers(0, 9)
)


@given(st.lists(boxes, max_size=12), st.randoms())
def test_kept_boxes_do_not_overlap(rows, random):
    rows = list({(row.x, row.y, row.width): row for row in rows}.values())
    kept = [row for row in filter_rows(rows) if row.kept]
    for number, row in enumerate(kept):
        assert all(row.box.iou(other.box) <= 0.3 for other in kept[:number])
    random.shuffle(rows)
    kept_again = [row for row in filter_rows(rows) if row.kept]
    assert {row.x for row in kept_again} == {row.x for row in kept} or len(rows) > 1


def test_faces_without_contrast_or_sharpness_are_rejected():
    crop = data.astronaut()[66:161, 177:272]
    sharp, flat = to_gray(crop), np.full((95, 95), 99, np.uint8)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 8)
    rows = [
        dataclasses.replace(
            face(20 * number), contrast=contrast(image), sharpness=sharpness(image)
        )
        for number, image in enumerate([sharp, flat, blurred, sharp // 4])
    ]
    rejections = {row.x // 20: row.rejection for row in filter_rows(rows)}
    assert rejections == {
        0: FaceRejection.NONE,
        1: FaceRejection.LOW_CONTRAST,
        2: FaceRejection.BLURRED,
        3: FaceRejection.NONE,
    }


def test_a_box_inside_a_better_one_is_the_same_face():
    rows = [face(0, side=40, score=9), face(5, 5, side=12, score=5)]
    rejections = [row.rejection for row in filter_rows(rows)]
    assert rejections == [FaceRejection.NONE, FaceRejection.OVERLAP]


def test_removed_faces_and_photos_are_dropped():
    removed = Removed(frozenset({"b"}), faces={"a": [Box(1, 0, 10, 10)]})
    rows = [face(0), face(50), face(0, photo="b")]
    remaining = filter_faces(rows, FaceSettings(), frozenset(), removed)
    assert [(row.photo, row.x) for row in remaining] == [("a", 50)]


def test_the_largest_of_near_duplicates_is_kept():
    def fingerprint(value):
        return f"{value:016x}-808080"

    rows = [
        face(10, 20, 40, photo="a", fingerprint=fingerprint(0)),
        face(10, 20, 60, photo="b", fingerprint=fingerprint(3)),
        face(10, 20, 80, photo="c", fingerprint=fingerprint(2**40 - 1)),
        face(10, 20, 90, 0.1, photo="d", fingerprint=fingerprint(1)),
    ]
    filtered = {row.photo: row for row in filter_faces(rows, FaceSettings())}
    assert filtered["a"].rejection is FaceRejection.DUPLICATE
    assert filtered["a"].duplicate_of == "b 10 20 60 60"
    assert [name for name, row in filtered.items() if row.kept] == ["b", "c"]
    all_rows = filter_faces(rows, FaceSettings(max_hash_distance=None))
    assert sum(row.kept for row in all_rows) == 3
