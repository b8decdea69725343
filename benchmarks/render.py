"""A mosaic of a billion pixels, of a tenth and of a hundredth: speed and peak memory.

Each is drawn by a process of its own, whose peak is what the system says. Then 1,000
random cells of the file are compared with the placement: the tile that a cell resembles
most must be the placed one.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pyvips

from benchmarks import samples
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.imaging.resize import resize
from pigeonhole.mosaic import fit_to_grid, make_mosaic, read_target
from pigeonhole.mosaic.render.drawing import Drawing, Page
from pigeonhole.mosaic.render.large import write_large
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import LookSettings, TileSetSettings
from pigeonhole.tiles import cut_tiles
from pigeonhole.tiles.crops import crops

OUT = Path(__file__).parent / "out"
PHOTOS, PHOTO = 300, Size(300, 400)
TILE, COLUMNS = Size(12, 16), 164
WIDTHS = (19, 61, 193)
"""Pixels of a tile: 20,172 cells have a hundredth, a tenth and all of 10**9 pixels."""
FORMS = ("tif", "dzi")
CHECKED = 1000
SMALL = Size(24, 32)
"""Size at which cells and tiles are compared."""


def photos_in(folder):
    """Write photos to cut from, and return their ledger."""
    rows = []
    for number, photo in enumerate(samples.patches(PHOTOS, *PHOTO, colour=True)):
        name = f"{number:03}.jpg"
        write_jpeg(folder / name, photo)
        rows.append(PhotoRow(name, "demo", "", "", "", "", "", *PHOTO, ""))
    return rows


def mosaic_of(folder):
    names = sorted(path.name for path in folder.glob("*.jpg"))
    rows = [PhotoRow(name, "demo", "", "", "", "", "", *PHOTO, "") for name in names]
    settings = TileSetSettings(cut="photos", size=TILE)
    tile_set = cut_tiles(settings, 0.0, rows, [], folder)
    picture = read_target("astronaut", 10**8)
    target = fit_to_grid(picture, TILE, COLUMNS * TILE.width)
    return make_mosaic(target, tile_set, LookSettings()), rows


def peak_mb():
    # getrusage would tell the parent's peak as well: a child begins as its copy.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def draw(folder, form, width):
    """Draw one picture; what is measured goes to stdout as JSON."""
    mosaic, rows = mosaic_of(folder)
    drawing = Drawing.of(mosaic)
    size = drawing.enlarged_to(drawing.tile_size(width))
    before, start = peak_mb(), perf_counter()
    path = folder / "made" / f"mosaic.{form}"
    write_large(path, drawing, Page(size, size), rows, folder)
    seconds = perf_counter() - start
    facts = {"width": size.width, "height": size.height, "seconds": seconds}
    sys.stdout.write(json.dumps({**facts, "before_mb": before, "peak_mb": peak_mb()}))


class TiffFile:
    def __init__(self, path):
        self._image = pyvips.Image.new_from_file(str(path))
        self.size = Size(self._image.width, self._image.height)

    def part(self, left, top, width, height):
        return self._image.crop(left, top, width, height).numpy()


class DeepZoom:
    """The largest level, read tile by tile."""

    def __init__(self, path):
        levels = path.with_name(f"{path.stem}_files").iterdir()
        self._level = max(levels, key=lambda level: int(level.name))

    def part(self, left, top, width, height):
        picture = np.empty((height, width, 3), np.uint8)
        for row in range(top // 254, (top + height - 1) // 254 + 1):
            for column in range(left // 254, (left + width - 1) // 254 + 1):
                tile = pyvips.Image.new_from_file(
                    str(self._level / f"{column}_{row}.jpg")
                ).numpy()
                # One pixel of overlap, but for the first row and column.
                y, x = 254 * row - (row > 0) - top, 254 * column - (column > 0) - left
                down, right = max(0, y), max(0, x)
                cut = tile[down - y : height - y, right - x : width - x]
                picture[down : down + cut.shape[0], right : right + cut.shape[1]] = cut
        return picture


def differing(file, placement, tiles, size):
    """Count the random cells whose nearest tile isn't the placed one."""
    random = np.random.default_rng(0)
    rows, columns = placement.shape
    wide, tall = size.width // columns, size.height // rows
    wrong = 0
    for _ in range(CHECKED):
        row, column = random.integers(rows), random.integers(columns)
        cell = resize(file.part(column * wide, row * tall, wide, tall), *SMALL)
        gaps = np.abs(tiles.astype(np.int16) - cell).mean(axis=(1, 2, 3))
        wrong += int(gaps.argmin() != placement[row, column])
    return wrong


def run():
    """Return a row for each form and size."""
    OUT.mkdir(exist_ok=True)
    rows = []
    with TemporaryDirectory(dir=OUT, prefix="render-") as name:
        folder = Path(name)
        photos_in(folder)
        mosaic, photos = mosaic_of(folder)
        tiles = crops(mosaic.tile_set.rows, photos, folder, SMALL)
        for form in FORMS:
            rows += _rows(folder, form, mosaic.placement, tiles)
    return rows


def _rows(folder, form, placement, tiles):
    rows = []
    for width in WIDTHS:
        command = [sys.executable, "-m", "benchmarks.render", folder, form, str(width)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        size = Size(found["width"], found["height"])
        path = folder / "made" / f"mosaic.{form}"
        file = TiffFile(path) if form == "tif" else DeepZoom(path)
        wrong = differing(file, placement, tiles, size)
        rows.append(
            {
                "benchmark": "render",
                "case": f"{size.width * size.height / 1e6:,.0f} Mpx as {form}",
                "name": "ours",
                "seconds": found["seconds"],
                "ratio": found["seconds"] / (rows or [found])[0]["seconds"],
                "baseline": "a hundredth",
                "rows_per_second": size.height / found["seconds"],
                "peak_mb": found["peak_mb"],
                "before_mb": found["before_mb"],
                "cells": placement.size,
                "checked": CHECKED,
                "wrong": wrong,
            }
        )
    return rows


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
