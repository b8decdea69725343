"""A frame of the live mosaic: the tutorials' four loops, and ours, in one run."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numba import njit
from skimage import data

from benchmarks import samples
from benchmarks.clock import medians
from benchmarks.matching import tutorial_exact, tutorial_mean, tutorial_wrapped
from pigeonhole.imaging.resize import resize
from pigeonhole.live.tile_sets import Palette
from pigeonhole.matching import TileIndex, render
from pigeonhole.settings import live_settings
from pigeonhole.tiles import TileRow, TileSet

WIDTH, HEIGHT = 16, 12
TILES = 1885
LOOPS = {
    "every pixel": (7.03, "exact"),
    "every pixel, wrapping at 256": (1.7, "exact"),
    "2x2 pixels": (0.56, "four"),
    "brightness alone": (0.0015, "mean"),
}
"""The tutorials' loops: seconds that they state, and what of ours does the same."""


@njit
def tutorial_four(frame, small, tiles, small_tiles):
    """The tutorial's choice by 2x2 pixels that wrap at 256, in our words."""
    for y in range(0, small.shape[0], 2):
        for x in range(0, small.shape[1], 2):
            cell = small[y : y + 2, x : x + 2]
            best = np.inf
            number = 0
            for t in range(1, len(small_tiles)):
                total = np.sum(cell - small_tiles[t])
                if total < best:
                    best = total
                    number = t
            frame[
                y * HEIGHT // 2 : (y + 2) * HEIGHT // 2,
                x * WIDTH // 2 : (x + 2) * WIDTH // 2,
            ] = tiles[number]
    return frame


def run():
    """Return rows for the loops, theirs and ours, and for the whole program."""
    return [*_loops(), *_programs()]


def _loops():
    frame, tiles = samples.frame(False), samples.faces(TILES, WIDTH, HEIGHT, False)
    small = np.stack([resize(tile, 2, 2) for tile in tiles])
    few = resize(frame, 80, 80)
    calls = {
        "every pixel": lambda: tutorial_exact(frame.copy(), tiles),
        "every pixel, wrapping at 256": lambda: tutorial_wrapped(frame.copy(), tiles),
        "2x2 pixels": lambda: tutorial_four(frame.copy(), few, tiles, small),
        "brightness alone": lambda: tutorial_mean(frame.copy(), tiles),
        "exact": _ours(tiles, match="exact"),
        "exact, steady": _ours(tiles, match="exact", steadiness=0.1),
        "four": _ours(tiles, match="four"),
        "mean": _ours(tiles, match="mean"),
    }
    seconds = medians(calls, dict.fromkeys(LOOPS, 2) | {"brightness alone": 15})
    for name, time in seconds.items():
        stated, same = LOOPS.get(name, (None, name.partition(",")[0]))
        yield {
            "benchmark": "live",
            "case": f"640x480 grey, {TILES:,} tiles",
            "name": f"{'tutorial' if stated else 'ours'}: {name}",
            "seconds": time,
            "stated": stated,
            "same": same,
            "ratio": time / seconds[same],
            "baseline": f"ours: {same}",
        }


def _ours(tiles, match, steadiness=0.0):
    """From a grey frame to the mosaic, as theirs."""
    settings = live_settings({"match": match})
    ready = Palette({"live": _tile_set(tiles)}, settings).tiles("live")
    frame = samples.frame(False)
    before = ready.place(frame)
    return lambda: render(ready.drawn, ready.place(frame, before, steadiness))


def _tile_set(tiles):
    credit = ("", "", "", "", "")
    rows = [
        TileRow(number, "", "", 0, 0, WIDTH, HEIGHT, *credit)
        for number in range(len(tiles))
    ]
    return TileSet(tiles, rows)


def _programs():
    """Run the program on a clip, as fast as it goes."""
    with TemporaryDirectory() as folder:
        clip = _clip(Path(folder, "clip.avi"))
        for colour, count in ((False, TILES), (True, TILES), (False, 100_000)):
            tiles = Path(folder, f"{count}{colour}.npz")
            made = samples.faces(count, WIDTH, HEIGHT, colour)
            _tile_set(made).save(tiles)
            TileIndex(made).save(tiles.with_suffix(".index"))
            told = _program(tiles, clip)
            yield {
                "benchmark": "live",
                "case": f"640x480 clip, {'colour' if colour else 'grey'}, {count:,}",
                "name": "program: capture to placed",
                "seconds": told["latency_ms"]["p50"] / 1000,
                "ratio": told["frames_per_second"] / 30,
                "baseline": "30 frames a second",
                "extra": f"p95 {told['latency_ms']['p95']} ms, "
                f"{told['frames_per_second']} frames a second, "
                f"{100 * told['changed']:.1f} % of the tiles change",
            }


def _program(tiles, clip):
    command = [sys.executable, "-m", "pigeonhole", "live", "--tiles", str(tiles)]
    options = ["--source", str(clip), "--sink", "none"]
    done = subprocess.run(
        [*command, *options], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def _clip(path, frames=300):
    """A view that wanders over the astronaut, nearer and farther."""
    photo = data.astronaut()
    code = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), code, 30, (640, 480))
    for turn in np.linspace(0, 2 * np.pi, frames, endpoint=False):
        wide = int(512 * (0.75 + 0.2 * np.cos(turn)))
        tall = 3 * wide // 4
        x = int((512 - wide) * (0.5 + 0.5 * np.sin(turn)))
        y = int(0.3 * (512 - tall))
        view = resize(photo[y : y + tall, x : x + wide], 640, 480)
        writer.write(np.ascontiguousarray(view[..., ::-1]))
    writer.release()
    return path
