import itertools
import threading
import time

import numpy as np
import pytest
import reference
from live_samples import FRAME, grey_clip, save_clip, tiles_of

from pigeonhole.images import to_grey
from pigeonhole.live import source as sources
from pigeonhole.live.frames import Frame, Placed
from pigeonhole.live.loop import FrameMisfit, Placer, run
from pigeonhole.live.sinks.none import NoSink
from pigeonhole.live.slot import Slot
from pigeonhole.live.source import Source, Synthetic, open_source
from pigeonhole.live.stats import Tally
from pigeonhole.settings import Size


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

    def __init__(self, pictures):
        self.left = pictures
        self.released = False

    def grab(self):
        time.sleep(1 / 30)
        self.left -= 1
        return self.left >= 0

    def retrieve(self):
        return True, np.zeros((24, 32, 3), np.uint8)

    def release(self):
        self.released = True


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
    with open_source(str(clip), FRAME, live=False) as source:
        frames = list(source)
    assert brightness(frames) == [20, 40, 60, 80, 100, 120, 140, 160]
    assert [frame.number for frame in frames] == list(range(8))
    assert source.original == FRAME
    assert frames[0].picture.shape == (24, 32, 3)


def test_a_live_file_is_paced_by_its_own_rate(tmp_path):
    clip = grey_clip(tmp_path / "clip.avi", rate=20)
    with open_source(str(clip), FRAME, live=True) as source:
        frames = list(source)
    seconds = frames[-1].captured - frames[0].captured
    gaps = frames[-1].number - frames[0].number
    assert seconds == pytest.approx(gaps / 20, abs=0.1)


def test_a_slow_taker_of_a_live_file_misses_frames_but_not_the_last(tmp_path):
    clip = grey_clip(tmp_path / "clip.avi")
    numbers = []
    with open_source(str(clip), FRAME, live=True) as source:
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
    with open_source(str(clip), FRAME, live=False) as source:
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
    with open_source(str(clip), FRAME, live=False) as source:
        [frame] = source
    assert frame.picture[3:-3].max() < 60


def test_the_test_picture_moves_and_is_the_same_every_time():
    first, again = (
        list(itertools.islice(open_source("synthetic", FRAME, live=False), 3))
        for _ in range(2)
    )
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.picture, two.picture)
    assert (first[0].picture != first[1].picture).any()
    assert not np.array_equal(
        Synthetic(FRAME, seed=1).retrieve()[1], Synthetic(FRAME, seed=2).retrieve()[1]
    )


def test_an_unplugged_camera_says_so_and_is_released():
    camera = FakeCamera(pictures=3)
    lost = sources.CameraLost(0)
    frames = []
    with (
        pytest.raises(sources.CameraLost, match="camera 0 gives no more pictures"),
        Source(camera, FRAME, live=True, at_end=lost) as source,
    ):
        frames.extend(source)
    assert frames
    assert camera.released


def test_an_error_of_the_source_reaches_the_caller_of_run():
    placer = Placer(tiles_of(), FRAME, "exact", mirror=False)
    camera = FakeCamera(pictures=3)
    with (
        pytest.raises(sources.CameraLost),
        Source(camera, FRAME, live=True, at_end=sources.CameraLost(0)) as source,
    ):
        run(source, placer, [NoSink()])
    assert camera.released


@pytest.mark.parametrize("told", [0, float("nan"), 90_000, -1])
def test_a_senseless_rate_of_a_file_is_not_believed(told):
    assert sources._sane_rate(told) == 30


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)])
def test_the_placement_of_every_frame_is_the_nearest_by_brute_force(mirror, shape):
    tiles = tiles_of(shape=shape)
    placer = Placer(tiles, FRAME, "exact", mirror=mirror)
    keeper = Keeper()
    with open_source("synthetic", FRAME, live=False) as source:
        run(source, placer, [keeper], frames=3)
    originals = itertools.islice(open_source("synthetic", FRAME, live=False), 3)
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
    placer = Placer(tiles_of(), FRAME, mode, mirror=True)
    keeper = Keeper()
    run(open_source("synthetic", FRAME, live=False), placer, [keeper], frames=2)
    assert [placed.placement.shape for placed in keeper.kept] == [(4, 4)] * 2


def test_a_frame_that_is_no_whole_number_of_tiles_is_refused():
    with pytest.raises(FrameMisfit, match=r"30x24 .* 8x6 .* take 32x24"):
        Placer(tiles_of(), Size(30, 24), "exact", mirror=True)


def test_slow_matching_neither_freezes_the_sinks_nor_ages_the_frames():
    placer = Placer(tiles_of(), FRAME, "exact", mirror=True)
    place = placer._place

    def slowly(frame):
        time.sleep(0.15)
        return place(frame)

    placer._place = slowly
    keeper = Keeper(live=True)
    with Source(FakeCamera(pictures=45), FRAME, live=True) as source:
        run(source, placer, [keeper], frames=6)
    assert len(keeper.kept) == 6
    assert max(np.diff(keeper.glances)) < 0.14
    assert max(keeper.ages) < 0.5


def test_every_sink_gets_every_mosaic_and_any_sink_ends_the_run():
    class Ending(Keeper):
        def goes_on(self):
            return len(self.kept) < 4

    sinks = [Keeper(), Ending()]
    placer = Placer(tiles_of(), FRAME, "exact", mirror=False)
    run(open_source("synthetic", FRAME, live=False), placer, sinks)
    assert [len(sink.kept) for sink in sinks] == [4, 4]


def test_stats_count_dropped_frames_and_order_percentiles():
    tally = Tally()
    assert tally.stats() is None
    empty = np.zeros((1, 1), np.uint8)
    for number, latency in ((0, 0.01), (1, 0.02), (4, 0.09)):
        frame = Frame(number, empty, captured=0.1 * number)
        tally.add(Placed(frame, empty, empty, placed=0.1 * number + latency))
    stats = tally.stats()
    assert (stats.frames, stats.dropped, stats.seconds) == (3, 2, 0.49)
    assert stats.frames_per_second == pytest.approx(3 / 0.49, abs=0.01)
    assert stats.latency_ms.p50 == pytest.approx(20)
    assert stats.latency_ms.p50 < stats.latency_ms.p95 < stats.latency_ms.p99 <= 90
