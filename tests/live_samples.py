"""Small tile sets and clips for the tests of the live stage."""

import os
import subprocess
import sys

import cv2
import numpy as np

# Before the first clip is written: OpenCV's codecs ask once how much they may say.
import pigeonhole.live.sources.source  # noqa: F401
from pigeonhole.core.geometry import Size
from pigeonhole.live.session import Controls, Stage
from pigeonhole.live.tile_sets import Palette
from pigeonhole.settings import live_settings
from pigeonhole.tiles import TileRow, TileSet

FRAME = Size(32, 24)
WHO = ("demo", "Ada", "https://example.org/ada", "https://example.org/1", "CC0")


def tiles_of(count=9, shape=(6, 8), seed=2):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def tile_set(tiles):
    height, width = tiles.shape[1:3]
    rows = [
        TileRow(number, f"{number:x}", "p.jpg", 0, 0, width, height, *WHO)
        for number in range(len(tiles))
    ]
    return TileSet(tiles, rows)


def save_tiles(path, tiles):
    tile_set(tiles).save(path)
    return path


def settings_of(**changes):
    """Settings of a small frame that nobody watches, each frame exact."""
    usual = {
        "source": "synthetic",
        "frame": FRAME,
        "sink": "none",
        "steadiness": 0,
        "mirror": False,
    }
    return live_settings(usual | changes)


def stage_of(*sets, **changes):
    """What the parts of a run share, with the tile sets `0`, `1`, ..."""
    settings = settings_of(**changes)
    named = {str(number): tile_set(tiles) for number, tiles in enumerate(sets)}
    palette = Palette(named or {"0": tile_set(tiles_of())}, settings)
    return Stage(settings, palette, Controls.of(settings, palette))


def save_clip(path, pictures, rate=30):
    height, width = pictures[0].shape[:2]
    code = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), code, rate, (width, height))
    for picture in pictures:
        writer.write(np.ascontiguousarray(picture[:, :, ::-1]))
    writer.release()
    return path


def grey_clip(path, count=8, rate=30):
    """A clip whose frames are told apart by their brightness: 20, 40, 60, ..."""
    pictures = [np.full((24, 32, 3), 20 * (n + 1), np.uint8) for n in range(count)]
    return save_clip(path, pictures, rate)


def start_cli(*arguments, **environment):
    """Start `python -m pigeonhole`; a variable that is None is taken away."""
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
