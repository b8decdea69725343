"""Tests for the faces that whole photos show."""

import pytest
from skimage import data

from pigeonhole.core.value_cache import ValueCache
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.tiles import subject
from pigeonhole.tiles.subject import CachedFaceSearch, choose_cut, detect_faces

PHOTO = PhotoRow("a.jpg", "folder", sha256="1" * 64)


@pytest.mark.parametrize(
    ("counts", "cut"),
    [
        ([1], "faces"),
        ([12, 9, 10], "faces"),
        ([1, 1, 2, 0, 0], "faces"),
        ([1, 1, 0, 0], "photos"),
        ([0, 0, 9], "photos"),
        ([0], "photos"),
    ],
)
def test_faces_are_cut_if_most_photos_show_any(counts, cut):
    assert choose_cut(counts) == cut


def test_a_photo_is_searched_once(monkeypatch):
    image = data.astronaut()
    with ValueCache(None) as values:
        search = CachedFaceSearch(values)
        assert search.find(PHOTO) is None
        found = search(PHOTO, image)
        assert found == detect_faces(image)
        assert len(found) == 1
        monkeypatch.setattr(subject, "detect_faces", None)
        assert search(PHOTO, image) == search.find(PHOTO) == found
        values.put(subject._key(PHOTO), b"[[1, 2]]")
        assert search.find(PHOTO) is None
