"""The viewer: how large its folder is, how much a look loads, how smoothly it pans."""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from skimage import data

from benchmarks import samples
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.resize import resize
from pigeonhole.matching import render
from pigeonhole.mosaic.layout import plain
from pigeonhole.mosaic.viewer import Scene, save_viewer
from pigeonhole.tiles import TileRow, TileSet

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from browser import chromium, served

TILE = Size(12, 16)
CROP = Size(480, 640)
TILES = 1885
GRID = (100, 100)
VIEWER_PIXELS = 64_000_000

# Pans three seconds back and forth over the canvas; returns the start of each frame.
PAN = """async (scale) => {
    const {view} = viewer;
    view.set(view.around(view.cells.width / 2, view.cells.height / 2, scale));
    const frames = [];
    const draws = [];
    const draw = view.draw;
    view.draw = function () {
        const start = performance.now();
        draw.call(this);
        draws.push(performance.now() - start);
    };
    await new Promise((done) => {
        const step = (now) => {
            frames.push(now);
            const way = Math.floor((now - frames[0]) / 750) % 2 ? 1 : -1;
            view.pan(way * 17, way * 9);
            if (now - frames[0] < 3000) requestAnimationFrame(step);
            else done();
        };
        requestAnimationFrame(step);
    });
    view.draw = draw;
    return [frames, draws];
}"""


def crops():
    """Parts of photos as large as portraits: number and uint8 (640, 480, 3)."""
    random = np.random.default_rng(0)
    photos = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    for number in range(TILES):
        photo = photos[number % len(photos)]
        rows, columns = photo.shape[:2]
        wide = int(min(columns, rows * 0.75) * random.uniform(0.3, 1))
        tall = int(wide / 0.75)
        x = random.integers(columns - wide + 1)
        y = random.integers(rows - tall + 1)
        part = resize(photo[y : y + tall, x : x + wide], *CROP)
        # Noise as a sensor has it: enlarged parts alone would be too easy to compress.
        noise = random.normal(0, 3, part.shape)
        yield number, np.clip(part + noise, 0, 255).astype(np.uint8)


def scene():
    tiles = np.stack([resize(crop, *TILE) for _, crop in crops()])
    rows = [
        TileRow(
            number,
            f"tile{number:06}",
            f"pexels-photo-{number * 7919}.jpg",
            *(0, 0, *CROP),
            "pexels",
            f"Photographer {number % 700}",
            f"https://www.pexels.com/@photographer-{number % 700}",
            f"https://www.pexels.com/photo/a-portrait-of-a-person-{number * 7919}/",
            "Pexels licence",
        )
        for number in range(TILES)
    ]
    size = Size(GRID[1] * TILE.width, GRID[0] * TILE.height)
    # Every tile is used: the most that the folder can hold.
    placement = np.random.default_rng(1).permutation(
        np.arange(GRID[0] * GRID[1]) % TILES
    )
    target = samples.frame(colour=True)
    shown = render(tiles, placement.reshape(GRID))
    layout = plain(size, TILE)
    return Scene("bench", TileSet(tiles, rows), layout, placement, target, shown)


def run():
    """Return a row for the folder and one for each distance at which it's panned."""
    made = scene()
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "viewer"
        start = time.perf_counter()
        save_viewer(folder, made, crops(), VIEWER_PIXELS)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        case = f"{len(made.placement):,} cells, {TILES:,} tiles"
        rows = [_row("folder", case, seconds=seconds, megabytes=size / 1e6)]
        with served(folder) as host, chromium() as browser:
            rows += list(_looks(browser, host))
    return rows


def _looks(browser, host):
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    loaded = []
    # Playwright wants a function of Python's own.
    tab.on("requestfinished", lambda request: loaded.append(request))  # noqa: PLW0108
    tab.goto(f"{host}/index.html")
    tab.evaluate("viewer.wide(true)")
    tab.wait_for_timeout(1000)
    yield _row("first look", "whole picture", megabytes=_megabytes(loaded))
    for scale in (0.6, 1.0, 3.3, 12.0):
        for turn in ("first", "again"):
            frames, draws = tab.evaluate(PAN, scale)
            gaps = np.diff(frames)
            yield _row(
                f"panning, {turn}",
                f"scale {scale}",
                seconds=float(np.median(draws)) / 1e3,
                frames_per_second=1e3 / float(gaps.mean()),
                slow_frame=float(np.percentile(gaps, 95)) / 1e3,
                megabytes=_megabytes(loaded),
            )


def _megabytes(requests):
    return sum(request.sizes()["responseBodySize"] for request in requests) / 1e6


def _row(name, case, **figures):
    return {"benchmark": "viewer", "case": case, "name": name, **figures}
