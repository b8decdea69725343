"""Measure the cost of each stage, and fit its growth over at least three sizes.

``python -m benchmarks scaling`` measures all stages and draws them.
``python -m benchmarks.scaling STAGE SIZE`` measures one size in this process and prints
JSON. The cost is the CPU time, that is the time in which cores were busy. Each size is
measured in a separate process, whose peak memory the system reports. A small run before
the measurement compiles the kernels.
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
    "index, gray": ("tiles", (8_000, 32_000, 128_000)),
    "index, color": ("tiles", (8_000, 32_000, 128_000)),
    "matching, gray": ("tiles", (8_000, 32_000, 128_000)),
    "matching, color": ("tiles", (8_000, 32_000, 128_000)),
    "matching cells, gray": ("cells", (4_800, 19_200, 76_800)),
    "matching cells, color": ("cells", (4_800, 19_200, 76_800)),
    "rendering": ("pixels", (10_000_000, 40_000_000, 160_000_000)),
    "trials": ("draws", (10_000_000, 40_000_000, 160_000_000)),
    "collision search": ("hashes", (2**26, 2**28, 2**30)),
    "planning": ("photos", (2_000, 8_000, 32_000)),
}
"""The unit of each stage's size, and the sizes to measure."""
TILE = (12, 16)
DEFAULT_TILES, DEFAULT_CELLS = 8_000, 4_800
"""Number of tiles while the cells vary, and number of cells while the tiles vary."""
TRIAL_BITS = 32
"""A trial of 32 bits draws 80,000 hashes. Hundreds of trials fill all SIMD lanes."""


def cpu_seconds():
    """Return the CPU time of this process and of its finished child processes."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure_cpu(function):
    """Return the CPU time of a function, which doesn't depend on the cores it uses."""
    start = cpu_seconds()
    function()
    return cpu_seconds() - start


def download(count):
    """Download from a local server, in a separate process."""
    from functools import cache

    from benchmarks import downloads
    from benchmarks.pexels import Server, serve

    photo = cache(downloads.photo)
    for number in range(count):
        photo(number)
    with TemporaryDirectory() as folder, serve(Server(photo, count)) as server:

        def fetch(name, photos):
            status, output = downloads.download(server, Path(folder, name), photos)
            assert status == 0, output

        # The first call compiles; the second one measures the start of the process.
        fetch("compile", 1)
        start_cost = measure_cpu(lambda: fetch("start", 1))
        return measure_cpu(lambda: fetch("photos", count)) - start_cost


def face_finding(count):
    from pigeonhole.faces.detect import create_detector
    from pigeonhole.photos.sources.demo import make_photo
    from pigeonhole.settings import FaceSettings

    cv2.setNumThreads(1)
    photos = [make_photo(1, number).image for number in range(8)]
    detector = create_detector(FaceSettings())
    detector.detect(photos[0])
    return measure_cpu(lambda: [detector.detect(photos[n % 8]) for n in range(count)])


@contextmanager
def noise_photos(count):
    """Write noise photos of 640x480; yield their folder and ledger."""
    from benchmarks.many_photos import noise_photo
    from pigeonhole.imaging.codecs import write_jpeg
    from pigeonhole.photos.ledger import PhotoRow

    with TemporaryDirectory() as name:
        folder, rows = Path(name), []
        for number in range(count):
            photo = f"{number:06}.jpg"
            write_jpeg(folder / photo, noise_photo(number))
            rows.append(PhotoRow(photo, "demo", "", "", "", "", "", 640, 480, ""))
        yield folder, rows


def reading_a_folder(count):
    from pigeonhole.photos.collect import collect_photos
    from pigeonhole.photos.options import source_options
    from pigeonhole.settings import Settings

    with noise_photos(count) as (folder, _), TemporaryDirectory() as output:
        settings = Settings(photos={"source": "folder", "folder": str(folder)})
        options = source_options(settings, "folder")
        distance = settings.photos.max_hash_distance
        return measure_cpu(
            lambda: collect_photos(
                Path(output), "folder", options, max_hash_distance=distance
            )
        )


def tile_cutting(count):
    from pigeonhole.settings import TileSetSettings
    from pigeonhole.tiles.cut import cut_tiles

    settings = TileSetSettings(cut="photos")
    with noise_photos(count) as (folder, rows):
        cut_tiles(settings, 0.0, rows[:2], [], folder)
        return measure_cpu(lambda: cut_tiles(settings, 0.0, rows, [], folder))


