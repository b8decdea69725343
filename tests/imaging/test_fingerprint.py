"""Near-duplicates of images are found by their fingerprints."""

import cv2
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from pigeonhole.imaging.codecs import decode_rgb, encode_jpeg
from pigeonhole.imaging.fingerprint import any_similar, fingerprint, first_duplicates
from pigeonhole.imaging.resize import resize

NAMES = ("astronaut", "chelsea", "coffee", "rocket", "camera", "brick", "grass")


def make(hash_value, color="808080"):
    """Return a fingerprint with this hash and mean color."""
    return f"{hash_value:016x}-{color}"


def hash_distance(one, other):
    return (int(one[:16], 16) ^ int(other[:16], 16)).bit_count()


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_a_duplicate_of_its_original(name):
    photo = getattr(data, name)()
    original = fingerprint(photo)
    rows, columns = photo.shape[:2]
    for copy in (
        resize(photo, columns // 2, rows // 2),
        resize(photo, columns * 2, rows * 2),
        decode_rgb(encode_jpeg(photo, 40), "copy"),
        cv2.GaussianBlur(photo, (0, 0), 1),
    ):
        assert first_duplicates([original, fingerprint(copy)], 4).tolist() == [0, 0]
        assert any_similar([fingerprint(copy)], [original]).all()


def test_other_images_and_other_light_are_not_duplicates():
    photos = [getattr(data, name)() for name in NAMES]
    photos += [photos[0] // 2, photos[0][:, ::-1], photos[1][..., [1, 0, 2]]]
    fingerprints = [fingerprint(photo) for photo in photos]
    assert first_duplicates(fingerprints, 4).tolist() == list(range(len(photos)))
    # At half the brightness only the mean color differs.
    assert hash_distance(fingerprints[0], fingerprints[len(NAMES)]) <= 4


def test_a_chain_of_similar_images_is_not_removed_completely():
    chain = [make(2**number - 1) for number in range(6)]
    assert first_duplicates(chain, 2).tolist() == [0, 0, 0, 3, 3, 3]
    assert first_duplicates(["", *chain[:2], ""], 0).tolist() == [0, 1, 2, 3]
    assert first_duplicates([], 4).tolist() == []


def test_any_similar_ignores_empty_fingerprints():
    fingerprints = ["", make(0), make(31), make(15), make(1, "808890")]
    expected = [False, True, False, True, False]
    assert any_similar(fingerprints, ["", make(0)]).tolist() == expected
    assert any_similar([], [make(0)]).tolist() == []
    assert any_similar([make(0)], []).tolist() == [False]


fingerprints = st.tuples(
    st.integers(0, 15) | st.integers(0, 2**64 - 1), st.integers(0, 255)
).map(lambda pair: make(pair[0], f"{pair[1]:02x}1080"))


@given(st.lists(fingerprints | st.just(""), max_size=40), st.integers(0, 16))
def test_first_duplicates_equals_reference(fingerprints, bits):
    result = first_duplicates(fingerprints, bits).tolist()
    assert result == reference.first_duplicates(fingerprints, bits)
