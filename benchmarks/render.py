"""Measure the rendering of mosaics with 10 million, 100 million and 1 billion pixels.

A separate process renders each mosaic, so that its peak memory can be measured. Then
1,000 random cells of the file are compared with all tiles: the tile that is most
similar to a cell must be the placed one.
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
from pigeonhole.mosaic.render.drawing import Drawing
from pigeonhole.mosaic.render.large import write_large
from pigeonhole.photos.ledger import PhotoRow
from pigeonhole.settings import MosaicOptions, TileSetSettings
from pigeonhole.tiles.crops import iter_crops
from pigeonhole.tiles.cut import cut_tiles

OUT = Path(__file__).parent / "out"
PHOTOS, PHOTO = 300, Size(300, 400)
TILE, COLUMNS = Size(12, 16), 164
WIDTHS = (19, 61, 193)
"""Tile widths with which 20,172 cells have about 10**7, 10**8 and 10**9 pixels."""
FORMATS = ("tif", "dzi")
CHECKED_CELLS = 1000
COMPARED = Size(24, 32)
"""Size at which cells and tiles are compared."""


def write_photos(folder):
    """Write photos into a folder and return their ledger."""
    rows = []
    for number, photo in enumerate(samples.patches(PHOTOS, *PHOTO, color=True)):
        name = f"{number:03}.jpg"
        write_jpeg(folder / name, photo)
        rows.append(PhotoRow(name, "demo", "", "", "", "", "", *PHOTO, ""))
    return rows


def make_sample_mosaic(folder):
    """Return a mosaic of the photos in a folder, and the ledger of the photos."""
    names = sorted(path.name for path in folder.glob("*.jpg"))
    rows = [PhotoRow(name, "demo", "", "", "", "", "", *PHOTO, "") for name in names]
    settings = TileSetSettings(cut="photos", size=TILE)
    tile_set = cut_tiles(settings, 0.0, rows, [], folder)
    image = read_target("astronaut", 10**8)
    target = fit_to_grid(image, TILE, COLUMNS * TILE.width)
    return make_mosaic(target, tile_set, MosaicOptions()), rows


def peak_mb():
    """Return the peak memory of this process in MB."""
    # getrusage would include the parent, because a child starts as its copy.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def draw(folder, suffix, width):
    """Render one image and print the measurements as JSON."""
    mosaic, rows = make_sample_mosaic(folder)
    drawing = Drawing.from_mosaic(mosaic)
    page = drawing.page(width)
    before, start = peak_mb(), perf_counter()
    path = folder / "output" / f"mosaic.{suffix}"
    write_large(path, drawing, page, rows, folder)
    seconds = perf_counter() - start
    measured = {"width": page.size.width, "height": page.size.height}
    measured |= {"seconds": seconds, "before_mb": before, "peak_mb": peak_mb()}
    sys.stdout.write(json.dumps(measured))


class TiffFile:
    """A TIFF file that is read in parts."""

    def __init__(self, path):
        self._image = pyvips.Image.new_from_file(str(path))
        self.size = Size(self._image.width, self._image.height)

    def crop(self, left, top, width, height):
        return self._image.crop(left, top, width, height).numpy()


class DeepZoom:
    """The largest level of a Deep Zoom image, read in parts."""

    def __init__(self, path):
        levels = path.with_name(f"{path.stem}_files").iterdir()
        self._level = max(levels, key=lambda level: int(level.name))

    def crop(self, left, top, width, height):
        image = np.empty((height, width, 3), np.uint8)
        for row in range(top // 254, (top + height - 1) // 254 + 1):
            for column in range(left // 254, (left + width - 1) // 254 + 1):
                tile = pyvips.Image.new_from_file(
                    str(self._level / f"{column}_{row}.jpg")
                ).numpy()
                # Tiles overlap by one pixel, except at the top and left edge.
                y, x = 254 * row - (row > 0) - top, 254 * column - (column > 0) - left
                first, left_edge = max(0, y), max(0, x)
                cut = tile[first - y : height - y, left_edge - x : width - x]
                rows, columns = cut.shape[:2]
                image[first : first + rows, left_edge : left_edge + columns] = cut
        return image


def count_wrong_cells(file, placement, tiles, size):
    """Count the random cells whose most similar tile isn't the placed one."""
    random = np.random.default_rng(0)
    rows, columns = placement.shape
    width, height = size.width // columns, size.height // rows
    wrong = 0
    for _ in range(CHECKED_CELLS):
        row, column = random.integers(rows), random.integers(columns)
        left, top = column * width, row * height
        cell = resize(file.crop(left, top, width, height), *COMPARED)
        errors = np.abs(tiles.astype(np.int16) - cell).mean(axis=(1, 2, 3))
        wrong += int(errors.argmin() != placement[row, column])
    return wrong


def run():
    """Return a row for each format and size."""
    OUT.mkdir(exist_ok=True)
    rows = []
    with TemporaryDirectory(dir=OUT, prefix="render-") as name:
        folder = Path(name)
        write_photos(folder)
        mosaic, photos = make_sample_mosaic(folder)
        crops = dict(iter_crops(mosaic.tile_set.rows, photos, folder, COMPARED))
        tiles = np.stack([crops[index] for index in range(len(crops))])
        for suffix in FORMATS:
            rows += _rows(folder, suffix, mosaic.placement, tiles)
    return rows


def _rows(folder, suffix, placement, tiles):
    rows = []
    for width in WIDTHS:
        command = [
            sys.executable,
            "-m",
            "benchmarks.render",
            folder,
            suffix,
            str(width),
        ]
        process = subprocess.run(command, check=True, capture_output=True, text=True)
        measured = json.loads(process.stdout)
        size = Size(measured["width"], measured["height"])
        path = folder / "output" / f"mosaic.{suffix}"
        file = TiffFile(path) if suffix == "tif" else DeepZoom(path)
        wrong = count_wrong_cells(file, placement, tiles, size)
        rows.append(
            {
                "benchmark": "render",
                "case": f"{size.width * size.height / 1e6:,.0f} Mpx as {suffix}",
                "name": "Pigeonhole",
                "seconds": measured["seconds"],
                "ratio": measured["seconds"] / (rows or [measured])[0]["seconds"],
                "baseline": "the smallest",
                "rows_per_second": size.height / measured["seconds"],
                "peak_mb": measured["peak_mb"],
                "before_mb": measured["before_mb"],
                "cells": placement.size,
                "checked": CHECKED_CELLS,
                "wrong": wrong,
            }
        )
    return rows


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
