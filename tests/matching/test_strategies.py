"""The registry of match modes, and what each mode compares."""

import pkgutil
import typing

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_samples import flat, image_stacks

from pigeonhole.core.geometry import Size
from pigeonhole.core.match_modes import (
    MATCH_MODES,
    LiveMatchModeName,
    MatchModeName,
)
from pigeonhole.matching import TileIndex, matcher, modes, render
from pigeonhole.matching.options import MatchOptions
from pigeonhole.matching.strategies import (
    STRATEGIES,
    compares_pixels,
    describe_pair,
)
from pigeonhole.mosaic.cells import CellGroups
from pigeonhole.mosaic.layout import grid_layout
from pigeonhole.mosaic.select import select_tiles
from pigeonhole.settings import LiveSettings, MosaicOptions

MODES = tuple(MATCH_MODES)


def test_every_mode_is_registered_everywhere():
    assert set(MATCH_MODES) == set(STRATEGIES) == set(typing.get_args(MatchModeName))
    modules = {module.name for module in pkgutil.iter_modules(modes.__path__)}
    assert modules == {name.replace("-", "_") for name in MATCH_MODES}
    assert {name for name, mode in MATCH_MODES.items() if mode.live} == set(
        typing.get_args(LiveMatchModeName)
    )
    assert all(name == mode.name for name, mode in MATCH_MODES.items())


def test_the_settings_accept_exactly_the_registered_modes():
    choices = MosaicOptions.model_json_schema()["properties"]["match"]["enum"]
    assert set(choices) == set(MATCH_MODES)
    live_choices = LiveSettings.model_json_schema()["properties"]["match"]["enum"]
    assert set(live_choices) == {name for name in MODES if MATCH_MODES[name].live}


def test_mosaics_use_the_mode_of_the_settings():
    """A mode that the selection doesn't know would be replaced by another one."""
    random = np.random.default_rng(7)
    tiles = random.integers(0, 256, (50, 4, 6, 3), np.uint8)
    frame = random.integers(0, 256, (20, 30, 3), np.uint8)
    placements = {}
    without = {"mirror": False, "color_transfer": 0, "repetition_weight": 0}
    for mode in MODES:
        options = MosaicOptions(**without, match=mode)
        layout = grid_layout(Size(30, 20), Size(6, 4))
        cells = CellGroups(frame, tiles, layout, np.arange(len(tiles)))
        placements[mode] = select_tiles(cells, options).placement
        expected = matcher(
            mode,
            tiles,
            options.space,
            lowpass_weight=options.lowpass_weight,
            structure_weight=options.structure_weight,
        )(frame)
        np.testing.assert_array_equal(placements[mode], expected.ravel())
    for mode in set(MODES) - {"exact"}:
        assert (placements[mode] != placements["exact"]).any(), mode


