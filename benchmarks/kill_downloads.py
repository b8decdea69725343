"""Kill downloads and face detection; compare the results with an uninterrupted run.

``python -m benchmarks.kill_downloads --kills 30`` runs Snakemake, which downloads
photos from a local server and detects their faces. It kills all processes with SIGKILL
again and again, and compares all files with those of an uninterrupted run. It prints a
report as one line of JSON. The exit status is 1 if a claim fails.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.pexels import KEY, Server, serve
from pigeonhole.photos.sources.demo import demo_file

ROOT = Path(__file__).parents[1]
PHOTO_DELAY = 0.3
"""Seconds before the server sends a photo."""
LONGEST_WAIT = {"downloads": 0.6, "faces": 3.0}
"""A run is killed at most this many seconds after the work has started."""


@cache
def photo(number):
    return demo_file(1, number)[1]


class Run:
    """The workflow in a folder of its own, up to the filtered faces."""

    def __init__(self, folder, server, count):
        self.folder, self.server = folder, server
        folder.mkdir()
        settings = {"photos": {"source": "pexels", "count": count}}
        (folder / "config.json").write_text(json.dumps(settings))

    def start(self):
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--nolock"]
        command += ["--snakefile", ROOT / "Snakefile", "--directory", self.folder]
        command += ["--configfile", self.folder / "config.json", "--rerun-incomplete"]
        command += ["--set-scatter", "faces=2"]
        variables = {
            "PEXELS_API_URL": self.server.url,
            "PEXELS_API_KEY": KEY,
            "PIGEONHOLE_CACHE": str(self.folder / "cache"),
        }
        return subprocess.Popen(
            [*command, "--", "results/faces/faces.csv"],
            env={**os.environ, **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stored_photos(self):
        return {int(p.stem[7:]) for p in self.folder.glob("results/photos/pexels-*")}

    def current_work(self, requests, started):
        """Return what a run does that started with this many requests, or None."""
        logs = self.folder.glob("logs/find_faces/*.log")
        if any(path.stat().st_mtime > started for path in logs):
            return "faces"
        return "downloads" if len(self.server.requested) > requests else None

    def kill_once(self, rng, wanted):
        """Kill a run at a random moment of the wanted work; return the killed work."""
        requests, started = len(self.server.requested), time.time()
        child = self.start()
        work = None
        while work not in (wanted, "faces") and child.poll() is None:
            time.sleep(0.01)
            work = self.current_work(requests, started)
        time.sleep(rng.uniform(0, LONGEST_WAIT[work or "faces"]))
        finished = child.poll() is not None
        if not finished:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return None if finished else work

    def files(self):
        results = self.folder / "results"
        paths = [path for path in results.rglob("*") if path.is_file()]
        return {
            path.relative_to(results).as_posix(): path.read_bytes() for path in paths
        }


def kill_repeatedly(run, kills):
    """Kill a run this many times, and let it finish; return a report."""
    rng, killed, repeated = np.random.default_rng(5), Counter(), 0
    while sum(killed.values()) < kills:
        stored, requests = run.stored_photos(), len(run.server.requested)
        # The first half of the kills hits downloads, the second half face detection.
        is_first_half = 2 * sum(killed.values()) < kills
        work = run.kill_once(rng, "downloads" if is_first_half else "faces")
        repeated += len(stored & set(run.server.requested[requests:]))
        if work is None:
            break
        killed[work] += 1
    stored, requests = run.stored_photos(), len(run.server.requested)
    status = run.start().wait()
    repeated += len(stored & set(run.server.requested[requests:]))
    return {"status": status, "killed": dict(killed), "repeated_downloads": repeated}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--photos", type=int, default=150)
    options = parser.parse_args(arguments)
    for number in range(options.photos):
        photo(number)
    server = Server(photo, options.photos, delay=PHOTO_DELAY)
    with TemporaryDirectory() as parent, serve(server):
        uninterrupted = Run(Path(parent, "uninterrupted"), server, options.photos)
        status = uninterrupted.start().wait()
        server.requested.clear()
        killed = Run(Path(parent, "killed"), server, options.photos)
        report = kill_repeatedly(killed, options.kills)
        expected, actual = uninterrupted.files(), killed.files()
    requested = server.requested
    report |= {
        "photos": options.photos,
        "requests": len(requested),
        "interrupted_downloads": len(requested) - len(set(requested)),
        "files": len(expected),
        "differ": sorted(
            name
            for name in expected.keys() | actual.keys()
            if expected.get(name) != actual.get(name)
        ),
    }
    report["holds"] = (
        status == report["status"] == report["repeated_downloads"] == 0
        and not report["differ"]
        and sum(report["killed"].values()) == options.kills
        and set(requested) == set(range(options.photos))
    )
    print(json.dumps(report))
    return not report["holds"]


if __name__ == "__main__":
    sys.exit(main())
