"""Whole programs: Debian's metapixel, phomo and `pigeonhole mosaic` on equal terms.

All make the same mosaic, 640x480 in cells of 16x12, from the same 1,885 pictures; how
it looks is compared on five more targets, since one could be a lucky one. What isn't
installed is left out and said: `apt-get install metapixel`; phomo wants an older Pillow
than ours, so that it needs an environment of its own, whose Python the variable PHOMO
names.
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

from benchmarks import samples
from pigeonhole.cli.mosaic_options import USUAL_MATCH
from pigeonhole.core.geometry import Size
from pigeonhole.imaging.codecs import read_rgb, write_jpeg, write_png
from pigeonhole.mosaic import fit_to_grid, read_target
from pigeonhole.mosaic.quality import compare
from pigeonhole.settings import SAMPLES, LookSettings

PICTURES, CELL = 1885, Size(16, 12)
TURNS = 5


def run():
    """Return a row for each program and pool."""
    rows = []
    for kind in (samples.patches, samples.faces):
        with tempfile.TemporaryDirectory() as folder:
            rows += _compare(Path(folder), kind)
    return rows


def _compare(folder, kind):
    target, photos = folder / "target.png", folder / "photos"
    write_png(target, samples.frame(colour=True))
    for number, photo in enumerate(kind(PICTURES, 160, 120, colour=True)):
        write_jpeg(photos / f"{number:04}.jpg", photo)
    found = {}
    for program in (_pigeonhole, _metapixel, _phomo):
        found |= program(folder, target, photos)
    rows = list(_on_samples(kind.__name__, folder, photos))
    for name, (seconds, cpu, memory, picture) in found.items():
        looks = _looks(target, picture) if picture else {}
        rows.append(
            {
                "benchmark": "programs",
                "case": f"{kind.__name__} {PICTURES:,}",
                "name": name,
                "seconds": seconds,
                "cpu_seconds": cpu,
                "megabytes": memory,
                **looks,
            }
        )
    return rows


def _on_samples(pool, folder, photos):
    """Yield how the mosaics of other targets look, with the programs' usual values."""
    for name in SAMPLES:
        target = folder / f"{name}.png"
        write_png(target, fit_to_grid(read_target(name, 10**8), CELL, 640))
        made = folder / f"{name} ours.png", folder / f"{name} metapixel.png"
        commands = {
            "pigeonhole": [*_ours(target, photos), "-o", made[0]],
            "metapixel, distance 0": _theirs(target, made[1], folder / "library", 0),
        }
        for (program, command), picture in zip(commands.items(), made, strict=True):
            if shutil.which(str(command[0])):
                _timed(command, 1, env=_environment(folder))
                case = f"{pool} {PICTURES:,}, {name}"
                row = {"benchmark": "programs", "case": case, "name": program}
                yield row | _looks(target, picture)


def _looks(target, picture):
    """SSIM and blurred error, over what is left where a program trims the edge."""
    seen, made = read_rgb(target), read_rgb(picture)
    height, width = (min(seen.shape[a], made.shape[a]) for a in (0, 1))
    found = compare(seen[:height, :width], made[:height, :width], CELL)
    return {
        "ssim": found["near_look"]["ssim"],
        "blurred_error": found["far_look"]["mean_absolute_error"],
    }


def _timed(command, turns=TURNS, **options):
    """Return median seconds, CPU seconds and peak megabytes of a command."""
    runs = []
    for _ in range(turns):
        done = subprocess.run(
            [sys.executable, "-c", TIMER, *map(str, command)],
            check=True,
            capture_output=True,
            **options,
        )
        runs.append(json.loads(done.stdout))
    return tuple(map(median, zip(*runs, strict=True)))


def _environment(folder):
    return {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}


def _ours(target, photos):
    command = [sys.executable, "-m", "pigeonhole", "mosaic", target, "--width", 640]
    return [*command, "--tiles", photos, "--size", CELL]


def _pigeonhole(folder, target, photos):
    environment = _environment(folder)
    out = folder / "pigeonhole.png"
    command = [*_ours(target, photos), "-o", out]
    prepared = _timed(command, 1, env=environment)
    found = {"pigeonhole, preparing": (*prepared, None)}
    found["pigeonhole"] = (*_timed(command, env=environment), out)
    for name, more in {
        "exact": ["--match", "exact"],
        "far auto": ["--far", "auto"],
        "each tile at most 5 times": ["--at-most", 5],
    }.items():
        made = folder / f"{name.split()[0]}.png"
        changed = [*command[:-1], made, *more]
        _timed(changed, 1, env=environment)
        found[f"pigeonhole, {name}"] = (*_timed(changed, 3, env=environment), made)
    kept = next((folder / "cache").rglob("*.npz"))
    found["pigeonhole, warm"] = (_warm(target, kept), None, None, None)
    found["pigeonhole --help"] = (
        *_timed([sys.executable, "-m", "pigeonhole", "mosaic", "--help"], 9),
        None,
    )
    return found


def _warm(target, kept):
    """Seconds of a mosaic where the program has made one before."""
    from pigeonhole.mosaic import make_mosaic
    from pigeonhole.tiles import TileSet

    tile_set, looks = TileSet.load(kept), LookSettings(match=USUAL_MATCH)
    seconds = []
    for _ in range(TURNS + 1):
        start = perf_counter()
        picture = fit_to_grid(read_target(str(target), 10**8), tile_set.size, 640)
        mosaic = make_mosaic(picture, tile_set, looks).picture()
        seconds.append(perf_counter() - start)
    assert mosaic.shape == (480, 640, 3)
    return median(seconds[1:])


def _metapixel(folder, target, photos):
    if not shutil.which("metapixel"):
        logging.warning("metapixel isn't installed: left out")
        return {}
    library, out = folder / "library", folder / "metapixel.png"
    library.mkdir()
    prepare = ["metapixel-prepare", f"--width={CELL.width}", f"--height={CELL.height}"]
    found = {"metapixel, preparing": (*_timed([*prepare, photos, library], 1), None)}
    for distance in (0, 5):
        made = out.with_stem(f"metapixel-{distance}")
        command = _theirs(target, made, library, distance)
        found[f"metapixel, distance {distance}"] = (*_timed(command), made)
    return found


def _theirs(target, out, library, distance):
    command = ["metapixel", "--metapixel", target, out, f"--library={library}"]
    command += [f"--width={CELL.width}", f"--height={CELL.height}"]
    return [*command, f"--distance={distance}"]


# In a small process of its own: a child's peak memory counts that of who started it.
TIMER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
quiet = subprocess.DEVNULL
status = subprocess.run(sys.argv[1:], stdout=quiet, stderr=quiet).returncode
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
sys.exit(status)
"""

PHOMO = """
import sys
from phomo import Master, Mosaic, Pool
target, photos, width, height, out = sys.argv[1:]
size = int(width), int(height)
pool = Pool.from_dir(photos, tile_size=size)
mosaic = Mosaic(Master.from_file(target), pool)
mosaic.build(mosaic.d_matrix()).save(out)
"""


def _phomo(folder, target, photos):
    if not (python := os.environ.get("PHOMO")):
        logging.warning("PHOMO names no Python that has phomo: left out")
        return {}
    out = folder / "phomo.png"
    command = [python, "-c", PHOMO, target, photos, *CELL, out]
    return {"phomo, each tile at most once": (*_timed(command, 1), out)}
