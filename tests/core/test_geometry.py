"""Boxes, sizes and paper sizes."""

import numpy as np
import pytest

from pigeonhole.core.geometry import Box, Paper, Size


def test_intersection_over_union():
    box = Box(0, 0, 10, 10)
    assert box.iou(box) == 1
    assert box.iou(Box(5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert box.iou(Box(10, 0, 10, 10)) == 0
    assert box.iou(Box(20, 20, 5, 5)) == 0
    assert Box(3, 3, 0, 0).iou(Box(3, 3, 0, 0)) == 0


def test_a_box_contains_its_edges():
    box = Box(10, 20, 30, 40)
    assert box.center == (25, 40)
    assert box.contains((10, 20))
    assert box.contains((40, 60))
    assert not box.contains((40.5, 60))
    assert not box.contains((25, 19))


def test_padding_grows_all_sides():
    assert Box(10, 20, 30, 40).pad(2) == (8, 18, 34, 44)


def test_a_box_crops_an_image():
    image = np.arange(24).reshape(4, 6)
    assert Box(2, 1, 3, 2).crop(image).tolist() == [[8, 9, 10], [14, 15, 16]]


@pytest.mark.parametrize("text", ["0x5", "12", "12x", "x12", "12x99999", "1 2x3", ""])
def test_sizes_that_are_not_sizes(text):
    with pytest.raises(ValueError, match="must be WIDTHxHEIGHT in pixels"):
        Size.parse(text)


def test_a_size_is_written_as_it_is_parsed():
    assert str(Size.parse(" 12x16 ")) == "12x16"


def test_paper_in_millimeters():
    assert Paper.parse("A3").millimeters == (297, 420)
    assert Paper.parse("A3 landscape").millimeters == (420, 297)
    assert Paper.parse("60\u00d790 cm").millimeters == (600, 900)
    assert Paper.parse("24 x 36 in").millimeters == pytest.approx((609.6, 914.4))
    with pytest.raises(ValueError, match="from 1 cm to 10 m"):
        Paper.parse("5x5 mm")
