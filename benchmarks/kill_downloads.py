"""Kill downloads and face finding: their end is that of an undisturbed run.

``python -m benchmarks.kill_downloads --kills 30`` lets Snakemake download photos from a
server on this machine and find their faces, kills all its processes with SIGKILL again
and again, and compares every file with those of a run that nobody disturbed. It prints
one line of JSON, ends by itself, and its exit status is 1 if a claim fails.
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

from benchmarks.pexels import KEY, Server, serving
from pigeonhole.photos.sources.demo import demo_file

ROOT = Path(__file__).parents[1]
SLOW = 0.3
"""Seconds that the server takes for a photo."""
LONGEST = {"downloads": 0.6, "faces": 3.0}
"""A run is killed up to so many seconds after such work began."""


@cache
def photo(number):
    return demo_file(1, number)[1]


class Run:
    """The pipeline in a folder of its own, as far as the kept faces."""

    def __init__(self, folder, server, count):
        self.folder, self.server = folder, server
        folder.mkdir()
        settings = {
            "photos": {"source": "pexels", "count": count},
            "faces": {"chunks": 2},
        }
        (folder / "config.json").write_text(json.dumps(settings))

    def start(self):
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--nolock"]
        command += ["--snakefile", ROOT / "Snakefile", "--directory", self.folder]
        command += ["--configfile", self.folder / "config.json", "--rerun-incomplete"]
        addresses = {"PEXELS_API_URL": self.server.address, "PEXELS_API_KEY": KEY}
        return subprocess.Popen(
            [*command, "results/faces/faces.csv"],
            env={**os.environ, **addresses},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def arrived(self):
        return {int(p.stem[7:]) for p in self.folder.glob("results/photos/pexels-*")}

    def working(self, asked, started):
        """Tell what the run works on since it started, if on anything yet."""
        logs = self.folder.glob("logs/find_faces/*.log")
        if any(path.stat().st_mtime > started for path in logs):
            return "faces"
        return "downloads" if len(self.server.asked) > asked else None

    def kill_once(self, random, wanted):
        """Start, wait for a random moment of the wanted work, kill; tell of what."""
        asked, started = len(self.server.asked), time.time()
        child = self.start()
        work = None
        while work not in (wanted, "faces") and child.poll() is None:
            time.sleep(0.01)
            work = self.working(asked, started)
        time.sleep(random.uniform(0, LONGEST[work or "faces"]))
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


def disturbed(run, kills):
    """Kill a run so many times, then let it end; tell what happened."""
    random, killed, twice = np.random.default_rng(5), Counter(), 0
    while sum(killed.values()) < kills:
        there, asked = run.arrived(), len(run.server.asked)
        # The first half of them while photos come, the second while faces are found.
        first = 2 * sum(killed.values()) < kills
        work = run.kill_once(random, "downloads" if first else "faces")
        twice += len(there & set(run.server.asked[asked:]))
        if work is None:
            break
        killed[work] += 1
    there, asked = run.arrived(), len(run.server.asked)
    code = run.start().wait()
    twice += len(there & set(run.server.asked[asked:]))
    return {"code": code, "killed": dict(killed), "arrived_asked_again": twice}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--photos", type=int, default=150)
    options = parser.parse_args(arguments)
    for number in range(options.photos):
        photo(number)
    server = Server(photo, options.photos, slow=SLOW)
    with TemporaryDirectory() as place, serving(server):
        whole = Run(Path(place, "undisturbed"), server, options.photos)
        whole_code = whole.start().wait()
        server.asked.clear()
        broken = Run(Path(place, "killed"), server, options.photos)
        told = disturbed(broken, options.kills)
        one, other = whole.files(), broken.files()
    told |= {
        "photos": options.photos,
        "asked": len(server.asked),
        "in_the_air_again": len(server.asked) - len(set(server.asked)),
        "files": len(one),
        "differ": sorted(
            name
            for name in one.keys() | other.keys()
            if one.get(name) != other.get(name)
        ),
    }
    told["holds"] = (
        whole_code == told["code"] == told["arrived_asked_again"] == 0
        and not told["differ"]
        and sum(told["killed"].values()) == options.kills
        and set(server.asked) == set(range(options.photos))
    )
    print(json.dumps(told))
    return not told["holds"]


if __name__ == "__main__":
    sys.exit(main())
