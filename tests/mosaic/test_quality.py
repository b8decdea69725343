"""Test the numbers in quality.json."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
from mosaic_samples import random_scene, sample_tile_set

from pigeonhole.core.geometry import Box, Size
from pigeonhole.imaging.resize import to_gray
from pigeonhole.matching import render
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.advice import PoolBound
from pigeonhole.mosaic.cell_stats import cell_errors, near_own_source, worst_cells
from pigeonhole.mosaic.comparison import Comparison, Side
from pigeonhole.mosaic.layout import grid_layout, layout_from_boxes
from pigeonhole.mosaic.quality import compare, quality, save_quality
from pigeonhole.plots.mosaic import advice_figure, comparison_figure, quality_figure
from pigeonhole.plots.save import save_figure
from pigeonhole.settings import MosaicOptions

EXACT = MosaicOptions(match="exact", mirror=False, color_transfer=0)


def make_exact(target, tiles, **options):
    return make_mosaic(target, tiles, EXACT.model_copy(update=options))


def test_a_perfect_mosaic_has_no_error():
    _, tiles = random_scene()
    target = render(tiles.tiles, np.arange(30).reshape(5, 6))
    numbers = quality(make_exact(target, tiles), target)
    perfect = {"mean_absolute_error": 0.0, "ssim": 1.0}
    unseen = {"mean": 0.0, "percentile_95": 0.0}
    assert numbers["local_error"] == perfect
    assert numbers["lowpass_error"] == {**perfect, "delta_e_2000": unseen}
    assert numbers["as_shown"]["lowpass_error"] == numbers["lowpass_error"]
    assert numbers["color_change"]["delta_e_2000"] == unseen
    assert numbers["color_change"]["contrast_kept"] == 1
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
        mosaic = make_exact(target, tiles, **options)
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
    mosaic = make_exact(target, tiles)
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
    mosaic = make_exact(target, tiles, histogram_matching=1)
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
        differences = [
            numbers["lowpass_error"].pop("delta_e_2000")
            for numbers in (measured, copy.deepcopy(expected))
        ]
        assert differences[0] == pytest.approx(differences[1], abs=1e-3)
        for error in ("local_error", "lowpass_error"):
            numbers = {name: expected[error][name] for name in measured[error]}
            assert measured[error] == pytest.approx(numbers, abs=1e-4)


def reference_near(rows, columns, sources, distance):
    """Compare all pairs of cells."""
    places = list(np.ndindex(rows, columns))
    return [
        any(
            other != place
            and np.abs(np.subtract(other, place)).max() <= distance
            and sources[other] == sources[place]
            for other in places
        )
        for place in places
    ]


@pytest.mark.parametrize("distance", [1, 3, 6])
def test_near_sources_are_found_in_grids_and_other_layouts(distance):
    random = np.random.default_rng(distance)
    for rows, columns in ((1, 9), (5, 7), (8, 2), (12, 10)):
        layout = grid_layout(Size(3 * columns, 4 * rows), Size(3, 4))
        sources = random.integers(0, 4 * distance**2, (rows, columns))
        expected = reference_near(rows, columns, sources, distance)
        near = near_own_source(layout, sources.ravel(), distance)
        assert near.tolist() == expected
        # The same cells in another order aren't a plain grid any more.
        order = random.permutation(len(layout))
        boxes, labels = layout.boxes[order], layout.labels[order]
        shuffled = layout_from_boxes(boxes, labels, layout.size)
        near = near_own_source(shuffled, sources.ravel()[order], distance)
        assert near.tolist() == np.array(expected)[order].tolist()


def test_the_worst_cells_are_those_of_placement_csv():
    target, tiles = random_scene()
    mosaic = make_exact(target, tiles)
    worst = quality(mosaic, target)["worst_cells"]
    shown = mosaic.image().astype(float)
    errors = {}
    for row, column in np.ndindex(6, 10):
        box = slice(4 * row, 4 * row + 4), slice(3 * column, 3 * column + 3)
        error = np.sqrt(((target[box] - shown[box]) ** 2).mean())
        errors[row, column] = round(float(error), 2)
    assert len(worst) == 10
    assert [errors[cell["row"], cell["column"]] for cell in worst] == (
        sorted(errors.values(), reverse=True)[:10]
    )
    assert [cell["error"] for cell in worst] == sorted(errors.values())[:-11:-1]


def test_errors_of_equal_cells_are_ranked_in_reading_order():
    layout = grid_layout(Size(9, 8), Size(3, 4))
    black, white = (np.full((8, 9), level, np.uint8) for level in (0, 255))
    errors = cell_errors(black, white, layout)
    assert errors.tolist() == [255] * 6
    assert worst_cells(errors, 3).tolist() == [0, 1, 2]


def test_sources_are_counted_with_all_their_tiles():
    # Two tiles of the first source and one of the second; the first one fills 3/4.
    levels = np.array([0, 10, 200], np.uint8)
    tiles = sample_tile_set(
        np.ones((3, 4, 3, 3), np.uint8) * levels[:, None, None, None]
    )
    changes = ({"width": 6}, {}, {"photo": "q.jpg"})
    rows = [
        replace(row, source_id=source, **change)
        for row, source, change in zip(tiles.rows, "aab", changes, strict=True)
    ]
    target = np.full((8, 6, 3), 200, np.uint8)
    target[:4], target[4:, :3] = 0, 10
    numbers = quality(make_exact(target, replace(tiles, rows=rows)), target)
    assert (numbers["sources"], numbers["sources_used"]) == (2, 2)
    expected = {"count": 3, "photo": "p.jpg", "share": 0.75}
    assert numbers["most_used_source"] == expected
    entropy = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    assert numbers["effective_sources"] == pytest.approx(np.exp(entropy), abs=0.01)
    near = {"within_1": 0.75, "within_3": 0.75, "within_6": 0.75}
    assert numbers["near_own_source"] == near
    # The crop of the first tile is two thirds as wide as the other of its source.
    shares = {"mean": (2 * 2 / 3 + 2) / 4, "minimum": 2 / 3}
    assert numbers["crop_share"] == pytest.approx(shares, abs=1e-4)


def test_color_changes_are_measured_from_the_crops():
    gray = np.full((1, 4, 3, 3), 100, np.uint8)
    gray[:, ::2] = 140
    target = np.full((8, 6, 3), 180, np.uint8)
    tiles = sample_tile_set(gray)
    changes = {}
    for bound in (4, 50):
        options = {"color_transfer": 0.5, "max_color_transfer": bound}
        numbers = quality(make_exact(target, tiles, **options), target)
        changes[bound] = numbers["color_change"]
    assert [change["cells_at_bound"] for change in changes.values()] == [1, 0]
    assert changes[50]["contrast_kept"] == pytest.approx(0.765, abs=0.02)
    # From level 120, which is L 50.4, to level 150, which is L 62.1.
    lightness = (50.43 + 62.09) / 2 - 50
    scale = 1 + 0.015 * lightness**2 / np.sqrt(20 + lightness**2)
    expected = {"mean": 11.66 / scale, "percentile_95": 11.66 / scale}
    assert changes[50]["delta_e_2000"] == pytest.approx(expected, abs=0.1)
    assert changes[4]["delta_e_2000"]["mean"] == pytest.approx(4, abs=0.3)


def test_the_bound_of_the_pool_is_reported():
    target, tiles = random_scene()
    mosaic = make_exact(target, tiles)
    assert quality(mosaic, target)["pool_bound"] is None
    parts = {"actual": 21.4, "rules": 2.6, "photos": 6.4, "colors": 12.4}
    bound = PoolBound(**parts, lowpass=9.06, lowpass_bound=4.0)
    facts = quality(mosaic, target, bound)["pool_bound"]
    assert facts.items() >= parts.items()
    assert "the error is 9.1 levels" in facts["lowpass_sentence"]
    assert (
        "error of 21 levels, 12 come from missing colors, 7 from" in facts["sentence"]
    )


@pytest.mark.parametrize("color", [(), (3,)])
def test_figures_are_reproducible(tmp_path, color):
    target, tiles = random_scene(color, tiles=3)
    bound = PoolBound(21.0, 3.0, 6.0, 12.0, 9.0, 4.0)
    for name in ("a", "b"):
        mosaic = make_exact(target, tiles)
        figure = quality_figure(mosaic, target, quality(mosaic, target, bound))
        save_figure(figure, tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
        figure = advice_figure(mosaic.advice)
        save_figure(figure, tmp_path / f"{name}2.svg", tmp_path / f"{name}2.png")
        image = mosaic.image()
        side = Side(image, image[4:16, 3:18], quality(mosaic, target))
        figure = comparison_figure(Comparison(side, side, Box(3, 4, 15, 12)))
        save_figure(figure, tmp_path / f"{name}3.svg", tmp_path / f"{name}3.png")
    for end in (".svg", ".png", "2.svg", "2.png", "3.svg", "3.png"):
        first, second = ((tmp_path / f"{name}{end}").read_bytes() for name in "ab")
        assert first == second
