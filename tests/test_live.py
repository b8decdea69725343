import itertools
import threading
import time

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from live_samples import (
    FRAME,
    grey_clip,
    save_clip,
    save_tiles,
    settings_of,
    stage_of,
    tile_set,
    tiles_of,
)

from pigeonhole.cli.live import loaded
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize, to_grey
from pigeonhole.live import loop
from pigeonhole.live.fps import sane_rate
from pigeonhole.live.frame_queue import Feed
from pigeonhole.live.frames import Frame, Placed
from pigeonhole.live.latest import Slot
from pigeonhole.live.loop import run
from pigeonhole.live.matcher import Placer
from pigeonhole.live.sources.cameras import LostCamera
from pigeonhole.live.sources.source import Source, open_source
from pigeonhole.live.sources.synthetic import Synthetic
from pigeonhole.live.stats import Tally
from pigeonhole.live.tile_set import LiveTiles
from pigeonhole.live.tile_sets import FrameMisfit, Palette
from pigeonhole.matching import TileIndex
from pigeonhole.matching import strategies as modes
from pigeonhole.settings import live_settings


class Keeper:
    """A sink that keeps what it gets."""

    def __init__(self, *, live=False):
        self.live = live
        self.kept = []
        self.ages = []
        self.glances = []

    def take(self, placed):
        self.kept.append(placed)
        self.ages.append(time.perf_counter() - placed.frame.captured)

    def goes_on(self):
        self.glances.append(time.perf_counter())
        return True

    def close(self):
        pass


class FakeCamera:
    """Thirty pictures a second, until it is unplugged."""

    rate = 30.0

    def __init__(self, pictures):
        self.left = pictures
        self.released = False

    def grab(self):
        time.sleep(1 / 30)
        self.left -= 1
        if self.left < 0:
            raise LostCamera(0)
        return True

    def moment(self):
        return None

    def retrieve(self):
        return np.zeros((24, 32, 3), np.uint8)

    def release(self):
        self.released = True


def opened(source="synthetic", **changes):
    return open_source(settings_of(source=str(source), **changes), Feed())


def brightness(frames):
    return [round(float(frame.picture.mean()), -1) for frame in frames]


def test_a_slot_that_drops_keeps_the_newest_item():
    made = threading.Event()

    def items():
        yield from range(1, 6)
        made.set()

    with Slot(items(), drop=True) as slot:
        assert made.wait(5)
        assert list(slot) == [5]


def test_a_slot_that_waits_keeps_every_item():
    with Slot(range(1, 50), drop=False) as slot:
        assert list(slot) == list(range(1, 50))


def test_a_slot_hands_on_the_error_after_the_last_item():
    def items():
        yield 1
        raise OSError("gone")

    taken = []
    with Slot(items(), drop=False) as slot, pytest.raises(OSError, match="gone"):
        taken.extend(slot)
    assert taken == [1]


def test_leaving_a_slot_ends_its_thread():
    with Slot(itertools.count(), drop=False) as slot:
        assert next(iter(slot)) == 0
    assert not slot.running


def test_polling_an_empty_slot_gives_none():
    go = threading.Event()
    with Slot((go.wait(5) for _ in range(1)), drop=True) as slot:
        assert next(slot.polled(0.01)) is None
        go.set()
        assert list(slot) == [True]


def test_a_file_gives_every_frame_in_order(tmp_path):
    clip = grey_clip(tmp_path / "clip.avi")
    with opened(clip) as source:
        frames = list(source)
    assert brightness(frames) == [20, 40, 60, 80, 100, 120, 140, 160]
    assert [frame.number for frame in frames] == list(range(8))
    assert source.original == FRAME
    assert frames[0].picture.shape == (24, 32, 3)


def test_a_live_file_is_paced_by_its_own_rate(tmp_path):
    clip = grey_clip(tmp_path / "clip.avi", rate=20)
    with opened(clip, sink="window") as source:
        frames = list(source)
    seconds = frames[-1].captured - frames[0].captured
    gaps = frames[-1].number - frames[0].number
    assert seconds == pytest.approx(gaps / 20, abs=0.1)


def test_a_slow_taker_of_a_live_file_misses_frames_but_not_the_last(tmp_path):
    clip = grey_clip(tmp_path / "clip.avi")
    numbers = []
    with opened(clip, sink="window") as source:
        for frame in source:
            numbers.append(frame.number)
            time.sleep(0.1)
    assert numbers[-1] == 7
    assert len(numbers) < 7


