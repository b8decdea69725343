"""What is done to the colours, what the set lacks, and the numbers of a mosaic."""

import csv
import json

import numpy as np
import pytest
from test_mosaic import tile_set

from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import to_grey
from pigeonhole.matching import cells_of, render
from pigeonhole.mosaic import Advice, make_mosaic
from pigeonhole.mosaic.layout import plain
from pigeonhole.mosaic.quality import compare, quality, save_quality
from pigeonhole.mosaic.render.color import overlaid, tinted
from pigeonhole.plots.mosaic import advice_figure, quality_figure
from pigeonhole.plots.save import save_figure
from pigeonhole.settings import LookSettings


def scene(colour=(3,), seed=1, tiles=30):
    random = np.random.default_rng(seed)
    target = random.integers(0, 256, (24, 30, 3), np.uint8)
    return target, tile_set(random.integers(0, 256, (tiles, 4, 3, *colour), np.uint8))


def means(picture, size):
    return cells_of(picture, *size).mean(axis=(2, 3))


def test_tint_moves_the_means_by_its_share():
    random = np.random.default_rng(1)
    picture, target = random.integers(90, 160, (2, 12, 15, 3)).astype(np.uint8)
    layout, size = plain(Size(15, 12), Size(3, 4)), (4, 3)
    for share in (0.0, 0.3, 1.0):
        moved = means(tinted(picture, target, layout, share), size)
        expected = (1 - share) * means(picture, size) + share * means(target, size)
        np.testing.assert_allclose(moved, expected, atol=0.51)
    np.testing.assert_array_equal(tinted(picture, target, layout, 0), picture)


def test_tint_stays_within_bytes():
    black, white = np.zeros((4, 3), np.uint8), np.full((4, 3), 255, np.uint8)
    one = plain(Size(3, 4), Size(3, 4))
    assert tinted(black, white, one, 1).min() == 255
    half, pair = np.array([[0, 255]], np.uint8), plain(Size(2, 1), Size(2, 1))
    light = np.array([[255, 255]], np.uint8)
    assert tinted(half, light, pair, 1).tolist() == [[128, 255]]


def test_overlay_mixes_pixels():
    mosaic, target = np.array([[0, 200]], np.uint8), np.array([[100, 0]], np.uint8)
    assert overlaid(mosaic, target, 0.25).tolist() == [[25, 150]]
    assert overlaid(mosaic, target, 1).tolist() == target.tolist()
    assert overlaid(mosaic, target, 0) is mosaic
    where = np.array([[True, False]])
    assert overlaid(mosaic, target, 0.25, where).tolist() == [[25, 200]]


def test_mirrors_double_the_set_and_keep_their_credit(tmp_path):
    _, tiles = scene(tiles=5)
    target = render(tiles.tiles[:, :, ::-1], np.array([[3, 1], [2, 0]]))
    mosaic = make_mosaic(target, tiles, LookSettings(mirror=True))
    np.testing.assert_array_equal(mosaic.picture(), target)
    assert mosaic.uses().tolist() == [1, 1, 1, 1, 0]
    mosaic.save(tmp_path / "m.png", tmp_path / "p.csv")
    with (tmp_path / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["tile"] for row in rows] == ["3", "1", "2", "0"]
    assert {row["mirrored"] for row in rows} == {"1"}
    assert {row["photographer"] for row in rows} == {"Ann"}


def test_perfect_mosaics_have_perfect_numbers():
    _, tiles = scene()
    target = render(tiles.tiles, np.arange(30).reshape(5, 6))
    found = quality(make_mosaic(target, tiles), target)
    perfect = {"mean_absolute_error": 0.0, "ssim": 1.0}
    assert found["near_look"] == found["far_look"] == perfect
    assert found["as_shown"]["far_look"] == perfect
    assert (found["tiles"], found["tiles_used"], found["cells"]) == (30, 30, 30)
    assert (found["tint"], found["overlay"], found["optimality_gap"]) == (0, 0, 0)


def test_errors_from_near_vanish_from_afar():
    """A chessboard of pixels is grey to the distant eye."""
    board = (np.indices((48, 48)).sum(axis=0) % 2 * 100 + 78).astype(np.uint8)
    found = compare(np.full((48, 48), 128, np.uint8), board, Size(12, 12))
    assert found["near_look"]["mean_absolute_error"] == 50
    assert found["far_look"]["mean_absolute_error"] < 1


@pytest.mark.parametrize("looks", [{}, {"tone": 0.7, "tint": 0.5, "overlay": 0.2}])
@pytest.mark.parametrize("colour", [(), (3,)])
def test_quality_is_stored_the_same_each_time(tmp_path, colour, looks):
    target, tiles = scene(colour)
    for name in ("a", "b"):
        mosaic = make_mosaic(target, tiles, LookSettings(**looks))
        save_quality(tmp_path / name, quality(mosaic, target))
    text = (tmp_path / "a").read_text()
    assert text == (tmp_path / "b").read_text()
    found = json.loads(text)
    assert list(found) == sorted(found)
    assert found["judged_in"] == ("rgb" if colour else "grey")
    assert {key: found[key] for key in looks} == looks
    assert found["most_used_tile"]["count"] == mosaic.uses().max()


