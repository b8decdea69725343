"""The summary: its numbers, its words, and advice that helps where it is given."""

from dataclasses import replace

import numpy as np
import pytest
from mosaic_samples import sample_tile_set

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_gray
from pigeonhole.matching import render
from pigeonhole.mosaic import make_mosaic
from pigeonhole.mosaic.quality import compare, quality
from pigeonhole.mosaic.targets import Target
from pigeonhole.settings import MosaicOptions
from pigeonhole.studio.preview.summary import summarize
from pigeonhole.studio.projects.document import Document
from pigeonhole.tiles import TileSet

PLAIN = MosaicOptions(match="exact", mirror=False, color_transfer=0)


def photos(count, colors=None):
    """Return a tile set of photos of 12x16 pixels, of random or of these colors."""
    random = np.random.default_rng(1)
    if colors is None:
        colors = random.integers(0, 256, (count, 3))
    tiles = np.empty((count, 16, 12, 3), np.uint8)
    tiles[:] = np.asarray(colors)[:, None, None]
    tiles[:, 4:12, 3:9] //= 2
    rows = [
        replace(row, id=f"t{row.tile}", source_id=f"t{row.tile}", photo=f"{row.tile}")
        for row in sample_tile_set(tiles).rows
    ]
    return TileSet(tiles, rows)


def scene(columns=12, rows=8):
    """Return a target with large spots of color."""
    random = np.random.default_rng(2)
    spots = random.integers(0, 256, (rows // 2, columns // 2, 3))
    return spots.repeat(32, axis=0).repeat(24, axis=1).astype(np.uint8)


def summarized(target, tiles, options=PLAIN):
    mosaic = make_mosaic(target, tiles, options)
    return summarize(mosaic, Target(target, target, target, None))


def test_numbers_of_a_small_mosaic_are_counted():
    tiles = photos(4)
    placement = np.array([[0, 0, 1], [2, 1, 2]])
    summary = summarized(render(tiles.tiles, placement), tiles)
    numbers = summary.numbers
    assert (numbers["cells"], numbers["sources"], numbers["used"]) == (6, 4, 3)
    assert (numbers["most_uses"], numbers["repeats"]) == (2, 4)
    assert (numbers["far"], numbers["near"]) == ("excellent", "excellent")
    assert summary.sentences == [
        "3 of 4 photos are used, up to 2 times each.",
        "4 of 6 cells have their own photo next to them.",
        "The photos keep their own colors.",
        "It looks excellent from a distance and excellent up close.",
    ]


def test_faces_are_called_faces():
    tiles = photos(4)
    tiles = TileSet(tiles.tiles, [replace(row, photo="a.jpg") for row in tiles.rows])
    target = render(tiles.tiles, np.array([[0, 1], [2, 3]]))
    assert summarized(target, tiles).sentences[:3] == [
        "All 4 faces are used, each once.",
        "No face is next to itself.",
        "The faces keep their own colors.",
    ]


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("layout", ["grid", "brick"])
@pytest.mark.parametrize("histogram_matching", [0, 1])
def test_errors_are_nearly_those_of_quality(color, layout, histogram_matching):
    tiles, target = photos(30), scene()
    if not color:
        tiles = TileSet(np.stack([*map(to_gray, tiles.tiles)]), tiles.rows)
    changes = {"layout": layout, "histogram_matching": histogram_matching}
    options = MosaicOptions(**changes, match="exact", max_color_transfer=9)
    mosaic = make_mosaic(target, tiles, options)
    numbers = summarize(mosaic, Target(target, target, target, None)).numbers
    measured = quality(mosaic, target)
    far = measured["lowpass_error"]["delta_e_2000"]["mean"]
    assert numbers["far_delta_e"] == pytest.approx(far, rel=0.05, abs=0.2)
    shown = mosaic.curve.undo(mosaic.image())
    gray = compare(to_gray(target), to_gray(shown), Size(12, 16), mosaic.coverage)
    assert numbers["near_ssim"] == pytest.approx(gray["local_error"]["ssim"], abs=0.02)
    bound = measured["color_change"]["cells_at_bound"]
    assert numbers["at_bound"] == pytest.approx(bound, abs=1e-4)


def test_the_color_transfer_is_that_of_the_options():
    numbers = summarized(
        scene(), photos(30), MosaicOptions(max_color_transfer=2)
    ).numbers
    assert 1.5 < numbers["color_change"] <= 2
    assert numbers["at_bound"] > 0.5


def follow(target, tiles, options, label):
    """Follow the advice with a label; return the numbers before and after."""
    before = summarized(target, tiles, options)
    piece = next(piece for piece in before.advice if piece["label"] == label)
    document = Document().changed({"mosaic": options.model_dump(mode="json")})
    changed = document.changed(piece["patch"]).mosaic
    after = MosaicOptions.model_validate(
        changed.model_dump(mode="json", include=set(MosaicOptions.model_fields))
    )
    assert after != options
    return before.numbers, summarized(target, tiles, after).numbers


@pytest.mark.parametrize(
    "changes", [{"repetition_weight": 0}, {"match": "exact", "color_transfer": 0}]
)
def test_advice_keeps_repeats_apart(changes):
    options = MosaicOptions(**changes)
    before, after = follow(scene(), photos(30), options, "Keep them apart")
    assert after["repeats"] < before["repeats"] / 4


def test_advice_uses_limits_where_the_weight_does_not_help():
    options = MosaicOptions(lowpass_weight=1000)
    before, after = follow(scene(), photos(30), options, "Keep them apart")
    assert before["repeats"] > after["repeats"] == 0


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"color_transfer": 0}, "Allow 30% color transfer"),
        ({"max_color_transfer": 5}, "Raise the transfer limit to 10"),
        ({"max_color_transfer": 15}, "Blend in 10% of the target"),
        ({"match": "mean"}, "Compare colors and shapes"),
    ],
)
def test_advice_improves_colors(changes, label):
    # None of the photos is vivid.
    colors = np.random.default_rng(3).integers(100, 150, (30, 3))
    options = MosaicOptions(**changes)
    before, after = follow(scene(), photos(30, colors), options, label)
    assert after["far_delta_e"] < before["far_delta_e"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (2, "Your photos lack some colors of the target, especially "),
        (30, " more photos would help, especially "),
    ],
)
def test_advice_names_the_missing_color(count, text):
    colors = np.full((count, 3), 128)
    advice = summarized(scene(), photos(count, colors)).advice
    assert text in advice[0]["text"] + advice[1]["text"]


def test_advice_uses_all_photos():
    colors = np.concatenate([np.full((17, 3), 128), [[255, 0, 255]]])
    target = np.full((16 * 12, 12 * 12, 3), 100, np.uint8)
    options = MosaicOptions(max_color_transfer=15)
    label = "Use every photo at least once"
    before, after = follow(target, photos(18, colors), options, label)
    assert before["used"] < after["used"] == 18


def test_many_unused_photos_are_left_alone():
    target = render(photos(60).tiles, np.array([[0, 1], [2, 3]]))
    labels = [piece["label"] for piece in summarized(target, photos(60)).advice]
    assert "Use every photo at least once" not in labels


def test_more_photos_across_are_advised_for_few():
    pieces = summarized(scene(), photos(30)).advice
    assert pieces[-1]["patch"] == {"mosaic": {"width": 19 * 12}}
    wide = np.tile(scene(rows=2), (1, 6, 1))
    assert "across" not in str(summarized(wide, photos(30)).advice)