@pytest.mark.parametrize("space", ["gray", "rgb", "lab"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_finds_flat_tiles_in_every_space(mode, space):
    """A flat gray tile is its own best match in every sense."""
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    tiles = np.ones((9, 4, 6, 3), np.uint8) * levels[:, None, None, None]
    frame = np.concatenate(list(tiles), axis=1)
    placement = matcher(mode, tiles, space, lowpass_weight=0.5)(frame)[0]
    expected = np.arange(9) if mode != "mean" else 8 * levels.astype(int) // 256
    assert np.abs(placement - expected).max() <= (mode == "mean")


@pytest.mark.parametrize("mode", MODES)
def test_the_space_makes_no_difference_to_gray_tiles(mode):
    random = np.random.default_rng(2)
    # The width of 3 must not be taken for color channels.
    tiles = random.integers(0, 256, (20, 4, 3), np.uint8)
    frame = random.integers(0, 256, (12, 9), np.uint8)
    placements = [
        matcher(mode, tiles, space, lowpass_weight=1)(frame)
        for space in ("gray", "rgb", "lab")
    ]
    np.testing.assert_array_equal(placements[0], placements[1])
    np.testing.assert_array_equal(placements[0], placements[2])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("space", ["gray", "rgb", "lab"])
@pytest.mark.parametrize("color", [(), (3,)], ids=["gray", "color"])
def test_an_index_is_used_only_if_the_pixels_themselves_are_compared(
    mode, space, color
):
    tiles = np.random.default_rng(8).integers(0, 256, (9, 4, 6, *color), np.uint8)
    can_use_index = mode == "exact" and (space == "rgb" or not color)
    assert compares_pixels(mode, tiles, MatchOptions(space)) == can_use_index
    index = TileIndex(tiles)
    frame = np.concatenate([np.concatenate(tiles[:4], axis=1)] * 2)
    np.testing.assert_array_equal(
        matcher(mode, tiles, space, index=index)(frame),
        matcher(mode, tiles, space)(frame),
    )


@given(image_stacks(max_side=5, max_count=6), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=50)
def test_mean_maps_brightness_to_a_rank_in_the_sorted_set(stacks, rows, columns):
    """The tutorial's rule, written out."""
    cells, tiles = stacks
    placement = np.resize(np.arange(len(cells)), (rows, columns))
    means = flat(tiles).mean(axis=1)
    order = sorted(range(len(tiles)), key=lambda number: means[number])
    expected = [
        order[int((len(tiles) - 1) * (flat(cells)[number].mean() / 256))]
        for number in placement.ravel()
    ]
    chosen = matcher("mean", tiles)(render(cells, placement))
    np.testing.assert_array_equal(chosen.ravel(), expected)


def test_mean_2x2_compares_block_means_only():
    def blocks(a, b, c, d):
        return np.kron(np.array([[a, b], [c, d]]), np.ones((3, 4))).astype(np.uint8)

    tiles = np.stack([blocks(0, 255, 0, 255), blocks(90, 10, 60, 30)])
    noise = np.random.default_rng(1).permuted(
        np.tile([-9, 9], 6).reshape(3, 4), axis=None
    )
    frame = (blocks(90, 20, 60, 30) + np.tile(noise, (2, 2))).astype(np.uint8)
    assert matcher("mean-2x2", tiles)(frame).tolist() == [[1]]


def test_mean_2x2_supports_tiles_of_one_pixel():
    tiles = np.array([[[10]], [[200]]], np.uint8)
    place = matcher("mean-2x2", tiles)
    assert place(np.array([[190, 20]], np.uint8)).tolist() == [[1, 0]]


@given(image_stacks(max_side=5, max_count=6), st.sampled_from(["rgb", "gray", "lab"]))
@settings(max_examples=50)
def test_the_tile_of_a_cell_has_its_rank_in_the_mean_mode(stacks, space):
    cells, tiles = stacks
    frame = render(cells, np.arange(len(cells))[None])
    chosen = matcher("mean", tiles, space)(frame).ravel()
    cell_ranks, tile_ranks = describe_pair(cells, tiles, "mean", MatchOptions(space))
    np.testing.assert_array_equal(tile_ranks[chosen], cell_ranks)
    assert sorted(tile_ranks.ravel()) == list(range(len(tiles)))


@pytest.mark.parametrize("color", [(), (3,)], ids=["gray", "color"])
def test_the_nearest_thumbnail_is_the_tile_of_mean_2x2(color):
    random = np.random.default_rng(3)
    cells, tiles = (
        random.integers(0, 256, (n, 4, 6, *color), np.uint8) for n in (12, 40)
    )
    frame = render(cells, np.arange(12).reshape(3, 4))
    described = describe_pair(cells, tiles, "mean-2x2", MatchOptions())
    assert described[0].shape == (12, 2, 2, *color)
    expected, _ = reference.nearest_tiles(*map(flat, described))
    chosen = matcher("mean-2x2", tiles)(frame)
    np.testing.assert_array_equal(chosen.ravel(), expected)
