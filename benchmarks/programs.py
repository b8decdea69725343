"""Compare the programs `pigeonhole mosaic`, metapixel (Debian) and phomo.

All programs make the same mosaic, 640x480 in cells of 16x12, from the same 1,885
images. Pigeonhole and metapixel are also compared on five more targets, because a
single target could favor one of them. Programs that aren't installed are skipped with a
warning. Install metapixel with `apt-get install metapixel`. phomo needs an older Pillow
than Pigeonhole, so install it in another environment and set the variable PHOMO to that
environment's Python.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from benchmarks import samples
from benchmarks.peers import TIMER
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_rgb, write_jpeg, write_png
from pigeonhole.mosaic import fit_to_grid, read_target
from pigeonhole.mosaic.quality import compare
from pigeonhole.settings import FOLDER_MOSAIC, SAMPLES, MosaicOptions

log = logging.getLogger(__name__)

IMAGES, CELL = 1885, Size(16, 12)
REPEATS = 5


class Usage(NamedTuple):
    """Time and peak memory of a program."""

    seconds: float
    cpu_seconds: float | None = None
    megabytes: float | None = None


def run():
    """Return a row for each program, set of photos and target."""
    rows = []
    for make_images in (samples.patches, samples.faces):
        with tempfile.TemporaryDirectory() as folder:
            rows += _compare(Path(folder), make_images)
    return rows


def _compare(folder, make_images):
    target, photos = folder / "target.png", folder / "photos"
    write_png(target, samples.frame(color=True))
    for number, photo in enumerate(make_images(IMAGES, 160, 120, color=True)):
        write_jpeg(photos / f"{number:04}.jpg", photo)
    results = {}
    for program in (_pigeonhole, _metapixel, _phomo):
        results |= program(folder, target, photos)
    case = f"{make_images.__name__} {IMAGES:,}"
    rows = list(_sample_targets(case, folder, photos))
    for name, (usage, image) in results.items():
        row = {"benchmark": "programs", "case": case, "name": name}
        errors = _errors(target, image) if image else {}
        rows.append(row | usage._asdict() | errors)
    return rows


def _sample_targets(case, folder, photos):
    """Yield the errors of mosaics of other targets, with default options."""
    for name in SAMPLES:
        target = folder / f"{name}.png"
        write_png(target, fit_to_grid(read_target(name, 10**8), CELL, 640))
        image = folder / f"{name} pigeonhole.png"
        other_image = folder / f"{name} metapixel.png"
        commands = {
            "pigeonhole": (_pigeonhole_command(target, photos, image), image),
            "metapixel, distance 0": (
                _metapixel_command(target, other_image, folder / "library", 0),
                other_image,
            ),
        }
        for program, (command, mosaic) in commands.items():
            if shutil.which(str(command[0])):
                _measure(command, 1, env=_environment(folder))
                row = {"benchmark": "programs", "case": f"{case}, {name}"}
                yield row | {"name": program} | _errors(target, mosaic)


def _errors(target, image):
    """Return SSIM and low-pass error of the area that both images cover."""
    pair = [read_rgb(path) for path in (target, image)]
    height, width = (min(array.shape[axis] for array in pair) for axis in (0, 1))
    errors = compare(*(array[:height, :width] for array in pair), CELL)
    return {
        "ssim": errors["local_error"]["ssim"],
        "lowpass_error": errors["lowpass_error"]["mean_absolute_error"],
    }


def _measure(command, repeats=REPEATS, **options):
    """Return the median usage of a command."""
    usages = []
    for _ in range(repeats):
        finished = subprocess.run(
            [sys.executable, "-c", TIMER, *map(str, command)],
            check=True,
            capture_output=True,
            **options,
        )
        usages.append(json.loads(finished.stdout))
    return Usage(*map(median, zip(*usages, strict=True)))


def _environment(folder):
    return {**os.environ, "PIGEONHOLE_CACHE": str(folder / "cache")}


def _pigeonhole_command(target, photos, image, *options):
    command = [sys.executable, "-m", "pigeonhole", "mosaic", target, "--width", 640]
    return [*command, "--tiles", photos, "--size", CELL, "-o", image, *options]


def _pigeonhole(folder, target, photos):
    environment = _environment(folder)
    image = folder / "pigeonhole.png"
    command = _pigeonhole_command(target, photos, image)
    # The first run cuts the tiles and caches them.
    results = {"pigeonhole, preparing": (_measure(command, 1, env=environment), None)}
    results["pigeonhole"] = (_measure(command, env=environment), image)
    for name, options in {
        "exact": ["--match", "exact"],
        "lowpass_weight auto": ["--lowpass-weight", "auto"],
        "each tile at most 5 times": ["--max-uses", 5],
    }.items():
        image = folder / f"{name.split()[0]}.png"
        command = _pigeonhole_command(target, photos, image, *options)
        _measure(command, 1, env=environment)
        results[f"pigeonhole, {name}"] = (_measure(command, 3, env=environment), image)
    cached = next((folder / "cache").rglob("*.npz"))
    results["pigeonhole, warm"] = (Usage(_warm_seconds(target, cached)), None)
    help_command = [sys.executable, "-m", "pigeonhole", "mosaic", "--help"]
    results["pigeonhole --help"] = (_measure(help_command, 9), None)
    return results


def _warm_seconds(target, tiles):
    """Return the median time of a mosaic in a process that has made one before."""
    from pigeonhole.mosaic import make_mosaic
    from pigeonhole.tiles import TileSet

    tile_set, options = TileSet.load(tiles), MosaicOptions(match=FOLDER_MOSAIC.match)
    seconds = []
    for _ in range(REPEATS + 1):
        start = perf_counter()
        image = fit_to_grid(read_target(str(target), 10**8), tile_set.size, 640)
        mosaic = make_mosaic(image, tile_set, options).image()
        seconds.append(perf_counter() - start)
    assert mosaic.shape == (480, 640, 3)
    return median(seconds[1:])


def _metapixel(folder, target, photos):
    if not shutil.which("metapixel"):
        log.warning("metapixel isn't installed and is skipped.")
        return {}
    library = folder / "library"
    library.mkdir()
    prepare = ["metapixel-prepare", f"--width={CELL.width}", f"--height={CELL.height}"]
    usage = _measure([*prepare, photos, library], 1)
    results = {"metapixel, preparing": (usage, None)}
    for distance in (0, 5):
        image = folder / f"metapixel-{distance}.png"
        command = _metapixel_command(target, image, library, distance)
        results[f"metapixel, distance {distance}"] = (_measure(command), image)
    return results


def _metapixel_command(target, image, library, distance):
    command = ["metapixel", "--metapixel", target, image, f"--library={library}"]
    command += [f"--width={CELL.width}", f"--height={CELL.height}"]
    return [*command, f"--distance={distance}"]


# Runs in a small process of its own, because the peak memory of a child process
# includes that of its parent at the time of the fork.
PHOMO = """
import sys
from phomo import Master, Mosaic, Pool
target, photos, width, height, image = sys.argv[1:]
size = int(width), int(height)
pool = Pool.from_dir(photos, tile_size=size)
mosaic = Mosaic(Master.from_file(target), pool)
mosaic.build(mosaic.d_matrix()).save(image)
"""


def _phomo(folder, target, photos):
    if not (python := os.environ.get("PHOMO")):
        log.warning("PHOMO isn't set to a Python with phomo; phomo is skipped.")
        return {}
    image = folder / "phomo.png"
    command = [python, "-c", PHOMO, target, photos, *CELL, image]
    return {"phomo, each tile at most once": (_measure(command, 1), image)}
