import numpy as np
import pytest

from pigeonhole.core.geometry import Size
from pigeonhole.core.match_modes import MATCH_MODES
from pigeonhole.core.tables import read_rows, write_table
from pigeonhole.live import frame_times
from pigeonhole.live.frame_times import frame_seconds
from pigeonhole.plots import live


@pytest.fixture(params=[(), (3,)], ids=["gray", "color"])
def rows(request, monkeypatch):
    monkeypatch.setattr(frame_times, "FRAMES", 3)
    shape = (20, 6, 8, *request.param)
    tiles = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    return frame_seconds(tiles, Size(61, 50))


def test_every_match_mode_is_timed_on_frames_of_whole_tiles(rows):
    assert [row["mode"] for row in rows] == [
        name for name, mode in MATCH_MODES.items() if mode.live
    ]
    for row in rows:
        assert (row["tiles"], row["width"], row["height"]) == (20, 56, 48)
        assert 0 < row["lower_quartile"] <= row["seconds"] <= row["upper_quartile"]
    assert rows[0]["published"] == 7.03


def test_the_figure_names_match_modes_and_times(rows, tmp_path):
    write_table(tmp_path / "t.csv", rows)
    axes = live.frame_seconds(read_rows(tmp_path / "t.csv")).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [mode.label for mode in MATCH_MODES.values() if mode.live]
    texts = [text.get_text() for text in axes.texts]
    assert {"7.03 s", "556 ms", "1.5 ms"} <= set(texts)
    assert any("20 tiles" in text.get_text() for text in axes.get_legend().texts)
