"""Small tile sets, clips and sessions for the tests of live mosaics."""

import os
import subprocess
import sys
import time

import cv2
import numpy as np

from pigeonhole.core.geometry import Size
from pigeonhole.live.frame_queue import FrameQueue
from pigeonhole.live.session import Controls, Session
from pigeonhole.live.sources.cameras import CameraLost
from pigeonhole.live.sources.source import open_source
from pigeonhole.live.tile_sets import TileSets
from pigeonhole.settings import LiveSettings
from pigeonhole.tiles import TileRow, TileSet

FRAME_SIZE = Size(32, 24)
CREDIT = ("demo", "Ada", "https://example.org/ada", "https://example.org/1", "CC0")


def random_tiles(count=9, shape=(6, 8), seed=2):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def make_tile_set(tiles, sources=None):
    """Return a tile set; by default, each tile is the only one of its source."""
    height, width = tiles.shape[1:3]
    sources = range(len(tiles)) if sources is None else sources
    box = (0, 0, width, height, 0)
    rows = [
        TileRow(number, f"{number:x}", f"{source:x}", "p.jpg", *box, *CREDIT)
        for number, source in enumerate(sources)
    ]
    return TileSet(tiles, rows)


def save_tiles(path, tiles):
    make_tile_set(tiles).save(path)
    return path


def make_settings(**changes):
    """Return settings with small frames, no sink, no steadiness and no limits."""
    defaults = {
        "source": "synthetic",
        "frame_size": FRAME_SIZE,
        "sink": "none",
        "steadiness": 0,
        "mirror": False,
        "repetition": {"min_distance": 0},
    }
    return LiveSettings.model_validate(defaults | changes)


def make_session(*tile_arrays, **changes):
    """Return a session whose tile sets are named `0`, `1`, ..."""
    settings = make_settings(**changes)
    named = {
        str(number): make_tile_set(tiles)
        for number, tiles in enumerate(tile_arrays or [random_tiles()])
    }
    tile_sets = TileSets(named, settings)
    return Session(settings, tile_sets, Controls.of(settings, tile_sets))


def open_sample_source(source="synthetic", **changes):
    return open_source(make_settings(source=str(source), **changes), FrameQueue())


class CollectingSink:
    """A sink that keeps all frames, their ages and the times of its polls."""

    def __init__(self, *, has_viewers=False):
        self.has_viewers = has_viewers
        self.frames = []
        self.ages = []
        self.polled_at = []

    def write(self, matched):
        self.frames.append(matched)
        self.ages.append(time.perf_counter() - matched.frame.captured_at)

    def is_open(self):
        self.polled_at.append(time.perf_counter())
        return True

    def close(self):
        pass


class FakeCamera:
    """A camera with 30 images per second that is unplugged after some images."""

    fps = 30.0

    def __init__(self, images):
        self.images_left = images
        self.released = False

    def grab(self):
        time.sleep(1 / 30)
        self.images_left -= 1
        if self.images_left < 0:
            raise CameraLost(0)
        return True

    def timestamp(self):
        return None

    def retrieve(self):
        return np.zeros((24, 32, 3), np.uint8)

    def release(self):
        self.released = True


def save_clip(path, images, fps=30):
    height, width = images[0].shape[:2]
    code = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), code, fps, (width, height))
    for image in images:
        writer.write(np.ascontiguousarray(image[:, :, ::-1]))
    writer.release()
    return path


def save_gray_clip(path, count=8, fps=30):
    """Save a clip of uniform frames with gray values 20, 40, 60, ..."""
    images = [np.full((24, 32, 3), 20 * (n + 1), np.uint8) for n in range(count)]
    return save_clip(path, images, fps)


def start_cli(*arguments, **environment):
    """Start `python -m pigeonhole`; variables whose value is None are removed."""
    merged = {**os.environ, **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "pigeonhole", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in merged.items() if value is not None},
    )


def run_cli(*arguments, **environment):
    process = start_cli(*arguments, **environment)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err
