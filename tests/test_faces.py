import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from pigeonhole.errors import SettingsError
from pigeonhole.faces import (
    FaceRow,
    HaarDetector,
    find_faces,
    keep_faces,
    read_excluded,
    read_faces,
    write_faces,
)
from pigeonhole.faces.keep import overlap
from pigeonhole.faces.review import review_page
from pigeonhole.images import write_jpeg
from pigeonhole.ledger import PhotoRow

ASTRONAUT = FaceRow("a", 177, 66, 95, 95, 0)


def face(x, y=0, side=10, score=5.0, photo="a"):
    return FaceRow(photo, x, y, side, side, score)


@pytest.mark.parametrize("scale", [1, 3])
def test_the_astronaut_is_found(scale):
    photo = np.kron(data.astronaut(), np.ones((scale, scale, 1), np.uint8))
    (found,) = [box for box in HaarDetector(40 * scale).find(photo) if box.score >= 1]
    x, y, width, height = (value / scale for value in found[:4])
    assert overlap(ASTRONAUT, FaceRow("a", x, y, width, height, 0)) > 0.6


def test_a_dark_astronaut_is_found():
    assert any(box.score >= 1 for box in HaarDetector(40).find(data.astronaut() // 8))


@pytest.mark.parametrize("name", ["coffee", "rocket", "grass", "brick", "moon"])
def test_where_nobody_is_nobody_is_kept(name):
    found = HaarDetector(40).find(getattr(data, name)())
    assert not [box for box in found if box.score >= 1]


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (39, 39, 3)])
def test_tiny_photos_hold_no_face(shape):
    assert HaarDetector(40).find(np.zeros(shape, np.uint8)) == []


def test_a_photo_that_vanished_is_passed_over(tmp_path):
    write_jpeg(tmp_path / "a.jpg", data.astronaut())
    photos = [("gone.jpg", tmp_path / "gone.jpg"), ("a.jpg", tmp_path / "a.jpg")]
    assert {row.photo for row in find_faces(photos, 40, 10**7)} == {"a.jpg"}


def test_reasons_are_told():
    rows = [
        face(0, score=3),
        face(2, score=4),
        face(50, score=0.5),
        face(90, score=9),
        face(90, score=9, photo="b"),
    ]
    judged = keep_faces(rows, 1.0, frozenset({("a", 90, 0, 10, 10)}))
    reasons = {(row.photo, row.x): row.reason for row in judged}
    assert reasons == {
        ("a", 0): "overlaps a better box",
        ("a", 2): "",
        ("a", 50): "score below 1",
        ("a", 90): "excluded by a person",
        ("b", 90): "",
    }
    assert all(row.kept == (not row.reason) for row in judged)


boxes = st.builds(
    face, st.integers(0, 30), st.integers(0, 30), st.integers(5, 20), st.integers(0, 9)
)


@given(st.lists(boxes, max_size=12), st.randoms())
def test_kept_boxes_don_t_overlap_whatever_their_order(rows, random):
    rows = list({(row.x, row.y, row.width): row for row in rows}.values())
    kept = [row for row in keep_faces(rows, 1.0, frozenset()) if row.kept]
    for number, row in enumerate(kept):
        assert all(overlap(row, other) <= 0.3 for other in kept[:number])
    random.shuffle(rows)
    again = [row for row in keep_faces(rows, 1.0, frozenset()) if row.kept]
    assert {row.x for row in again} == {row.x for row in kept} or len(rows) > 1


def test_the_table_survives_the_disk(tmp_path):
    rows = keep_faces([face(3, photo="b é,\n"), face(1), face(2)], 1.0, frozenset())
    write_faces(tmp_path / "faces.csv", rows)
    assert read_faces(tmp_path / "faces.csv") == sorted(
        rows, key=lambda row: (row.photo, row.x)
    )


def test_the_excluded_list_is_read(tmp_path):
    path = tmp_path / "exclude.txt"
    assert read_excluded(path) == frozenset()
    path.write_text("# mine\n\nmy photo 2.jpg 1 2 3 4\nb.jpg\t5 6 7 8\n")
    assert read_excluded(path) == {
        ("my photo 2.jpg", 1, 2, 3, 4),
        ("b.jpg", 5, 6, 7, 8),
    }
    path.write_text("b.jpg 5 6 7\n")
    with pytest.raises(
        SettingsError, match=r"line 1.*b.jpg 5 6 7.*photo x y width height"
    ):
        read_excluded(path)


def test_the_contact_sheet_escapes_names(tmp_path):
    name = "<b>&.jpg"
    write_jpeg(tmp_path / name, np.full((50, 50, 3), 9, np.uint8))
    ledger = [PhotoRow(name, "demo", "", "", "", "", "", 50, 50, "")]
    rows = keep_faces(
        [face(0, photo=name), face(30, score=0, photo=name)], 1, frozenset()
    )
    page = review_page(rows, ledger, tmp_path, "no.txt")
    assert "<b>" not in page
    assert page.count("<figure") == 2
    assert "1 boxes were kept, 1 rejected, in 1 photos" in page
    assert "&lt;b&gt;&amp;.jpg 30 0 10 10" in page
