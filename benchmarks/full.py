"""Fill the disk while each stage is at work: one sentence, and a good end after it.

``python -m benchmarks.full`` (as root, who may mount) puts a small clone on a disk of
32 MB in memory. It downloads photos from a server on this machine, and makes all of
them, stage by stage; once a stage's job has begun, the disk is filled to the last byte.
The run has to end with one sentence and without a half-written artefact, and the same
command with all of it once there is space. It prints a line of JSON for each stage, and
its exit status is 1 if a claim fails.
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

from benchmarks.pexels import KEY, Server, serving
from pigeonhole.photos.sources.demo import demo_file

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from clone import Clone

SIZE = "32m"
PHOTOS = 12
MOSAIC = "results/mosaics/astronaut"
STAGES = {
    "download": ("results/photos/photos.csv", "results/photos/pexels-5.jpg"),
    "faces": ("results/faces/faces.csv", "logs/find_faces/0.log"),
    "tiles": ("results/tiles/faces.npz", "logs/cut_tiles/faces.log"),
    "index": ("results/tiles/faces.index", "logs/index_tiles/faces.log"),
    "mosaic": (f"{MOSAIC}/mosaic.png", "logs/make_mosaic/astronaut.log"),
    "viewer": (f"{MOSAIC}/viewer/index.html", "logs/viewer/astronaut.log"),
    "TIFF": (f"{MOSAIC}/large/mosaic.tif", "logs/draw_large/astronaut.tif.log"),
    "JPEG": (f"{MOSAIC}/large/mosaic.jpg", "logs/draw_large/astronaut.jpg.log"),
    "Deep Zoom": (f"{MOSAIC}/large/mosaic.dzi", "logs/draw_large/astronaut.dzi.log"),
    "film": (f"{MOSAIC}/films/falling.gif", "logs/make_films/astronaut.log"),
    "search": (
        "results/birthday/collisions/md5-32_0.csv",
        "logs/birthday/search/md5-32_0.log",
    ),
    "plot": ("results/plots/people.svg", "logs/plots/people.log"),
}
"""What is asked for, and the file whose appearance says that the stage works."""
SENTENCE = re.compile(r"[^\n]* can't be written: [^\n]*give the command again[^\n]*")

CLAIM = ".claim"
"""Says who works on a search's chunk; it ends with the search."""


@cache
def photo(number):
    return demo_file(1, number)[1]


@contextmanager
def small_disk(folder):
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder], check=True
    )
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(filler, sign, ended):
    """Once the sign is there, leave no byte free."""
    while not sign.exists():
        if ended.wait(0.005):
            return
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 4096, 1):
            try:
                while not ended.is_set():
                    file.write(bytes(size))
            except OSError:
                continue


def fail(clone, target, sign, environment):
    """Run until the disk is full; return what was printed, and the seconds."""
    filler, ended = clone.folder.parent / "filler", threading.Event()
    filling = threading.Thread(target=fill, args=(filler, clone.folder / sign, ended))
    filling.start()
    begun = time.monotonic()
    try:
        text = clone.run("--", target, ok=False, **environment)
    finally:
        ended.set()
        filling.join()
        filler.unlink(missing_ok=True)
    return text, time.monotonic() - begun


def settings():
    large = {"forms": ["tif", "jpg", "dzi"]}
    film = {"form": "gif", "side": 96, "seconds": 1, "rate": 8}
    return {
        "photos": {"source": "pexels", "count": PHOTOS},
        "mosaic": {"width": 240, "tile_pixels": 24, "large": large, "film": film},
        "birthday": {"collisions": [32]},
    }


def main():
    server = Server(photo, PHOTOS, slow=0.05)
    wanted = [target for target, _ in STAGES.values()]
    failed = 0
    with (
        TemporaryDirectory() as place,
        small_disk(Path(place, "disk")),
        serving(server),
    ):
        environment = {"PEXELS_API_URL": server.address, "PEXELS_API_KEY": KEY}
        clone = Clone(Path(place, "disk", "clone"), settings())
        clone.run("--", *wanted, **environment)
        artefacts = clone.artefacts()
        # Compiled code stays: a full disk is what matters here.
        for folder in ("results", "logs", ".snakemake"):
            shutil.rmtree(clone.folder / folder)
        for stage, (target, sign) in STAGES.items():
            text, seconds = fail(clone, target, sign, environment)
            left = clone.artefacts()
            told = {
                "stage": stage,
                "seconds": round(seconds, 1),
                "sentence": sorted({*SENTENCE.findall(text)}),
                "traceback": "Traceback" in text,
                "damaged": sorted(
                    name
                    for name, made in left.items()
                    if artefacts.get(name) != made and not name.endswith(CLAIM)
                ),
            }
            clone.run("--", target, **environment)
            failed += not told["sentence"] or told["traceback"] or bool(told["damaged"])
            print(json.dumps(told), flush=True)
        clone.run("--", *wanted, **environment)
        equal = clone.artefacts() == artefacts
    print(json.dumps({"stages": len(STAGES), "failed": failed, "end_equal": equal}))
    return failed or not equal


if __name__ == "__main__":
    sys.exit(main())
