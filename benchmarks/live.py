"""Measure one frame of the live mosaic: the tutorials' loops and Pigeonhole's modes."""

import itertools
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import cv2
import numpy as np
from numba import njit
from skimage import data

from benchmarks import samples
from benchmarks.clock import medians
from benchmarks.matching import tutorial_exact, tutorial_mean, tutorial_wrapped
from pigeonhole.imaging.resize import resize, to_gray
from pigeonhole.live.tile_sets import TileSets
from pigeonhole.matching import TileIndex, render
from pigeonhole.settings import LiveSettings
from pigeonhole.tiles import TileRow, TileSet

WIDTH, HEIGHT = 16, 12
TILES = 1885
VARIANTS = 12
"""Tiles of each face in the sets of variants."""
LOOPS = {
    "every pixel": (7.03, "exact"),
    "every pixel, wrapping at 256": (1.7, "exact"),
    "2x2 pixels": (0.56, "mean-2x2"),
    "brightness alone": (0.0015, "mean"),
}
"""The tutorials' loops: the seconds that they state, and the comparable match mode."""


@njit
def tutorial_2x2(frame, small, tiles, small_tiles):
    """Run the tutorial's loop over 2x2 pixels, whose differences wrap at 256."""
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
    """Return rows for the loops, the match modes, variants and the complete program."""
    return [*_time_loops(), *_time_variants(), *_time_programs()]


def _time_loops():
    frame, tiles = samples.frame(False), samples.faces(TILES, WIDTH, HEIGHT, False)
    small_tiles = np.stack([resize(tile, 2, 2) for tile in tiles])
    small_frame = resize(frame, 80, 80)
    calls = {
        "every pixel": lambda: tutorial_exact(frame.copy(), tiles),
        "every pixel, wrapping at 256": lambda: tutorial_wrapped(frame.copy(), tiles),
        "2x2 pixels": lambda: tutorial_2x2(
            frame.copy(), small_frame, tiles, small_tiles
        ),
        "brightness alone": lambda: tutorial_mean(frame.copy(), tiles),
        "exact": _frame_to_mosaic(tiles, match="exact"),
        "exact, steady": _frame_to_mosaic(tiles, match="exact", steadiness=0.1),
        "mean-2x2": _frame_to_mosaic(tiles, match="mean-2x2"),
        "mean": _frame_to_mosaic(tiles, match="mean"),
    }
    seconds = medians(calls, dict.fromkeys(LOOPS, 2) | {"brightness alone": 15})
    for name, time in seconds.items():
        stated, mode = LOOPS.get(name, (None, name.partition(",")[0]))
        yield {
            "benchmark": "live",
            "case": f"640x480 gray, {TILES:,} tiles",
            "name": f"{'tutorial' if stated else 'pigeonhole'}: {name}",
            "seconds": time,
            "stated": stated,
            "mode": mode,
            "ratio": time / seconds[mode],
            "baseline": f"pigeonhole: {mode}",
        }


def _frame_to_mosaic(tiles, match, steadiness=0.0):
    """Return a function that turns a frame into a mosaic, as a tutorial's loop does."""
    settings = LiveSettings(match=match, repetition={"min_distance": 0})
    tile_set = TileSets({"live": _make_tile_set(tiles)}, settings).get("live")
    frame = samples.frame(False)
    previous = tile_set.place(frame)
    return lambda: render(
        tile_set.output_tiles, tile_set.place(frame, previous, steadiness)
    )


def _make_tile_set(tiles, sources=None):
    credit = ("", "", "", "", "")
    sources = range(len(tiles)) if sources is None else sources
    rows = [
        TileRow(number, "", str(source), "", 0, 0, WIDTH, HEIGHT, 0, *credit)
        for number, source in enumerate(sources)
    ]
    return TileSet(tiles, rows)