def random_tiles(count, *, color):
    """Return crops of photos, most of which are copies of others with other tones."""
    base = samples.patches(min(count, 4000), *TILE, color=color)
    return samples.vary_tones(base, -(-count // len(base)))[:count]


def index(count, *, color):
    from pigeonhole.matching import TileIndex

    tiles = random_tiles(count, color=color)
    TileIndex(tiles[:64])
    return measure_cpu(lambda: TileIndex(tiles))


def matching(tiles, cells, *, color):
    from pigeonhole.matching import TileIndex

    tile_index = TileIndex(random_tiles(tiles, color=color))
    columns = round((cells * TILE[1] / TILE[0]) ** 0.5)
    width, height = columns * TILE[0], cells // columns * TILE[1]
    frame = samples.frame(color, width, height)
    tile_index.place(frame[: TILE[1]])
    return min(measure_cpu(lambda: tile_index.place(frame)) for _ in range(3))


def rendering(pixels):
    from benchmarks import render
    from pigeonhole.core.geometry import Size
    from pigeonhole.mosaic.render.drawing import Drawing
    from pigeonhole.mosaic.render.large import write_large
    from pigeonhole.mosaic.render.page import Page

    with TemporaryDirectory() as name:
        folder = Path(name)
        render.write_photos(folder)
        mosaic, rows = render.make_sample_mosaic(folder)
        drawing = Drawing.from_mosaic(mosaic)
        width = round((pixels / mosaic.placement.size * TILE[0] / TILE[1]) ** 0.5)
        size = drawing.mosaic_size(drawing.tile_size(width))
        assert isinstance(size, Size)
        page, path = Page(size, size), folder / "output" / "mosaic.tif"
        return measure_cpu(lambda: write_large(path, drawing, page, rows, folder))


def trials(draws):
    from pigeonhole.birthday.experiments.first_collision import first_collision_times

    first_collision_times(1, 4, 1)
    # The mean of T is sqrt(pi / 2) = 1.2533 times the square root of the space.
    count = round(draws / (1.2533 * 2 ** (TRIAL_BITS // 2)))
    start = cpu_seconds()
    drawn = first_collision_times(1, TRIAL_BITS, count).sum()
    return (cpu_seconds() - start) * draws / float(drawn)


def collision_search(hashes):
    from benchmarks.birthday import walk

    walk(1)
    return measure_cpu(lambda: walk(hashes // 256))


def planning(count):
    from benchmarks.many_photos import Project, noise_photo

    with TemporaryDirectory() as folder:
        project = Project(Path(folder, "project"), noise_photo, real=False)
        project.add_photos(0, 1)
        (photo,) = project.photos.rglob("*.jpg")
        for number in range(1, count):
            (project.photos / f"{number}.jpg").hardlink_to(photo)
        return measure_cpu(lambda: project.run("--dry-run", "--quiet", "all"))


STAGES = {
    "download": download,
    "face finding": face_finding,
    "reading a folder": reading_a_folder,
    "tile cutting": tile_cutting,
    "index, gray": lambda n: index(n, color=False),
    "index, color": lambda n: index(n, color=True),
    "matching, gray": lambda n: matching(n, DEFAULT_CELLS, color=False),
    "matching, color": lambda n: matching(n, DEFAULT_CELLS, color=True),
    "matching cells, gray": lambda n: matching(DEFAULT_TILES, n, color=False),
    "matching cells, color": lambda n: matching(DEFAULT_TILES, n, color=True),
    "rendering": rendering,
    "trials": trials,
    "collision search": collision_search,
    "planning": planning,
}


def measure(stage, size):
    """Measure one size in a separate process, on one core."""
    command = [sys.executable, "-m", "benchmarks.scaling", stage, str(size)]
    process = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "NUMBA_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"},
    )
    return json.loads(process.stdout.splitlines()[-1])


def fit_growth(sizes, measurements):
    """
    Return how the costs of a stage grow.

    The seconds grow as ``size ** power``, fitted by least squares. ``micros_each`` and
    ``kilobytes_each`` are the time and memory of one more unit: the difference between
    the smallest and the largest size, which excludes the cost of the start.
    """
    seconds = [measurement["seconds"] for measurement in measurements]
    units = sizes[-1] - sizes[0]
    memory = measurements[-1]["megabytes"] - measurements[0]["megabytes"]
    return {
        "power": float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0]),
        "micros_each": (seconds[-1] - seconds[0]) / units * 1e6,
        "kilobytes_each": memory / units * 1024,
    }


def run(stages=tuple(SIZES)):
    """Return a row for each stage and size, with the fit over its sizes."""
    rows = []
    for stage in stages:
        unit, sizes = SIZES[stage]
        measurements = [measure(stage, size) for size in sizes]
        growth = fit_growth(sizes, measurements)
        for size, measurement in zip(sizes, measurements, strict=True):
            row = {"stage": stage, "unit": unit, "size": size, **measurement, **growth}
            logging.info("%s", row)
            rows.append(row)
    return rows


def main():
    stage, size = sys.argv[1], int(sys.argv[2])
    seconds = STAGES[stage](size)
    # Downloads and Snakemake run in child processes.
    children_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    megabytes = children_mb or peak_megabytes()
    print(json.dumps({"seconds": seconds, "megabytes": megabytes}))


if __name__ == "__main__":
    main()
