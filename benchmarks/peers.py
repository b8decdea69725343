"""Commands of Pigeonhole and of other photomosaic programs, for `benchmarks.looks`.

Each program from the package index runs in an environment of its own, which is created
on first use. Install metapixel with `apt-get install metapixel`.
"""

import json
import logging
import math
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_cache_path

log = logging.getLogger(__name__)

ENVIRONMENTS = user_cache_path("pigeonhole") / "peers"
PIGEONHOLE = os.environ.get("PIGEONHOLE", f"{sys.executable} -m pigeonhole")
"""Command of Pigeonhole; set the variable to measure another version."""
TILE = 18
"""Side of Pigeonhole's tiles for matching, in pixels; the mosaic is drawn larger."""


class Case(NamedTuple):
    """A target of exactly columns x rows square cells, and a folder of photos."""

    name: str
    target: Path
    pool: Path
    columns: int
    rows: int
    cell: int
    """Side of a cell in the mosaic, in pixels."""

    @property
    def cells(self):
        return self.columns * self.rows


class Program(NamedTuple):
    """A photomosaic program with its options."""

    name: str
    command: Callable
    """Returns the command for a case, the mosaic's path and the prepared folder."""
    prepare: Callable | None = None
    """Returns the command that prepares the pool, which isn't timed."""
    requirement: str | None = None
    """What to install into the program's environment."""
    middle_only: bool = False
    """Whether the program is so slow that it runs on the middle grid only."""


def _executable(name):
    return ENVIRONMENTS / name / "bin" / name


def _photomosaic_video(case, image, _):
    command = [_executable("photomosaic-video"), case.target, "--tiles", case.pool]
    command += ["--cells", case.cells, "--height", case.rows * case.cell]
    return [*command, "--output", image]


def _mosaicraft(case, image, _):
    command = [_executable("mosaicraft"), "generate", case.target]
    # It rounds the number of rows down; one more cell makes up for rounding errors.
    command += ["--tiles", case.pool, "--target-tiles", case.cells + 1]
    return [*command, "--tile-size", case.cell, "--output", image]


def _phomo(case, image, _):
    uses = math.ceil(case.cells / len(list(case.pool.iterdir())))
    command = [_executable("phomo"), case.target, case.pool, "--output", image]
    return [*command, "--tile-size", case.cell, case.cell, "--n-appearances", uses]


def _metapixel(case, image, prepared):
    command = ["metapixel", "--metapixel", case.target, image, "--distance=5"]
    command += [f"--width={case.cell}", f"--height={case.cell}"]
    return [*command, f"--library={prepared}"]


def _prepare_metapixel(case, prepared):
    size = [f"--width={case.cell}", f"--height={case.cell}"]
    return ["metapixel-prepare", *size, case.pool, prepared]


def _pigeonhole(*options):
    """Return a program that runs Pigeonhole with options."""

    def command(case, image, _):
        command = [*shlex.split(PIGEONHOLE), "mosaic", case.target]
        command += ["--tiles", case.pool, "--size", f"{TILE}x{TILE}"]
        command += ["--width", case.columns * TILE, "--tile-width", case.cell]
        return [*command, "--details", "--output", image, *options]

    def prepare(case, prepared):
        # Also saves the ledger, which has the crop of each tile.
        image = prepared / "mosaic.png"
        return [*command(case, image, None), "--save-tiles", prepared / "tiles.npz"]

    return command, prepare


OURS = "pigeonhole"
EXACT = ["--match", "exact", "--variants", 1, "--no-mirror", "--color-transfer", 0]
PROGRAMS = {
    program.name: program
    for program in (
        Program(OURS, *_pigeonhole()),
        Program(f"{OURS} without transfer", *_pigeonhole("--color-transfer", 0)),
        Program(f"{OURS} exact", *_pigeonhole(*EXACT)),
        Program(
            "photomosaic-video",
            _photomosaic_video,
            requirement="photomosaic-video==0.1.0",
        ),
        Program("metapixel", _metapixel, _prepare_metapixel),
        Program("phomo", _phomo, requirement="phomo==1.2.0"),
        Program(
            "mosaicraft",
            _mosaicraft,
            requirement="mosaicraft==0.4.2",
            middle_only=True,
        ),
    )
}


def install(program):
    """Return whether the program is installed, after trying to install it."""
    if not program.requirement:
        return program.name.startswith(OURS) or bool(shutil.which(program.name))
    if not _executable(program.name).exists():
        log.info("Installing %s …", program.requirement)
        folder = ENVIRONMENTS / program.name
        pip = [folder / "bin" / "pip", "install", "--quiet", program.requirement]
        for command in ([sys.executable, "-m", "venv", folder], pip):
            done = subprocess.run(
                [*map(str, command)], check=False, capture_output=True
            )
            if done.returncode:
                log.warning("%s", done.stderr.decode(errors="replace").strip())
                shutil.rmtree(folder, ignore_errors=True)
                return False
    return True


# Runs in a small process of its own, because the peak memory of a child process
# includes that of its parent at the time of the fork.
TIMER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
print(json.dumps([seconds, cpu, used.ru_maxrss / 1024]))
sys.exit(status)
"""


def measure(command, cache):
    """
    Run a command and return its use of time and memory, or its error message.

    `cache` is the folder in which the program may keep what makes later runs faster.
    """
    caches = {"XDG_CACHE_HOME": str(cache), "PIGEONHOLE_CACHE": str(cache / OURS)}
    done = subprocess.run(
        [sys.executable, "-c", TIMER, *map(str, command)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **caches},
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return {"error": lines[-1]}
    names = ("seconds", "cpu_seconds", "megabytes")
    return dict(zip(names, json.loads(done.stdout), strict=True))
