import itertools
import time

import numpy as np
import pytest
from live_samples import (
    FRAME_SIZE,
    FakeCamera,
    open_sample_source,
    save_clip,
    save_gray_clip,
)

from pigeonhole.core.geometry import Size
from pigeonhole.live.sources.cameras import CameraLost
from pigeonhole.live.sources.source import Source
from pigeonhole.live.sources.synthetic import Synthetic


def rounded_brightness(frames):
    return [round(float(frame.image.mean()), -1) for frame in frames]


def test_a_file_yields_every_frame_in_order(tmp_path):
    clip = save_gray_clip(tmp_path / "clip.avi")
    with open_sample_source(clip) as source:
        frames = list(source)
    assert rounded_brightness(frames) == [20, 40, 60, 80, 100, 120, 140, 160]
    assert [frame.number for frame in frames] == list(range(8))
    assert source.original_size == FRAME_SIZE
    assert frames[0].image.shape == (24, 32, 3)


def test_a_realtime_file_is_played_at_its_own_frame_rate(tmp_path):
    clip = save_gray_clip(tmp_path / "clip.avi", fps=20)
    with open_sample_source(clip, sink="window") as source:
        frames = list(source)
    seconds = frames[-1].captured_at - frames[0].captured_at
    intervals = frames[-1].number - frames[0].number
    assert seconds == pytest.approx(intervals / 20, abs=0.1)


def test_a_slow_consumer_of_a_realtime_file_misses_frames_but_not_the_last(tmp_path):
    clip = save_gray_clip(tmp_path / "clip.avi")
    numbers = []
    with open_sample_source(clip, sink="window") as source:
        for frame in source:
            numbers.append(frame.number)
            time.sleep(0.1)
    assert numbers[-1] == 7
    assert len(numbers) < 7


def test_a_wide_image_is_cropped_around_its_center_and_stays_rgb(tmp_path):
    image = np.zeros((48, 96, 3), np.uint8)
    image[:, :16] = image[:, -16:] = (0, 0, 255)
    image[:, 16:-16] = (200, 40, 40)
    clip = save_clip(tmp_path / "wide.avi", [image])
    with open_sample_source(clip) as source:
        [frame] = source
    assert frame.image.shape == (24, 32, 3)
    assert source.original_size == Size(96, 48)
    red, _, blue = frame.image[:, 3:-3].reshape(-1, 3).mean(axis=0)
    assert red > 180
    assert blue < 60


def test_a_tall_image_is_cropped_around_its_center(tmp_path):
    image = np.full((96, 32, 3), 255, np.uint8)
    image[36:60] = 0
    clip = save_clip(tmp_path / "tall.avi", [image])
    with open_sample_source(clip) as source:
        [frame] = source
    assert frame.image[3:-3].max() < 60


def test_the_synthetic_source_moves_and_is_reproducible():
    first, second = (list(itertools.islice(open_sample_source(), 3)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
    assert (first[0].image != first[1].image).any()
    assert not np.array_equal(
        Synthetic(FRAME_SIZE, seed=1).retrieve(),
        Synthetic(FRAME_SIZE, seed=2).retrieve(),
    )


def test_an_unplugged_camera_raises_an_error_and_is_released():
    camera = FakeCamera(images=3)
    frames = []
    with (
        pytest.raises(CameraLost, match="camera 0 stopped delivering images"),
        Source(camera, FRAME_SIZE, realtime=True) as source,
    ):
        frames.extend(source)
    assert frames
    assert camera.released
