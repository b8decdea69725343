"""Test the numbers in quality.json."""

import json

import numpy as np
import pytest
from mosaic_samples import random_scene, sample_tile_set

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_gray
from pigeonhole.matching import render
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.quality import compare, quality, save_quality
from pigeonhole.plots.mosaic import advice_figure, quality_figure
from pigeonhole.plots.save import save_figure
from pigeonhole.settings import MosaicOptions


def test_a_perfect_mosaic_has_no_error():
    _, tiles = random_scene()
    target = render(tiles.tiles, np.arange(30).reshape(5, 6))
    numbers = quality(make_mosaic(target, tiles), target)
    perfect = {"mean_absolute_error": 0.0, "ssim": 1.0}
    assert numbers["local_error"] == numbers["lowpass_error"] == perfect
    assert numbers["as_shown"]["lowpass_error"] == perfect
    counts = (numbers["tiles"], numbers["tiles_used"], numbers["cells"])
    assert counts == (30, 30, 30)
    assert (numbers["color_transfer"], numbers["overlay"]) == (0, 0)
    assert numbers["optimality_gap"] == 0


def test_a_checkerboard_of_pixels_has_no_lowpass_error():
    board = (np.indices((48, 48)).sum(axis=0) % 2 * 100 + 78).astype(np.uint8)
    numbers = compare(np.full((48, 48), 128, np.uint8), board, Size(12, 12))
    assert numbers["local_error"]["mean_absolute_error"] == 50
    assert numbers["lowpass_error"]["mean_absolute_error"] < 1


@pytest.mark.parametrize(
    "options", [{}, {"histogram_matching": 0.7, "color_transfer": 0.5, "overlay": 0.2}]
)
@pytest.mark.parametrize("color", [(), (3,)])
def test_quality_json_is_reproducible(tmp_path, color, options):
    target, tiles = random_scene(color)
    for name in ("a", "b"):
        mosaic = make_mosaic(target, tiles, MosaicOptions(**options))
        save_quality(tmp_path / name, mosaic, target)
    text = (tmp_path / "a").read_text()
    assert text == (tmp_path / "b").read_text()
    numbers = json.loads(text)
    assert list(numbers) == sorted(numbers)
    assert numbers["channels"] == ("rgb" if color else "gray")
    assert {key: numbers[key] for key in options} == options
    assert numbers["most_used_tile"]["count"] == mosaic.use_counts().max()


def test_gray_tiles_are_compared_with_the_gray_target():
    target, tiles = random_scene(())
    mosaic = make_mosaic(target, tiles)
    numbers = quality(mosaic, target)
    error = np.abs(to_gray(target).astype(int) - mosaic.image()).mean()
    measured = numbers["local_error"]["mean_absolute_error"]
    assert measured == pytest.approx(error, abs=1e-4)


def test_histogram_matching_is_undone_before_measuring():
    # Dark tiles reproduce a bright target exactly, once the tone curve is undone.
    ramp = np.arange(8, dtype=np.uint8)
    levels = (10 + 5 * ramp)[:, None, None]
    tiles = sample_tile_set(np.ones((8, 4, 4), np.uint8) * levels)
    target = np.kron((100 + 20 * ramp)[None], np.ones((4, 4), np.uint8))
    target = target[..., None].repeat(3, axis=2)
    mosaic = make_mosaic(target, tiles, MosaicOptions(histogram_matching=1))
    numbers = quality(mosaic, target)
    assert numbers["tiles_used"] == 8
    assert numbers["local_error"]["mean_absolute_error"] < 1
    assert numbers["as_shown"]["local_error"]["mean_absolute_error"] > 100


@pytest.mark.parametrize("match", ["exact", "perceptual", "mean", "mean-2x2"])
@pytest.mark.parametrize("space", ["gray", "rgb", "lab"])
def test_a_single_tile_fills_a_flat_target(match, space):
    target = np.full((8, 6, 3), 40, np.uint8)
    tiles = sample_tile_set(np.full((1, 4, 3, 3), 200, np.uint8))
    options = MosaicOptions(match=match, space=space, histogram_matching=1, mirror=True)
    numbers = quality(make_mosaic(target, tiles, options), target)
    assert numbers["most_used_tile"]["count"] == 4
    assert (numbers["tiles"], numbers["tiles_used"]) == (1, 1)


def test_an_image_too_small_for_ssim_has_none():
    target = np.zeros((2, 9, 3), np.uint8)
    numbers = compare(target, target, Size(3, 2))
    assert numbers["local_error"] == {"mean_absolute_error": 0.0, "ssim": None}


@pytest.mark.parametrize("color", [(), (3,)])
@pytest.mark.parametrize("masked", [False, True])
def test_strips_measure_the_same_as_the_entire_image(color, masked, monkeypatch):
    random = np.random.default_rng(5)
    target, mosaic = random.integers(0, 256, (2, 90, 40, *color), np.uint8)
    coverage = np.ones((90, 40), np.bool_)
    coverage[20:50, 5:30] = not masked
    coverage = coverage if masked else None
    expected = compare(target, mosaic, Size(6, 8), coverage)
    for rows in (1, 13, 60):
        monkeypatch.setattr("pigeonhole.mosaic.quality.STRIP_PIXELS", 40 * rows)
        measured = compare(target, mosaic, Size(6, 8), coverage)
        for error in ("local_error", "lowpass_error"):
            assert measured[error] == pytest.approx(expected[error], abs=1e-4)


@pytest.mark.parametrize("color", [(), (3,)])
def test_figures_are_reproducible(tmp_path, color):
    target, tiles = random_scene(color, tiles=3)
    for name in ("a", "b"):
        mosaic = make_mosaic(target, tiles)
        figure = quality_figure(mosaic, target, quality(mosaic, target))
        save_figure(figure, tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
        figure = advice_figure(mosaic.advice)
        save_figure(figure, tmp_path / f"{name}2.svg", tmp_path / f"{name}2.png")
    for end in (".svg", ".png", "2.svg", "2.png"):
        first, second = ((tmp_path / f"{name}{end}").read_bytes() for name in "ab")
        assert first == second
