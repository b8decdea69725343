"""Live frames are timed by each way, and drawn beside the tutorial's times."""

import numpy as np
import pytest

from pigeonhole.core.geometry import Size
from pigeonhole.core.tables import read_rows, write_table
from pigeonhole.live import frame_times as seconds
from pigeonhole.live.frame_times import frame_seconds
from pigeonhole.plots import live


@pytest.fixture(params=[(), (3,)], ids=["grey", "colour"])
def rows(request, monkeypatch):
    monkeypatch.setattr(seconds, "FRAMES", 3)
    shape = (20, 6, 8, *request.param)
    tiles = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    return frame_seconds(tiles, Size(61, 50))


def test_every_way_is_timed_on_whole_tiles(rows):
    assert [row["way"] for row in rows] == ["exact", "four", "mean"]
    for row in rows:
        assert (row["tiles"], row["width"], row["height"]) == (20, 56, 48)
        assert 0 < row["low"] <= row["seconds"] <= row["high"]
    assert rows[0]["published"] == 7.03


def test_the_figure_names_ways_and_times(rows, tmp_path):
    write_table(tmp_path / "t.csv", rows)
    axes = live.frame_seconds(read_rows(tmp_path / "t.csv")).axes[0]
    ways = [label.get_text() for label in axes.get_yticklabels()]
    assert ways == ["every pixel", "2x2 pixels", "brightness alone"]
    texts = [text.get_text() for text in axes.texts]
    assert {"7.03 s", "556 ms", "1.5 ms"} <= set(texts)
    assert any("20 tiles" in text.get_text() for text in axes.get_legend().texts)
