import time

import numpy as np
import pytest
from live_samples import (
    FRAME_SIZE,
    CollectingSink,
    FakeCamera,
    make_session,
    open_sample_source,
)

from pigeonhole.live import loop
from pigeonhole.live.loop import run
from pigeonhole.live.matcher import FrameMatcher
from pigeonhole.live.sources.cameras import CameraLost
from pigeonhole.live.sources.source import Source
from pigeonhole.live.tile_set import LiveTileSet


def test_an_error_of_the_source_is_raised_by_run():
    camera = FakeCamera(images=3)
    with (
        pytest.raises(CameraLost),
        Source(camera, FRAME_SIZE, realtime=True) as source,
    ):
        run(source, make_session(), [CollectingSink()])
    assert camera.released


def test_slow_matching_neither_blocks_sinks_nor_delays_frames(monkeypatch):
    place = LiveTileSet.place

    def place_slowly(*arguments):
        time.sleep(0.15)
        return place(*arguments)

    monkeypatch.setattr(LiveTileSet, "place", place_slowly)
    sink = CollectingSink(has_viewers=True)
    with Source(FakeCamera(images=45), FRAME_SIZE, realtime=True) as source:
        run(source, make_session(), [sink], frames=6)
    assert len(sink.frames) == 6
    assert max(np.diff(sink.polled_at)) < 0.14
    assert max(matched.latency for matched in sink.frames) < 0.35
    assert max(sink.ages) < 0.36


def test_every_sink_gets_every_mosaic_and_any_sink_can_end_the_run():
    class EndingSink(CollectingSink):
        def is_open(self):
            return len(self.frames) < 4

    sinks = [CollectingSink(), EndingSink()]
    run(open_sample_source(), make_session(), sinks)
    assert [len(sink.frames) for sink in sinks] == [4, 4]


def test_sinks_get_nothing_while_the_mosaic_is_frozen():
    session = make_session()
    session.controls.frozen = True

    def frames():
        for frame in open_sample_source():
            # Frame 0 has been processed by now. Frames 1 and 2 may still be waiting.
            session.controls.frozen = frame.number < 3
            yield frame

    sink = CollectingSink()
    run(frames(), session, [sink], frames=2)
    assert sink.frames[0].frame.number in (1, 2, 3)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_slow_start_is_explained_on_a_terminal(monkeypatch, capsys, terminal):
    monkeypatch.setattr(loop, "NOTICE_DELAY", 0.01)
    monkeypatch.setattr(loop.sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(FrameMatcher, "warm_up", lambda *_: time.sleep(0.3))
    run(open_sample_source(), make_session(), [CollectingSink()], frames=1)
    assert (loop.NOTICE in capsys.readouterr().err) == terminal
