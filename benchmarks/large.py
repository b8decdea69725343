"""Many photos through ledger, faces and tiles; then ten more.

``python -m benchmarks.large --photos 20000`` makes photos of 640x480 of noise and runs
a copy of the project on them whose detector gives one fixed box. With ``--real`` the
photos show faces and the detector is the project's own. It prints one line of JSON:
the seconds of each run, how much memory the largest process took, how long
``snakemake -n`` takes, and how many photos the second run's detector was given.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import yaml

from pigeonhole.imaging.codecs import write_jpeg
from pigeonhole.imaging.resize import resize
from pigeonhole.photos.sources.demo import make_photo

ROOT = Path(__file__).parents[1]
PARTS = ("src", "workflow", "profiles")
STUB = """

def _one_box(self, photo):
    box = np.array([220.0, 140.0, 200.0, 200.0])
    return [_found(photo, to_grey(photo), box, 5.0)]


HaarDetector.find = _one_box
"""
TARGETS = ("faces/review.html", "tiles/faces.npz", "tiles/live.npz")


def noise(number):
    """A photo like no other: 40x30 random colours, drawn large."""
    cells = np.random.default_rng(number).integers(0, 256, (30, 40, 3), np.uint8)
    return cv2.resize(cells, (640, 480), interpolation=cv2.INTER_CUBIC)


def crowd(number):
    return resize(make_photo(3, number).picture, 640, 480)


class Project:
    """A copy of the project in a folder of its own, with a folder of photos."""

    def __init__(self, folder, picture, *, real):
        self.folder, self.picture = folder, picture
        self.photos = folder / "photos"
        self.photos.mkdir(parents=True)
        for part in PARTS:
            shutil.copytree(ROOT / part, folder / part)
        shutil.copy2(ROOT / "Snakefile", folder)
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        config["photos"] |= {"source": "folder", "folder": "photos"}
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        if not real:
            with (folder / "src/pigeonhole/faces/detect.py").open("a") as file:
                file.write(STUB)

    def add(self, first, last):
        def put(number):
            path = self.photos / f"{number // 1000:02d}" / f"{number:05d}.jpg"
            write_jpeg(path, self.picture(number), quality=80)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(put, range(first, last)))

    def run(self, *arguments):
        """Run Snakemake; return its seconds."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2"]
        command += [*(f"results/{target}" for target in TARGETS), *arguments]
        started = time.perf_counter()
        done = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            sys.exit(done.stdout[-20000:])
        return round(time.perf_counter() - started, 1)

    def searched(self):
        """Count the photos that the detector was given in the last run of each job."""
        logs = (self.folder / "logs" / "find_faces").glob("*.log")
        told = [re.search(r"(\d+) of them new", path.read_text()) for path in logs]
        return sum(int(found[1]) for found in told)

    def jobs_since(self, moment):
        logs = (self.folder / "logs").rglob("*.log")
        return sorted(
            path.relative_to(self.folder / "logs").with_suffix("").as_posix()
            for path in logs
            if path.stat().st_mtime > moment
        )


def measure(project, count, more):
    project.add(0, count)
    told = {"photos": count, "first_seconds": project.run()}
    told["first_searched"] = project.searched()
    told["dry_run_seconds"] = project.run("--dry-run", "--quiet", "all")
    project.add(count, count + more)
    for path in (project.folder / "logs" / "find_faces").glob("*.log"):
        path.write_text("0 of them new")
    moment = time.time()
    told |= {"added": more, "second_seconds": project.run()}
    told["second_searched"] = project.searched()
    told["second_jobs"] = project.jobs_since(moment)
    # Of all processes below this one, the largest; in kibibytes.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {**told, "peak_megabytes": round(peak * 1024 / 1e6)}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--more", type=int, default=10)
    parser.add_argument("--real", action="store_true", help="faces and the detector")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as place:
        picture = crowd if options.real else noise
        project = Project(Path(place, "project"), picture, real=options.real)
        print(json.dumps(measure(project, options.photos, options.more)))


if __name__ == "__main__":
    main()
