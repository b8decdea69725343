"""What looks alike, and how much would by chance."""

import cv2
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from skimage import data

from pigeonhole.curation.duplicates import matches_by_chance
from pigeonhole.faces import FaceRow, keep_faces
from pigeonhole.imaging.codecs import decode_rgb, encode_jpeg
from pigeonhole.imaging.fingerprint import first_alike, looks_of
from pigeonhole.imaging.resize import resize
from pigeonhole.settings import FaceSettings


def word(number, colour="808080"):
    return f"{number:016x}-{colour}"


def differing(one, other):
    return (int(one[:16], 16) ^ int(other[:16], 16)).bit_count()


NAMES = ("astronaut", "chelsea", "coffee", "rocket", "camera", "brick", "grass")


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_looks_like_its_original(name):
    photo = getattr(data, name)()
    looks = looks_of(photo)
    rows, columns = photo.shape[:2]
    for copy in (
        resize(photo, columns // 2, rows // 2),
        resize(photo, columns * 2, rows * 2),
        decode_rgb(encode_jpeg(photo, 40), "copy"),
        cv2.GaussianBlur(photo, (0, 0), 1),
    ):
        assert first_alike([looks, looks_of(copy)], 4).tolist() == [0, 0]


def test_other_pictures_and_the_same_in_another_light_do_not():
    photos = [getattr(data, name)() for name in NAMES]
    photos += [photos[0] // 2, photos[0][:, ::-1], photos[1][..., [1, 0, 2]]]
    looks = [looks_of(photo) for photo in photos]
    assert first_alike(looks, 4).tolist() == list(range(len(photos)))
    # In half the light it's the colour alone that tells.
    assert differing(looks[0], looks[len(NAMES)]) <= 4


def test_a_row_of_pictures_each_a_little_unlike_the_next_does_not_all_go():
    steps = [word(2**number - 1) for number in range(6)]
    assert first_alike(steps, 2).tolist() == [0, 0, 0, 3, 3, 3]
    assert first_alike(["", *steps[:2], ""], 0).tolist() == [0, 1, 2, 3]
    assert first_alike([], 4).tolist() == []


pictures = st.tuples(
    st.integers(0, 15) | st.integers(0, 2**64 - 1), st.integers(0, 255)
).map(lambda pair: word(pair[0], f"{pair[1]:02x}1080"))


@given(st.lists(pictures | st.just(""), max_size=40), st.integers(0, 16))
def test_first_alike_equals_reference(looks, bits):
    assert first_alike(looks, bits).tolist() == reference.first_alike(looks, bits)


def test_fair_bits_agree_as_the_birthday_bound_says():
    random = np.random.default_rng(3)
    hashes = random.integers(0, 2**64, 3000, np.uint64)
    told = matches_by_chance([word(int(number)) for number in hashes], 4)
    pairs = 3000 * 2999 / 2
    assert told.uniform == pytest.approx(pairs * binom.cdf(4, 64, 0.5), rel=1e-9)
    assert told.worth == pytest.approx(64, rel=0.05)
    assert told.measured == pytest.approx(told.uniform, rel=0.6)


def test_bits_that_hang_together_are_worth_less():
    """Every bit four times: 16 of them, and pairs within 4 bits as counted."""
    random = np.random.default_rng(4)
    halves = random.integers(0, 2**16, 2000)
    hashes = [int("".join(bit * 4 for bit in f"{half:016b}"), 2) for half in halves]
    told = matches_by_chance([word(number) for number in hashes], 4)
    assert told.worth == pytest.approx(16, rel=0.05)
    near = sum(
        int(np.sum(np.bitwise_count(halves[n + 1 :] ^ halves[n]) <= 1))
        for n in range(2000)
    )
    assert told.measured == pytest.approx(near, rel=0.25)
    assert told.uniform < near / 1e6


@pytest.mark.parametrize("looks", [[], [word(1)], [word(1)] * 3, ["", ""]])
def test_few_or_equal_pictures_have_a_chance_too(looks):
    told = matches_by_chance(looks, 4)
    known = len([word for word in looks if word])
    assert 0 <= told.uniform <= told.measured <= known**2


def face(photo, side, looks, score=5.0):
    return FaceRow(photo, 10, 20, side, side, score, looks=looks)


def test_of_faces_that_look_alike_the_largest_is_kept():
    rows = [
        face("a", 40, word(0)),
        face("b", 60, word(3)),
        face("c", 80, word(2**40 - 1)),
        face("d", 90, word(1), score=0.1),
    ]
    judged = {row.photo: row for row in keep_faces(rows, FaceSettings())}
    assert judged["a"].reason == "looks like b 10 20 60 60"
    assert [name for name, row in judged.items() if row.kept] == ["b", "c"]
    everyone = keep_faces(rows, FaceSettings(alike=None))
    assert sum(row.kept for row in everyone) == 3
