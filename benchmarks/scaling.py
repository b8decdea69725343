"""What each stage costs and how its cost grows, fitted over at least three sizes.

``python -m benchmarks scaling`` measures all stages and draws them;
``python -m benchmarks.scaling STAGE SIZE`` measures one size in this process and prints
JSON. What counts is how long cores were busy. Each size has a process of its own,
whose peak of memory is what the system says; the work is done once, small, before it is
timed, so that kernels are compiled.
"""

import json
import logging
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks import samples
from pigeonhole.pipeline.script import peak_megabytes

OUT = Path(__file__).parent / "out"
SIZES = {
    "download": ("photos", (200, 400, 800)),
    "reading a folder": ("photos", (200, 400, 800)),
    "face finding": ("photos", (8, 16, 32)),
    "tile cutting": ("photos", (200, 400, 800)),
    "index, grey": ("tiles", (8_000, 32_000, 128_000)),
    "index, colour": ("tiles", (8_000, 32_000, 128_000)),
    "matching, grey": ("tiles", (8_000, 32_000, 128_000)),
    "matching, colour": ("tiles", (8_000, 32_000, 128_000)),
    "matching cells, grey": ("cells", (4_800, 19_200, 76_800)),
    "matching cells, colour": ("cells", (4_800, 19_200, 76_800)),
    "rendering": ("pixels", (10_000_000, 40_000_000, 160_000_000)),
    "trials": ("draws", (10_000_000, 40_000_000, 160_000_000)),
    "collision search": ("hashes", (2**26, 2**28, 2**30)),
    "planning": ("photos", (2_000, 8_000, 32_000)),
}
"""What is counted, and how many of them are tried."""
TILE = (12, 16)
PAIRED_TILES, PAIRED_CELLS = 8_000, 4_800
WALKS = 32
"""Bits of the trials; one draws 80,000 hashes, and hundreds fill all lanes."""


def busy():
    """Core-seconds of this process and of those below it that have ended."""
    below = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + below.ru_utime + below.ru_stime


def timed(work):
    """Return how long cores were busy: what a stage costs, however many share it."""
    begun = busy()
    work()
    return busy() - begun


def download(count):
    """From a server on this machine, in a process of its own."""
    from functools import cache

    from benchmarks import downloads
    from benchmarks.pexels import Server, serving

    photo = cache(downloads.photo)
    for number in range(count):
        photo(number)
    with TemporaryDirectory() as place, serving(Server(photo, count)) as server:

        def fetch(name, wanted):
            code, told = downloads.download(server, Path(place, name), wanted)
            assert code == 0, told

        fetch("compiled", 1)
        start = timed(lambda: fetch("first", 1))
        return timed(lambda: fetch("photos", count)) - start


def face_finding(count):
    from pigeonhole.faces.detect import detector_of
    from pigeonhole.photos.sources.demo import make_photo
    from pigeonhole.settings import FaceSettings

    cv2.setNumThreads(1)
    photos = [make_photo(1, number).picture for number in range(8)]
    detector = detector_of(FaceSettings())
    detector.find(photos[0])
    return timed(lambda: [detector.find(photos[n % 8]) for n in range(count)])


@contextmanager
def photos_of_noise(count):
    """Make photos of 640x480 in a folder of their own; give it and their ledger."""
    from benchmarks.large import noise
    from pigeonhole.imaging.codecs import write_jpeg
    from pigeonhole.photos.ledger import PhotoRow

    with TemporaryDirectory() as place:
        folder, rows = Path(place), []
        for number in range(count):
            name = f"{number:06}.jpg"
            write_jpeg(folder / name, noise(number))
            rows.append(PhotoRow(name, "demo", "", "", "", "", "", 640, 480, ""))
        yield folder, rows


def reading_a_folder(count):
    from pigeonhole.photos import options
    from pigeonhole.photos.collect import collect_photos
    from pigeonhole.settings import Settings

    with photos_of_noise(count) as (folder, _), TemporaryDirectory() as made:
        settings = Settings(photos={"source": "folder", "folder": str(folder)})
        asked = options(settings, "folder")
        alike = settings.photos.alike
        return timed(lambda: collect_photos(Path(made), "folder", asked, bits=alike))


def tile_cutting(count):
    from pigeonhole.settings import TileSetSettings
    from pigeonhole.tiles import cut_tiles

    settings = TileSetSettings(cut="photos")
    with photos_of_noise(count) as (folder, rows):
        cut_tiles(settings, 0.0, rows[:2], [], folder)
        return timed(lambda: cut_tiles(settings, 0.0, rows, [], folder))


