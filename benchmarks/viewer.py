"""Measure the viewer: the size of its folder, its downloads, and its frame rate."""

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
from pigeonhole.mosaic.layout import grid_layout
from pigeonhole.mosaic.render.color import color_changes
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.viewer import Scene, save_viewer
from pigeonhole.settings import MosaicOptions
from pigeonhole.tiles import TileRow, TileSet

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from browser import chromium, serve_folder

TILE = Size(12, 16)
CROP = Size(480, 640)
TILES = 1885
GRID = (100, 100)
VIEWER_PIXELS = 64_000_000

# Pans back and forth for three seconds. Returns the start of each frame, and how long
# each took to draw.
PAN = """async (scale) => {
    const {view} = viewer;
    view.setState(view.centeredAt(view.cells.width / 2, view.cells.height / 2, scale));
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
            const sign = Math.floor((now - frames[0]) / 750) % 2 ? 1 : -1;
            view.pan(sign * 17, sign * 9);
            if (now - frames[0] < 3000) requestAnimationFrame(step);
            else done();
        };
        requestAnimationFrame(step);
    });
    view.draw = draw;
    return [frames, draws];
}"""


def crops():
    """Yield number and image, uint8 (640, 480, 3), of crops of a portrait's size."""
    random = np.random.default_rng(0)
    photos = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    for number in range(TILES):
        photo = photos[number % len(photos)]
        rows, columns = photo.shape[:2]
        width = int(min(columns, rows * 0.75) * random.uniform(0.3, 1))
        height = int(width / 0.75)
        x = random.integers(columns - width + 1)
        y = random.integers(rows - height + 1)
        crop = resize(photo[y : y + height, x : x + width], *CROP)
        # Sensor noise: upscaled images without it would be too easy to compress.
        noise = random.normal(0, 3, crop.shape)
        yield number, np.clip(crop + noise, 0, 255).astype(np.uint8)


def scene():
    tiles = np.stack([resize(crop, *TILE) for _, crop in crops()])
    rows = [
        TileRow(
            number,
            *2 * [f"tile{number:06}"],
            f"pexels-photo-{number * 7919}.jpg",
            *(0, 0, *CROP, 0),
            "pexels",
            f"Photographer {number % 700}",
            f"https://www.pexels.com/@photographer-{number % 700}",
            f"https://www.pexels.com/photo/a-portrait-of-a-person-{number * 7919}/",
            "Pexels license",
        )
        for number in range(TILES)
    ]
    size = Size(GRID[1] * TILE.width, GRID[0] * TILE.height)
    # Every tile is used, so that the folder has its maximum size.
    placement = np.random.default_rng(1).permutation(
        np.arange(GRID[0] * GRID[1]) % TILES
    )
    target = samples.frame(color=True)
    mosaic = render(tiles, placement.reshape(GRID))
    layout = grid_layout(size, TILE)
    frame, options = resize(target, *size), MosaicOptions()
    gains, offsets = color_changes(layout, frame, tiles, placement, options)
    drawing = Drawing(
        boxes=layout.boxes,
        numbers=placement,
        mirrored=np.zeros(len(layout), np.bool_),
        gains=gains,
        offsets=offsets,
        rows=rows,
        size=size,
        tile=TILE,
        color=True,
        target=frame,
    )
    return Scene("bench", TileSet(tiles, rows), layout, drawing, target, mosaic)


def run():
    """Return a row for the folder, for loading and for panning at each scale."""
    viewer = scene()
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "viewer"
        start = time.perf_counter()
        save_viewer(folder, viewer, crops(), VIEWER_PIXELS)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        case = f"{len(viewer.placement):,} cells, {TILES:,} tiles"
        rows = [_row("folder", case, seconds=seconds, megabytes=size / 1e6)]
        with serve_folder(folder) as host, chromium() as browser:
            rows += list(_browser_rows(browser, host))
    return rows


def _browser_rows(browser, host):
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    loaded = []
    # Playwright rejects the builtin method itself.
    tab.on("requestfinished", lambda request: loaded.append(request))  # noqa: PLW0108
    tab.goto(f"{host}/index.html")
    tab.evaluate("viewer.togglePanel(false)")
    tab.wait_for_timeout(1000)
    yield _row("first load", "entire image", megabytes=_megabytes(loaded))
    for scale in (0.6, 1.0, 3.3, 12.0):
        for repetition in ("first", "repeated"):
            frames, draws = tab.evaluate(PAN, scale)
            intervals = np.diff(frames)
            yield _row(
                f"panning, {repetition}",
                f"scale {scale}",
                seconds=float(np.median(draws)) / 1e3,
                frames_per_second=1e3 / float(intervals.mean()),
                slow_frame=float(np.percentile(intervals, 95)) / 1e3,
                megabytes=_megabytes(loaded),
            )


def _megabytes(requests):
    return sum(request.sizes()["responseBodySize"] for request in requests) / 1e6


def _row(name, case, **figures):
    return {"benchmark": "viewer", "case": case, "name": name, **figures}
