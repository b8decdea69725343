"""Run the pipeline on many photos, from ledger to tiles, and again with ten more.

``python -m benchmarks.many_photos --photos 20000`` writes noise photos of 640x480
pixels and runs a copy of the project on them, with a detector that returns a fixed box.
With ``--real``, the photos show faces and the project's own detector is used. It
prints one line of JSON: the seconds of each run and of a dry run, the peak memory of
the largest process, and the number of photos that were searched in each run.
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
FOLDERS = ("src", "workflow", "profiles")
FIXED_DETECTOR = """

def _detect_fixed_box(self, photo):
    box = np.array([220.0, 140.0, 200.0, 200.0])
    return [_measure(photo, to_gray(photo), box, 5.0)]


HaarDetector.detect = _detect_fixed_box
"""
TARGETS = ("faces/review.html", "tiles/faces.npz", "tiles/live.npz")


def noise_photo(number):
    """Return a unique photo: 40x30 random colors, upscaled."""
    cells = np.random.default_rng(number).integers(0, 256, (30, 40, 3), np.uint8)
    return cv2.resize(cells, (640, 480), interpolation=cv2.INTER_CUBIC)


def face_photo(number):
    return resize(make_photo(3, number).image, 640, 480)


class Project:
    """A copy of the project in a temporary folder, with a folder of photos."""

    def __init__(self, folder, make_image, *, real):
        self.folder, self.make_image = folder, make_image
        self.photos = folder / "photos"
        self.photos.mkdir(parents=True)
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy2(ROOT / "Snakefile", folder)
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        config["photos"] |= {"source": "folder", "folder": "photos"}
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        if not real:
            with (folder / "src/pigeonhole/faces/detect.py").open("a") as file:
                file.write(FIXED_DETECTOR)

    def add_photos(self, first, last):
        def write(number):
            path = self.photos / f"{number // 1000:02d}" / f"{number:05d}.jpg"
            write_jpeg(path, self.make_image(number), quality=80)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(write, range(first, last)))

    def run(self, *arguments):
        """Run Snakemake and return the seconds it took."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2"]
        command += [*(f"results/{target}" for target in TARGETS), *arguments]
        variables = {
            "PYTHONPATH": str(self.folder / "src"),
            "PIGEONHOLE_CACHE": str(self.folder / "cache"),
        }
        started = time.perf_counter()
        process = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if process.returncode:
            sys.exit(process.stdout[-20000:])
        return round(time.perf_counter() - started, 1)

    def searched(self):
        """Count the photos that the detector searched in the last run of each job."""
        logs = (self.folder / "logs" / "find_faces").glob("*.log")
        matches = [re.search(r"\((\d+) new\)", path.read_text()) for path in logs]
        return sum(int(match[1]) for match in matches)

    def jobs_since(self, timestamp):
        logs = (self.folder / "logs").rglob("*.log")
        return sorted(
            path.relative_to(self.folder / "logs").with_suffix("").as_posix()
            for path in logs
            if path.stat().st_mtime > timestamp
        )


def measure(project, count, more):
    project.add_photos(0, count)
    numbers = {"photos": count, "first_seconds": project.run()}
    numbers["first_searched"] = project.searched()
    numbers["dry_run_seconds"] = project.run("--dry-run", "--quiet", "all")
    project.add_photos(count, count + more)
    for path in (project.folder / "logs" / "find_faces").glob("*.log"):
        path.write_text("(0 new)")
    timestamp = time.time()
    numbers |= {"added": more, "second_seconds": project.run()}
    numbers["second_searched"] = project.searched()
    numbers["second_jobs"] = project.jobs_since(timestamp)
    # The peak of the largest child process, in kibibytes.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {**numbers, "peak_megabytes": round(peak * 1024 / 1e6)}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--more", type=int, default=10)
    parser.add_argument(
        "--real", action="store_true", help="Use photos of faces and the real detector."
    )
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        make_image = face_photo if options.real else noise_photo
        project = Project(Path(folder, "project"), make_image, real=options.real)
        print(json.dumps(measure(project, options.photos, options.more)))


if __name__ == "__main__":
    main()