def tiles_of(count, *, colour):
    """Crops of photos; many of them are the same crops in other tones."""
    base = samples.patches(min(count, 4000), *TILE, colour=colour)
    return samples.toned(base, -(-count // len(base)))[:count]


def index(count, *, colour):
    from pigeonhole.matching import TileIndex

    tiles = tiles_of(count, colour=colour)
    TileIndex(tiles[:64])
    return timed(lambda: TileIndex(tiles))


def matching(tiles, cells, *, colour):
    from pigeonhole.matching import TileIndex

    found = TileIndex(tiles_of(tiles, colour=colour))
    columns = round((cells * TILE[1] / TILE[0]) ** 0.5)
    width, height = columns * TILE[0], cells // columns * TILE[1]
    frame = samples.frame(colour, width, height)
    found.place(frame[: TILE[1]])
    return min(timed(lambda: found.place(frame)) for _ in range(3))


def rendering(pixels):
    from benchmarks import render
    from pigeonhole.core.geometry import Size
    from pigeonhole.mosaic.render.drawing import Drawing, Page
    from pigeonhole.mosaic.render.large import write_large

    with TemporaryDirectory() as place:
        folder = Path(place)
        render.photos_in(folder)
        mosaic, rows = render.mosaic_of(folder)
        drawing = Drawing.of(mosaic)
        width = round((pixels / mosaic.placement.size * TILE[0] / TILE[1]) ** 0.5)
        size = drawing.enlarged_to(drawing.tile_size(width))
        assert isinstance(size, Size)
        page, path = Page(size, size), folder / "made" / "mosaic.tif"
        return timed(lambda: write_large(path, drawing, page, rows, folder))


def trials(draws):
    from pigeonhole.birthday.experiments.first_collision import first_collision_times

    first_collision_times(1, 4, 1)
    # T has the mean 1.2533 times the root of the space.
    count = round(draws / (1.2533 * 2 ** (WALKS // 2)))
    begun = busy()
    drawn = first_collision_times(1, WALKS, count).sum()
    return (busy() - begun) * draws / float(drawn)


def collision_search(hashes):
    from benchmarks.birthday import walk

    walk(1)
    return timed(lambda: walk(hashes // 256))


def planning(count):
    from benchmarks.large import Project, noise

    with TemporaryDirectory() as place:
        project = Project(Path(place, "project"), noise, real=False)
        project.add(0, 1)
        (photo,) = project.photos.rglob("*.jpg")
        for number in range(1, count):
            (project.photos / f"{number}.jpg").hardlink_to(photo)
        return timed(lambda: project.run("--dry-run", "--quiet", "all"))


STAGES = {
    "download": download,
    "face finding": face_finding,
    "reading a folder": reading_a_folder,
    "tile cutting": tile_cutting,
    "index, grey": lambda n: index(n, colour=False),
    "index, colour": lambda n: index(n, colour=True),
    "matching, grey": lambda n: matching(n, PAIRED_CELLS, colour=False),
    "matching, colour": lambda n: matching(n, PAIRED_CELLS, colour=True),
    "matching cells, grey": lambda n: matching(PAIRED_TILES, n, colour=False),
    "matching cells, colour": lambda n: matching(PAIRED_TILES, n, colour=True),
    "rendering": rendering,
    "trials": trials,
    "collision search": collision_search,
    "planning": planning,
}


def measured(stage, size):
    """Measure one size in a process of its own, on one core."""
    command = [sys.executable, "-m", "benchmarks.scaling", stage, str(size)]
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "NUMBA_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"},
    )
    return json.loads(done.stdout.splitlines()[-1])


def fitted(sizes, found):
    """
    Return how costs grow.

    ``power`` is that of the size with which the seconds grow, by least squares;
    ``micros_each`` and ``kilobytes_each`` are what one more takes between the smallest
    and the largest size, whatever the start costs.
    """
    seconds = [one["seconds"] for one in found]
    more = sizes[-1] - sizes[0]
    memory = found[-1]["megabytes"] - found[0]["megabytes"]
    return {
        "power": float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0]),
        "micros_each": (seconds[-1] - seconds[0]) / more * 1e6,
        "kilobytes_each": memory / more * 1024,
    }


def run(stages=tuple(SIZES)):
    """Return a row for each stage and size, with the fit over its sizes."""
    rows = []
    for stage in stages:
        unit, sizes = SIZES[stage]
        found = [measured(stage, size) for size in sizes]
        fit = fitted(sizes, found)
        for size, one in zip(sizes, found, strict=True):
            told = {"stage": stage, "unit": unit, "size": size, **one, **fit}
            logging.info("%s", told)
            rows.append(told)
    return rows


def main():
    stage, size = sys.argv[1], int(sys.argv[2])
    seconds = STAGES[stage](size)
    # Downloads and Snakemake run in processes below this one.
    below = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(json.dumps({"seconds": seconds, "megabytes": below or peak_megabytes()}))


if __name__ == "__main__":
    main()