def _make_variants(count, color):
    """Return a set of tiles that show faces in several tones."""
    faces = samples.faces(-(-count // VARIANTS), WIDTH, HEIGHT, color)
    tiles = samples.vary_tones(faces, VARIANTS)[:count]
    return _make_tile_set(tiles, np.arange(count) % len(faces))


def _time_variants():
    """Match frames to variants of faces, none of them near another one."""
    for color, count in itertools.product((False, True), (TILES, 20_000)):
        tile_set = _make_variants(count, color)
        live = TileSets({"live": tile_set}, LiveSettings()).get("live")
        for scene, frames in _scenes(color).items():
            previous = live.place(frames[0])
            seconds, pairs = [], 0
            for image in frames:
                start = perf_counter()
                previous = live.place(image, previous, LiveSettings().steadiness)
                seconds.append(perf_counter() - start)
                pairs += _pairs_within(tile_set.sources[previous], 2)
            yield {
                "benchmark": "live",
                "case": f"{'color' if color else 'gray'}, {count:,} variants, {scene}",
                "name": "default spacing",
                "seconds": float(np.median(seconds)),
                "ratio": float(np.median(seconds)) * 30,
                "baseline": "30 frames per second",
                "extra": f"p99 {1000 * np.percentile(seconds, 99):.1f} ms, {pairs} "
                "pairs of the same face within 2 cells",
            }


def _scenes(color, frames=60):
    """Return frames of a moving camera, of a still one with noise, and of a wall."""
    views = list(_pan_and_zoom(frames))
    moving = views if color else [to_gray(view) for view in views]
    random = np.random.default_rng(0)

    def noisy(image, strength):
        for _ in range(frames):
            noise = random.normal(0, strength, image.shape)
            yield np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)

    wall = np.full_like(moving[0], 60)
    return {
        "moving": moving,
        "still with noise": list(noisy(moving[0], 4)),
        "dark wall with noise": list(noisy(wall, 2)),
    }


def _pairs_within(sources, distance):
    """Return the number of pairs of cells within a distance with the same source."""
    rows, columns = sources.shape
    padded = np.pad(sources, distance, constant_values=-1)
    equal = [
        padded[y : y + rows, x : x + columns] == sources
        for y in range(2 * distance + 1)
        for x in range(2 * distance + 1)
    ]
    return (int(np.sum(equal)) - sources.size) // 2


def _time_programs():
    """Run the complete program on a clip, without waiting for the next frame."""
    with TemporaryDirectory() as folder:
        clip = _save_clip(Path(folder, "clip.avi"))
        cases = itertools.product((False, True), (TILES, 20_000))
        for color, count in (*cases, (False, 100_000)):
            path = Path(folder, f"{count}{color}.npz")
            tile_set = _make_variants(count, color)
            tile_set.save(path)
            TileIndex(tile_set.tiles).save(path.with_suffix(".index"))
            stats = _run_program(path, clip)
            yield {
                "benchmark": "live",
                "case": f"640x480 clip, {'color' if color else 'gray'}, {count:,}",
                "name": "program: capture to placement",
                "seconds": stats["latency_ms"]["p50"] / 1000,
                "ratio": stats["frames_per_second"] / 30,
                "baseline": "30 frames per second",
                "extra": f"p95 {stats['latency_ms']['p95']} ms, "
                f"{stats['frames_per_second']} frames per second, "
                f"{100 * stats['changed']:.1f}% of the tiles change",
            }


def _run_program(tiles, clip):
    command = [sys.executable, "-m", "pigeonhole", "live", "--tiles", str(tiles)]
    options = ["--source", str(clip), "--sink", "none"]
    result = subprocess.run(
        [*command, *options], check=True, capture_output=True, text=True
    )
    return json.loads(result.stdout)


def _save_clip(path, frames=300):
    """Save a clip that pans and zooms over a photo."""
    code = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), code, 30, (640, 480))
    for view in _pan_and_zoom(frames):
        writer.write(np.ascontiguousarray(view[..., ::-1]))
    writer.release()
    return path


def _pan_and_zoom(frames):
    """Yield frames that pan and zoom over a photo."""
    photo = data.astronaut()
    for angle in np.linspace(0, 2 * np.pi, frames, endpoint=False):
        width = int(512 * (0.75 + 0.2 * np.cos(angle)))
        height = 3 * width // 4
        x = int((512 - width) * (0.5 + 0.5 * np.sin(angle)))
        y = int(0.3 * (512 - height))
        yield resize(photo[y : y + height, x : x + width], 640, 480)