def test_grey_tiles_are_judged_beside_the_targets_grey():
    target, tiles = scene(())
    grey = to_grey(target)
    found = quality(make_mosaic(target, tiles), target)
    chosen = make_mosaic(target, tiles).picture()
    error = np.abs(grey.astype(int) - chosen).mean()
    assert found["near_look"]["mean_absolute_error"] == pytest.approx(error, abs=1e-4)


def test_tone_is_undone_before_judging():
    """Dark tiles show a bright target; brought back, they show it as it is."""
    ramp = np.arange(8, dtype=np.uint8)
    tiles = tile_set(np.ones((8, 4, 4), np.uint8) * (10 + 5 * ramp)[:, None, None])
    target = np.kron((100 + 20 * ramp)[None], np.ones((4, 4), np.uint8))
    target = target[..., None].repeat(3, axis=2)
    found = quality(make_mosaic(target, tiles, LookSettings(tone=1)), target)
    assert found["tiles_used"] == 8
    assert found["near_look"]["mean_absolute_error"] < 1
    assert found["as_shown"]["near_look"]["mean_absolute_error"] > 100


@pytest.mark.parametrize("match", ["exact", "mixed", "mean", "four"])
@pytest.mark.parametrize("space", ["grey", "rgb", "lab"])
def test_one_tile_fills_a_flat_target(match, space):
    target = np.full((8, 6, 3), 40, np.uint8)
    tiles = tile_set(np.full((1, 4, 3, 3), 200, np.uint8))
    looks = LookSettings(match=match, space=space, tone=1, mirror=True)
    found = quality(make_mosaic(target, tiles, looks), target)
    assert found["most_used_tile"]["count"] == 4
    assert (found["tiles"], found["tiles_used"]) == (1, 1)


def test_a_picture_too_small_for_ssim_has_none():
    target = np.zeros((2, 9, 3), np.uint8)
    found = compare(target, target, Size(3, 2))
    assert found["near_look"] == {"mean_absolute_error": 0.0, "ssim": None}


def advice(cells, tiles):
    """Return advice for counts in the ten ranges."""
    return Advice(np.array(cells), np.array(tiles))


@pytest.mark.parametrize(
    ("cells", "tiles", "words"),
    [
        (
            [1234, 0, 5] + [0] * 7,
            [4] + [0] * 9,
            "about 120 more tiles darker than L 10",
        ),
        ([0] * 10, [0] * 10, "enough tiles of every tone"),
        ([10] * 10, [1] * 10, "enough tiles of every tone"),
        ([11] * 10, [1] * 10, "about 10 more tiles of every tone"),
        ([0] * 9 + [20], [0] * 9 + [1], "about 1 more tile lighter than L 90"),
        (
            [100, 100, 0, 0, 0, 30, 0, 0, 0, 500],
            [0] * 10,
            "about 3 more tiles between L 50 and L 60 and about 50 more tiles lighter",
        ),
    ],
)
def test_advice_says_what_to_add(cells, tiles, words):
    assert words in advice(cells, tiles).sentence()


def test_a_range_needs_a_tile_for_every_ten_cells():
    some = advice([101, 10, 0, 1, 0, 0, 0, 0, 0, 0], [3, 1, 8, 0, 0, 0, 0, 0, 0, 0])
    assert some.needed.tolist() == [11, 1, 0, 1, 0, 0, 0, 0, 0, 0]
    assert some.missing.tolist()[:4] == [8, 0, 0, 1]


def test_advice_counts_lightness_and_is_logged(caplog):
    target = np.zeros((40, 30, 3), np.uint8)
    tiles = tile_set(np.full((3, 4, 3, 3), 255, np.uint8))
    with caplog.at_level("INFO"):
        mosaic = make_mosaic(target, tiles)
    assert mosaic.advice.cells.tolist() == [100] + [0] * 9
    assert mosaic.advice.tiles.tolist() == [0] * 9 + [3]
    assert "about 10 more tiles darker than L 10" in caplog.text
    assert quality(mosaic, target)["advice"] == mosaic.advice.sentence()


@pytest.mark.parametrize("colour", [(), (3,)])
def test_figures_are_the_same_each_time(tmp_path, colour):
    target, tiles = scene(colour, tiles=3)
    for name in ("a", "b"):
        mosaic = make_mosaic(target, tiles)
        figure = quality_figure(mosaic, target, quality(mosaic, target))
        save_figure(figure, tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
        figure = advice_figure(mosaic.advice)
        save_figure(figure, tmp_path / f"{name}2.svg", tmp_path / f"{name}2.png")
    for end in (".svg", ".png", "2.svg", "2.png"):
        first, second = ((tmp_path / f"{name}{end}").read_bytes() for name in "ab")
        assert first == second


@pytest.mark.parametrize("colour", [(), (3,)])
@pytest.mark.parametrize("masked", [False, True])
def test_bands_judge_as_the_whole(colour, masked, monkeypatch):
    random = np.random.default_rng(5)
    target, mosaic = random.integers(0, 256, (2, 90, 40, *colour), np.uint8)
    where = np.ones((90, 40), np.bool_)
    where[20:50, 5:30] = not masked
    whole = compare(target, mosaic, Size(6, 8), where if masked else None)
    for rows in (1, 13, 60):
        monkeypatch.setattr("pigeonhole.mosaic.quality.BAND_PIXELS", 40 * rows)
        banded = compare(target, mosaic, Size(6, 8), where if masked else None)
        for look in ("near_look", "far_look"):
            assert banded[look] == pytest.approx(whole[look], abs=1e-4)
