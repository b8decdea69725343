import numpy as np
import pytest
from live_samples import open_sample_source

from pigeonhole.imaging.codecs import write_png
from pigeonhole.live.sources.video import NoImages


@pytest.fixture
def folder(tmp_path):
    """A folder with images of gray values 20, 40 and 60, and two unusable files."""
    for number in (1, 2, 3):
        image = np.full((24, 32, 3), 20 * number, np.uint8)
        write_png(tmp_path / "images" / f"{number}.png", image)
    (tmp_path / "images" / "2-broken.jpg").write_bytes(b"no image")
    (tmp_path / "images" / "raw.dng").write_bytes(b"II*\0")
    return tmp_path / "images"


def test_a_folder_yields_its_images_by_name_with_their_timestamps(folder, caplog):
    with open_sample_source(folder, folder_fps=4) as source:
        frames = list(source)
    assert [frame.image.max() for frame in frames] == [20, 40, 60]
    assert [frame.timestamp for frame in frames] == [0, 0.25, 0.5]
    raw, broken = caplog.messages
    assert f"{folder}/2-broken.jpg can't be used: it isn't an image" in broken
    assert f"{folder}/raw.dng can't be used: raw camera files (.dng) aren't" in raw


def test_a_folder_with_viewers_repeats_at_its_frame_rate(folder):
    frames = []
    with open_sample_source(folder, folder_fps=50, sink="window") as source:
        for frame in source:
            frames.append(frame)
            if len(frames) == 8:
                break
    seconds = frames[-1].captured_at - frames[0].captured_at
    duration = frames[-1].timestamp - frames[0].timestamp
    assert seconds == pytest.approx(duration, abs=0.1)
    assert frames[-1].timestamp >= 7 / 50
    assert {int(frame.image.max()) for frame in frames} <= {20, 40, 60}


def test_a_folder_without_images_is_rejected(tmp_path):
    with pytest.raises(NoImages, match="contains no readable image"):
        open_sample_source(tmp_path)
