"""Fill the disk during each stage; check for a clear message and a later good run.

``python -m benchmarks.full`` (as root, because it mounts a disk) puts a small clone on
a disk of 32 MB in memory, with a local server as the source of photos. For each stage,
it starts the stage's job, fills the disk to the last byte, and checks that the run ends
with a clear message and without a damaged artifact. Then the same command must succeed
on a disk with free space. It prints a line of JSON for each stage; the exit status is 1
if a claim fails.
"""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.pexels import KEY, Server, serve
from pigeonhole.photos.sources.demo import demo_file

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from clone import Clone

DISK_SIZE = "32m"
PHOTOS = 12
MOSAIC = "results/mosaics/astronaut"
STAGES = {
    "download": ("results/photos/photos.csv", "results/photos/pexels-5.jpg"),
    "faces": ("results/faces/faces.csv", "logs/find_faces/1-of-2.log"),
    "tiles": ("results/tiles/faces.npz", "logs/cut_tiles/faces.log"),
    "index": ("results/tiles/faces.index", "logs/index_tiles/faces.log"),
    "mosaic": (f"{MOSAIC}/mosaic.png", "logs/make_mosaic/astronaut.log"),
    "viewer": (f"{MOSAIC}/viewer/index.html", "logs/viewer/astronaut.log"),
    "TIFF": (f"{MOSAIC}/large/mosaic.tif", "logs/draw_large/astronaut.tif.log"),
    "JPEG": (f"{MOSAIC}/large/mosaic.jpg", "logs/draw_large/astronaut.jpg.log"),
    "Deep Zoom": (f"{MOSAIC}/large/mosaic.dzi", "logs/draw_large/astronaut.dzi.log"),
    "film": (f"{MOSAIC}/films/falling.gif", "logs/make_films/astronaut.log"),
    "search": (
        "results/birthday/collisions/md5-32.csv",
        "logs/birthday/collisions/md5-32.log",
    ),
    "plot": ("results/plots/people.svg", "logs/plots/people.log"),
}
"""The target of each stage, and the file that appears when its job runs."""
DISK_FULL_MESSAGE = re.compile(
    r"[^\n]* can't be written: [^\n]*run the command again[^\n]*"
)


@cache
def photo(number):
    return demo_file(1, number)[1]


@contextmanager
def small_disk(folder):
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "none", folder], check=True
    )
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill_disk(filler, started, ended):
    """Fill the disk to the last byte once the file `started` exists."""
    while not started.exists():
        if ended.wait(0.005):
            return
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 4096, 1):
            try:
                while not ended.is_set():
                    file.write(bytes(size))
            except OSError:
                continue


def run_until_full(clone, target, started, environment):
    """Run until the disk is full; return the output and the seconds."""
    filler, ended = clone.folder.parent / "filler", threading.Event()
    arguments = filler, clone.folder / started, ended
    filling = threading.Thread(target=fill_disk, args=arguments)
    filling.start()
    start = time.monotonic()
    try:
        output = clone.run("--", target, ok=False, **environment)
    finally:
        ended.set()
        filling.join()
        filler.unlink(missing_ok=True)
    return output, time.monotonic() - start


def settings():
    large = {"formats": ["tif", "jpg", "dzi"]}
    film = {"format": "gif", "long_side": 96, "seconds": 1, "fps": 8}
    return {
        "photos": {"source": "pexels", "count": PHOTOS},
        "mosaic": {"width": 240, "tile_width": 24, "large": large, "film": film},
        "birthday": {"collision_bits": [32]},
    }


def check_stage(clone, stage, environment, expected):
    """Fill the disk during a stage and return a report."""
    target, started = STAGES[stage]
    output, seconds = run_until_full(clone, target, started, environment)
    messages = sorted({*DISK_FULL_MESSAGE.findall(output)})
    damaged = sorted(
        name
        for name, artifact in clone.artifacts().items()
        if expected.get(name) != artifact
    )
    return {
        "stage": stage,
        "seconds": round(seconds, 1),
        "messages": messages,
        "traceback": "Traceback" in output,
        "damaged": damaged,
    }


def main():
    server = Server(photo, PHOTOS, delay=0.05)
    targets = [target for target, _ in STAGES.values()]
    failed = 0
    with (
        TemporaryDirectory() as name,
        small_disk(disk := Path(name, "disk")),
        serve(server),
    ):
        environment = {
            "PEXELS_API_URL": server.url,
            "PEXELS_API_KEY": KEY,
            "PIGEONHOLE_CACHE": str(disk / "cache"),
        }
        clone = Clone(disk / "clone", settings())
        clone.run("--", *targets, **environment)
        artifacts = clone.artifacts()
        # Compiled kernels stay: compiling isn't tested here.
        for folder in ("results", "logs", ".snakemake"):
            shutil.rmtree(clone.folder / folder)
        shutil.rmtree(disk / "cache")
        for stage, (target, _) in STAGES.items():
            report = check_stage(clone, stage, environment, artifacts)
            clone.run("--", target, **environment)
            failed += (
                not report["messages"] or report["traceback"] or bool(report["damaged"])
            )
            print(json.dumps(report), flush=True)
        clone.run("--", *targets, **environment)
        equal = clone.artifacts() == artifacts
    print(json.dumps({"stages": len(STAGES), "failed": failed, "end_equal": equal}))
    return failed or not equal


if __name__ == "__main__":
    sys.exit(main())
