import numpy as np
import pytest
from live_samples import make_session, open_sample_source

from pigeonhole.live.frames import Frame, MatchedFrame
from pigeonhole.live.sinks.null import NullSink


def test_statistics_count_dropped_frames_and_order_percentiles():
    sink = NullSink(open_sample_source())
    assert sink.stats() is None
    tile_set = make_session().tile_sets.get("0")
    placement = np.zeros((4, 4), np.int64)
    for number, latency, changed in ((0, 0.01, None), (1, 0.02, 0.5), (4, 0.09, 0.0)):
        frame = Frame(number, tile_set.output_tiles, captured_at=0.1 * number)
        matched_at = 0.1 * number + latency
        sink.write(MatchedFrame(frame, tile_set, placement, matched_at, changed))
    stats = sink.stats()
    assert (stats["frames"], stats["dropped"], stats["seconds"]) == (3, 2, 0.49)
    assert stats["frames_per_second"] == pytest.approx(3 / 0.49, abs=0.01)
    latency = stats["latency_ms"]
    assert latency["p50"] == pytest.approx(20)
    assert latency["p50"] < latency["p95"] < latency["p99"] <= 90
    assert (stats["cells"], stats["tiles"]) == (16, 9)
    assert stats["changed"] == 0.25
    assert stats["changed_per_second"] == pytest.approx(0.5 / 0.49, abs=0.001)
