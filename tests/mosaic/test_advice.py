"""Test the advice on missing photos."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_samples import sample_tile_set

from pigeonhole.mosaic import Advice, make_mosaic
from pigeonhole.mosaic.advice import COLOR_NAMES, PoolBound, classify_colors
from pigeonhole.mosaic.quality import quality
from pigeonhole.settings import MosaicOptions


def counts(**numbers):
    """Return counts by color, named with underscores."""
    values = np.zeros(len(COLOR_NAMES), np.int64)
    for name, number in numbers.items():
        values[COLOR_NAMES.index(name.replace("_", " "))] = number
    return values


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ((0, 0, 0), "black"),
        ((130, 128, 126), "medium gray"),
        ((255, 255, 255), "white"),
        ((220, 20, 30), "vivid red"),
        ((255, 192, 203), "pink"),
        ((101, 67, 33), "dark brown"),
        ((230, 195, 165), "beige"),
        ((255, 220, 0), "vivid yellow"),
        ((0, 70, 25), "dark green"),
        ((0, 0, 128), "dark blue"),
        ((135, 206, 235), "light blue"),
        ((20, 30, 60), "dark blue"),
        ((150, 100, 150), "purple"),
    ],
)
def test_colors_have_names(color, name):
    images = np.full((1, 4, 3, 3), color, np.uint8)
    assert COLOR_NAMES[classify_colors(images)[0]] == name


@pytest.mark.parametrize(
    ("cells", "photos", "texts"),
    [
        (counts(black=1234), counts(black=4), ["add about 120 black photos,"]),
        (counts(white=20), counts(white=1), ["share 1 photo.", "about 1 white photo,"]),
        (
            counts(black=100, pink=500, green=30),
            counts(),
            ["630 cells share 0 photos", "63 photos (50 pink, 10 black, 3 green)"],
        ),
        (
            counts(black=70, blue=60, pink=50, beige=40, white=30, green=20),
            counts(),
            ["(7 black, 6 blue, 5 pink, 4 beige, 5 in other colors)"],
        ),
        (counts(), counts(), ["enough photos of every color"]),
        (counts(red=1000, black=9), counts(red=100), ["enough photos"]),
    ],
)
def test_the_sentence_names_the_missing_photos(cells, photos, texts):
    sentence = Advice(cells, photos.astype(float)).sentence()
    for text in texts:
        assert text in sentence


def test_a_color_needs_one_photo_for_every_ten_cells():
    advice = Advice(counts(black=101, pink=10, blue=0), counts(black=3, blue=8) * 1.0)
    assert (advice.needed == counts(black=11, pink=1)).all()
    assert (advice.missing == counts(black=8, pink=1)).all()


def test_a_photo_with_several_tiles_counts_once():
    tiles = np.zeros((4, 4, 3, 3), np.uint8)
    tiles[1] = 255
    target = np.zeros((40, 30, 3), np.uint8)
    advice = Advice.compare(target, tiles, np.array([0, 0, 1, 1]))
    assert (advice.photos == counts(black=3, white=1) / 2).all()
    assert (advice.missing == counts(black=9)).all()


def test_advice_is_logged(caplog):
    target = np.zeros((40, 30, 3), np.uint8)
    tiles = sample_tile_set(np.full((3, 4, 3, 3), 255, np.uint8))
    with caplog.at_level("INFO"):
        mosaic = make_mosaic(target, tiles, MosaicOptions(match="exact"))
    assert (mosaic.advice.cells == counts(black=100)).all()
    assert (mosaic.advice.photos == counts(white=3)).all()
    assert "add about 10 black photos" in caplog.text
    assert quality(mosaic, target)["advice"] == mosaic.advice.sentence()


@given(st.tuples(*[st.floats(0, 255)] * 3))
def test_the_parts_of_the_error_add_up_in_words(parts):
    rules, photos, colors = parts
    sentence = PoolBound(sum(parts), rules, photos, colors, 9, 4).sentence()
    numbers = [int(word) for word in sentence.split() if word.isdigit()]
    assert numbers[0] == sum(numbers[1:])
    for number, part in zip(numbers[1:], (colors, photos, rules), strict=True):
        assert abs(number - part) <= 1


def test_the_sentence_on_the_bound_names_the_best_remedy():
    assert (
        "more color transfer would"
        in PoolBound(3.0, 0.0, 1.0, 2.0, 0.0, 0.0).sentence()
    )
    assert "More photos" in PoolBound(3.0, 0.0, 2.0, 1.0, 0.0, 0.0).sentence()
    assert "Fewer rules" in PoolBound(3.0, 2.0, 0.0, 1.0, 0.0, 0.0).sentence()


def test_a_trivial_bound_of_the_lowpass_error_is_not_mentioned():
    sentence = PoolBound(3.0, 0.0, 1.0, 2.0, 8.84, 4.25).lowpass_sentence()
    assert "is 8.8 levels; no mosaic of these photos can be below 4.2." in sentence
    sentence = PoolBound(3.0, 0.0, 1.0, 2.0, 8.84, 0.04).lowpass_sentence()
    assert sentence.endswith("is 8.8 levels.")
