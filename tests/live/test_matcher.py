import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
import reference
from live_samples import (
    CollectingSink,
    make_session,
    make_settings,
    make_tile_set,
    open_sample_source,
    random_tiles,
)
from repetition import satisfies

from pigeonhole.imaging.resize import resize, to_gray
from pigeonhole.live.loop import run
from pigeonhole.live.matcher import FrameMatcher
from pigeonhole.live.session import Controls
from pigeonhole.live.tile_sets import TileSets
from pigeonhole.matching.assignment import RepetitionLimits


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_every_cell_of_every_frame_gets_the_nearest_tile(mirror, shape):
    tiles = random_tiles(shape=shape)
    sink = CollectingSink()
    with open_sample_source() as source:
        run(source, make_session(tiles, mirror=mirror), [sink], frames=3)
    originals = itertools.islice(open_sample_source(), 3)
    for matched, original in zip(sink.frames, originals, strict=True):
        image = original.image[:, :: -1 if mirror else 1].copy()
        np.testing.assert_array_equal(matched.frame.image, image)
        if len(shape) == 2:
            image = to_gray(image)
        expected = reference.place(image, tiles)
        np.testing.assert_array_equal(matched.placement, expected)
        for row, column in np.ndindex(4, 4):
            cell = matched.mosaic[6 * row : 6 * row + 6, 8 * column : 8 * column + 8]
            np.testing.assert_array_equal(cell, tiles[expected[row, column]])


@pytest.mark.parametrize("mode", ["mean", "mean-2x2"])
def test_frames_are_matched_in_the_other_match_modes(mode):
    sink = CollectingSink()
    run(open_sample_source(), make_session(match=mode), [sink], frames=2)
    assert [matched.placement.shape for matched in sink.frames] == [(4, 4)] * 2


@pytest.mark.parametrize("steadiness", [0, 0.1])
@pytest.mark.parametrize("mode", ["exact", "mean", "mean-2x2"])
@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)], ids=["gray", "color"])
def test_by_default_no_source_is_within_two_cells_of_itself(mode, shape, steadiness):
    sources = np.arange(90) // 3
    tile_set = make_tile_set(random_tiles(90, shape), sources)
    settings = make_settings(
        match=mode, steadiness=steadiness, frame_size="80x48", repetition={}
    )
    tile_sets = TileSets({"live": tile_set}, settings)
    matcher = FrameMatcher(tile_sets, Controls.of(settings, tile_sets))
    limits = RepetitionLimits(min_distance=2)
    source = open_sample_source(frame_size="80x48")
    for frame in itertools.islice(source, 4):
        # A frame of one color gives the same candidates to all cells.
        flat = replace(frame, image=np.full_like(frame.image, 20))
        for image in (frame, flat):
            assert satisfies(sources[matcher(image).placement], limits, 30)


def test_the_change_is_known_only_between_frames_with_the_same_tiles():
    session = make_session(random_tiles(), random_tiles(seed=5))
    matcher = FrameMatcher(session.tile_sets, session.controls)
    frames = list(itertools.islice(open_sample_source(), 3))
    assert matcher(frames[0]).changed is None
    repeated, moved = matcher(frames[0]), matcher(frames[2])
    assert repeated.changed == 0
    assert moved.changed == (moved.placement != repeated.placement).mean() > 0
    session.controls.tile_set = "1"
    assert matcher(frames[2]).changed is None
    session.controls.cell_step = -1
    assert matcher(frames[2]).changed is None


def test_the_mosaic_is_rendered_from_tiles_at_the_requested_scale():
    large = random_tiles(shape=(18, 24, 3))
    session = make_session(large, cell_size="8x6", scale=3)
    frame = next(iter(open_sample_source()))
    matched = FrameMatcher(session.tile_sets, session.controls)(frame)
    assert matched.placement.shape == (4, 4)
    assert matched.mosaic.shape == (72, 96, 3)
    for row, column in np.ndindex(4, 4):
        cell = matched.mosaic[18 * row : 18 * row + 18, 24 * column : 24 * column + 24]
        np.testing.assert_array_equal(cell, large[matched.placement[row, column]])
    small = np.stack([resize(tile, 8, 6) for tile in large])
    expected = reference.place(frame.image, small)
    np.testing.assert_array_equal(matched.placement, expected)


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_histogram_matching_fits_frames_to_the_tiles_before_matching(shape):
    bright_tiles = 150 + random_tiles(60, shape) % 100
    session = make_session(bright_tiles)
    frame = next(iter(open_sample_source()))
    tile_set = session.tile_sets.get("0")
    original = frame.image if len(shape) == 3 else to_gray(frame.image)
    fitted = tile_set.match_histogram(original, 1.0)
    assert fitted.mean() > original.mean() + 20
    assert tile_set.match_histogram(original, 0.0) is original
    session.controls.histogram_matching = 1.0
    matched = FrameMatcher(session.tile_sets, session.controls)(frame)
    expected = reference.place(fitted, bright_tiles)
    np.testing.assert_array_equal(matched.placement, expected)
    if len(shape) == 2:
        # The order of brightness is preserved.
        order = original.ravel().argsort(kind="stable")
        assert (np.diff(fitted.ravel()[order].astype(int)) >= 0).all()


def test_histogram_matching_keeps_the_hue_of_frames():
    """Clipping single channels would turn saturated colors into others."""
    tile_set = make_session(random_tiles(60, (6, 8, 3)) // 4 + 190).tile_sets.get("0")
    frame = np.zeros((24, 32, 3), np.uint8)
    frame[:12], frame[12:] = (20, 120, 40), (150, 60, 20)
    changed = tile_set.match_histogram(frame, 1.0)
    before, after = (
        cv2.cvtColor(np.float32(image[[0, -1]]) / 255, cv2.COLOR_RGB2HSV)[..., 0]
        for image in (frame, changed)
    )
    assert np.abs(before - after).max() < 4
    assert changed.mean() > frame.mean() + 50