def test_a_wide_picture_is_cropped_around_its_centre_and_stays_rgb(tmp_path):
    picture = np.zeros((48, 96, 3), np.uint8)
    picture[:, :16] = picture[:, -16:] = (0, 0, 255)
    picture[:, 16:-16] = (200, 40, 40)
    clip = save_clip(tmp_path / "wide.avi", [picture])
    with opened(clip) as source:
        [frame] = source
    assert frame.picture.shape == (24, 32, 3)
    assert source.original == Size(96, 48)
    red, _, blue = frame.picture[:, 3:-3].reshape(-1, 3).mean(axis=0)
    assert red > 180
    assert blue < 60


def test_a_tall_picture_is_cropped_around_its_centre(tmp_path):
    picture = np.full((96, 32, 3), 255, np.uint8)
    picture[36:60] = 0
    clip = save_clip(tmp_path / "tall.avi", [picture])
    with opened(clip) as source:
        [frame] = source
    assert frame.picture[3:-3].max() < 60


def test_the_test_picture_moves_and_is_the_same_every_time():
    first, again = (list(itertools.islice(opened(), 3)) for _ in range(2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.picture, two.picture)
    assert (first[0].picture != first[1].picture).any()
    assert not np.array_equal(
        Synthetic(FRAME, seed=1).retrieve(), Synthetic(FRAME, seed=2).retrieve()
    )


def test_an_unplugged_camera_says_so_and_is_released():
    camera = FakeCamera(pictures=3)
    frames = []
    with (
        pytest.raises(LostCamera, match="camera 0 gives no more pictures"),
        Source(camera, FRAME, live=True) as source,
    ):
        frames.extend(source)
    assert frames
    assert camera.released


def test_an_error_of_the_source_reaches_the_caller_of_run():
    camera = FakeCamera(pictures=3)
    with (
        pytest.raises(LostCamera),
        Source(camera, FRAME, live=True) as source,
    ):
        run(source, stage_of(), [Keeper()])
    assert camera.released


@pytest.mark.parametrize("told", [0, float("nan"), 90_000, -1])
def test_a_senseless_rate_of_a_file_is_not_believed(told):
    assert sane_rate(told) == 30


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_the_placement_of_every_frame_is_the_nearest_by_brute_force(mirror, shape):
    tiles = tiles_of(shape=shape)
    keeper = Keeper()
    with opened() as source:
        run(source, stage_of(tiles, mirror=mirror), [keeper], frames=3)
    originals = itertools.islice(opened(), 3)
    for placed, original in zip(keeper.kept, originals, strict=True):
        picture = original.picture[:, :: -1 if mirror else 1].copy()
        np.testing.assert_array_equal(placed.frame.picture, picture)
        if len(shape) == 2:
            picture = to_grey(picture)
        expected = reference.place(picture, tiles)
        np.testing.assert_array_equal(placed.placement, expected)
        for row, column in np.ndindex(4, 4):
            drawn = placed.mosaic[6 * row : 6 * row + 6, 8 * column : 8 * column + 8]
            np.testing.assert_array_equal(drawn, tiles[expected[row, column]])


@pytest.mark.parametrize("mode", ["mean", "four"])
def test_the_other_ways_to_match_run_too(mode):
    keeper = Keeper()
    run(opened(), stage_of(match=mode), [keeper], frames=2)
    assert [placed.placement.shape for placed in keeper.kept] == [(4, 4)] * 2


def test_a_frame_that_is_no_whole_number_of_tiles_is_refused():
    with pytest.raises(FrameMisfit, match=r"30x24 .* 8x6 .* take 32x24"):
        stage_of(frame="30x24")


def test_slow_matching_neither_freezes_the_sinks_nor_ages_the_frames(monkeypatch):
    place = LiveTiles.place

    def slowly(*arguments):
        time.sleep(0.15)
        return place(*arguments)

    monkeypatch.setattr(LiveTiles, "place", slowly)
    keeper = Keeper(live=True)
    with Source(FakeCamera(pictures=45), FRAME, live=True) as source:
        run(source, stage_of(), [keeper], frames=6)
    assert len(keeper.kept) == 6
    assert max(np.diff(keeper.glances)) < 0.14
    assert max(placed.latency for placed in keeper.kept) < 0.35
    assert max(keeper.ages) < 0.36


def test_every_sink_gets_every_mosaic_and_any_sink_ends_the_run():
    class Ending(Keeper):
        def goes_on(self):
            return len(self.kept) < 4

    sinks = [Keeper(), Ending()]
    run(opened(), stage_of(), sinks)
    assert [len(sink.kept) for sink in sinks] == [4, 4]


def test_stats_count_dropped_frames_and_order_percentiles():
    tally = Tally()
    assert tally.stats() is None
    tiles = stage_of().palette.tiles("0")
    placement = np.zeros((4, 4), np.int64)
    for number, latency, changed in ((0, 0.01, None), (1, 0.02, 0.5), (4, 0.09, 0.0)):
        frame = Frame(number, tiles.drawn, captured=0.1 * number)
        placed = 0.1 * number + latency
        tally.add(Placed(frame, tiles, placement, placed, changed))
    stats = tally.stats()
    assert (stats.frames, stats.dropped, stats.seconds) == (3, 2, 0.49)
    assert stats.frames_per_second == pytest.approx(3 / 0.49, abs=0.01)
    assert stats.latency_ms.p50 == pytest.approx(20)
    assert stats.latency_ms.p50 < stats.latency_ms.p95 < stats.latency_ms.p99 <= 90
    assert (stats.cells, stats.tiles) == (16, 9)
    assert stats.changed == 0.25
    assert stats.changed_per_second == pytest.approx(0.5 / 0.49, abs=0.001)


def test_a_tile_stays_unless_another_is_nearer_by_the_share():
    dark, bright = np.full((6, 8), 100, np.uint8), np.full((6, 8), 120, np.uint8)
    tiles = stage_of(np.stack([dark, bright])).palette.tiles("0")

    def placed(grey, before):
        frame = np.full((6, 8), grey, np.uint8)
        return int(tiles.place(frame, np.array([[before]]), 0.25)[0, 0])

    # From 111 on the bright tile is nearer: by 9 to 11, then by 8 to 12, ...
    assert [placed(grey, 0) for grey in (110, 111, 112)] == [0, 0, 1]
    assert [placed(grey, 1) for grey in (110, 109, 108)] == [1, 1, 0]
    assert placed(110, 0) == 0
    np.testing.assert_array_equal(tiles.place(np.full((6, 8), 111, np.uint8)), [[1]])


@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.0, 0.1, 0.5]))
def test_steady_placements_equal_the_slow_twin(seed, share):
    random = np.random.default_rng(seed)
    pool = random.integers(0, 256, (9, 6, 8), np.uint8)
    tiles = stage_of(pool).palette.tiles("0")
    frame = random.integers(0, 256, (24, 32), np.uint8)
    before = random.integers(0, 9, (4, 4))
    np.testing.assert_array_equal(
        tiles.place(frame, before, share), reference.steady(frame, pool, before, share)
    )


def test_the_change_is_told_only_between_frames_with_the_same_tiles():
    stage = stage_of(tiles_of(), tiles_of(seed=5))
    placer = Placer(stage.palette, stage.controls)
    frames = list(itertools.islice(opened(), 3))
    changes = [placer(frames[0]).changed]
    again, moved = placer(frames[0]), placer(frames[2])
    assert changes == [None]
    assert again.changed == 0
    assert moved.changed == (moved.placement != again.placement).mean() > 0
    stage.controls.tiles = "1"
    assert placer(frames[2]).changed is None
    stage.controls.finer = -1
    assert placer(frames[2]).changed is None


def test_cells_have_the_tiles_shape_and_fill_the_frame():
    settings = live_settings({"frame": "640x480"})
    palette = Palette({"live": tile_set(tiles_of(shape=(12, 16)))}, settings)
    sizes = [palette.tiles("live", step).cell for step in palette.steps("live")]
    assert palette.tiles("live").cell == (16, 12)
    assert sizes == sorted(sizes, reverse=True)
    assert {(640, 480), (32, 24), (20, 15), (8, 6)} <= set(sizes)
    assert all(640 % width == 480 % height == 0 for width, height in sizes)
    assert palette.tiles("live", 99).cell == sizes[-1]
    assert palette.tiles("live", -99).cell == sizes[0]


def test_the_mosaic_is_drawn_from_tiles_as_large_as_the_scale_asks():
    large = tiles_of(shape=(18, 24, 3))
    stage = stage_of(large, cell="8x6", scale=3)
    frame = next(iter(opened()))
    placed = Placer(stage.palette, stage.controls)(frame)
    assert placed.placement.shape == (4, 4)
    assert placed.mosaic.shape == (72, 96, 3)
    for row, column in np.ndindex(4, 4):
        drawn = placed.mosaic[18 * row : 18 * row + 18, 24 * column : 24 * column + 24]
        np.testing.assert_array_equal(drawn, large[placed.placement[row, column]])
    small = np.stack([resize(tile, 8, 6) for tile in large])
    np.testing.assert_array_equal(
        placed.placement, reference.place(frame.picture, small)
    )


@pytest.mark.parametrize("cell", [None, "16x12"])
def test_a_saved_index_is_taken_where_it_fits(cell, tmp_path, monkeypatch):
    pool = tiles_of()
    frame = next(iter(opened(frame="64x48")))
    expected = stage_of(pool, cell=cell, frame="64x48").palette.tiles("0")
    path = save_tiles(tmp_path / "0.npz", pool)
    TileIndex(pool).save(path.with_suffix(".index"))
    made = []
    monkeypatch.setattr(
        modes, "TileIndex", lambda tiles: made.append(1) or TileIndex(tiles)
    )
    tiles = loaded([path], settings_of(cell=cell, frame="64x48")).tiles("0")
    assert len(made) == (cell is not None)
    grey = to_grey(frame.picture)
    np.testing.assert_array_equal(tiles.place(grey), expected.place(grey))


@pytest.mark.parametrize("damage", ["other tiles", "bytes"])
def test_an_index_that_does_not_fit_is_made_anew(tmp_path, damage):
    path = save_tiles(tmp_path / "0.npz", tiles_of())
    if damage == "bytes":
        path.with_suffix(".index").write_bytes(b"damaged")
    else:
        TileIndex(tiles_of(seed=7)).save(path.with_suffix(".index"))
    frame = to_grey(next(iter(opened())).picture)
    np.testing.assert_array_equal(
        loaded([path], settings_of()).tiles("0").place(frame),
        reference.place(frame, tiles_of()),
    )


def test_sets_are_named_by_their_files_unless_two_have_one_name(tmp_path):
    paths = [tmp_path / name for name in ("a/x.npz", "b/x.npz", "y.npz")]
    for path in paths:
        save_tiles(path, tiles_of())
    names = loaded(paths, settings_of()).names
    assert names == (str(paths[0]), str(paths[1]), "y")


def noisy(picture, count=12):
    random = np.random.default_rng(3)
    for _ in range(count):
        noise = random.normal(0, 4, picture.shape)
        yield np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("reuse", [{}, {"at_most": 3, "apart": 1}])
def test_steadiness_stills_the_noise_and_keeps_the_rule(reuse):
    pool = np.random.default_rng(4).integers(60, 200, (40, 6, 8), np.uint8)
    clean = to_grey(resize(next(iter(opened())).picture, 64, 48))
    flips = {}
    for steadiness in (0.0, 0.1):
        tiles = stage_of(pool, frame="64x48", reuse=reuse).palette.tiles("0")
        before, changed = None, []
        for frame in noisy(clean):
            placement = tiles.place(frame, before, steadiness)
            if reuse:
                assert np.bincount(placement.ravel()).max() <= 3
                assert (placement[:, 1:] != placement[:, :-1]).all()
                assert (placement[1:] != placement[:-1]).all()
            if before is not None:
                changed.append((placement != before).mean())
            before = placement
        flips[steadiness] = np.mean(changed)
    assert flips[0.1] < 0.3 * flips[0.0]


def test_what_is_put_into_a_feed_is_the_source_until_it_is_released():
    feed = Feed()
    picture = np.zeros((24, 32, 3), np.uint8)
    picture[..., 0] = 200
    with Source(feed, FRAME, live=True) as source:
        frames = iter(source)
        feed.put(picture)
        np.testing.assert_array_equal(next(frames).picture, picture)
        feed.release()
        assert list(frames) == []


def test_nothing_is_shown_while_the_mosaic_is_frozen():
    stage = stage_of()
    stage.controls.frozen = True

    def frames():
        for frame in opened():
            # Frame 0 has been through by now; frames 1 and 2 may be either way.
            stage.controls.frozen = frame.number < 3
            yield frame

    keeper = Keeper()
    run(frames(), stage, [keeper], frames=2)
    assert keeper.kept[0].frame.number in (1, 2, 3)


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_tone_fits_the_cells_to_the_tiles_before_they_are_matched(shape):
    bright = 150 + tiles_of(60, shape) % 100
    stage = stage_of(bright)
    frame = next(iter(opened()))
    tiles = stage.palette.tiles("0")
    seen = frame.picture if len(shape) == 3 else to_grey(frame.picture)
    toned = tiles.toned(seen, 1.0)
    assert toned.mean() > seen.mean() + 20
    assert tiles.toned(seen, 0.0) is seen
    stage.controls.tone = 1.0
    placed = Placer(stage.palette, stage.controls)(frame)
    np.testing.assert_array_equal(placed.placement, reference.place(toned, bright))
    # A darker pixel stays darker.
    order = seen.ravel().argsort(kind="stable")
    assert (np.diff(toned.ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_long_start_is_explained_on_a_terminal(monkeypatch, capsys, terminal):
    monkeypatch.setattr(loop, "PATIENCE", 0.01)
    monkeypatch.setattr(loop.sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(Placer, "warm_up", lambda *_: time.sleep(0.3))
    run(opened(), stage_of(), [Keeper()], frames=1)
    assert ("the first start on a machine" in capsys.readouterr().err) == terminal
