"""Download from a server with faults: every good photo arrives, every fault is told.

``python -m benchmarks.downloads --photos 1000`` plays Pexels on this machine, asks for
so many photos, lets every twentieth fail in one of ten ways, and prints what came of it
as one line of JSON; the exit status is 1 if a claim fails. It ends by itself.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.pexels import KEY, LASTING, PASSING, Server, serving
from pigeonhole.core.tables import read_rows
from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.photos import options
from pigeonhole.settings import Settings

PROGRAM = """
import json, sys
from functools import partial
from pathlib import Path
from pigeonhole.pipeline.script import running
from pigeonhole.photos import pexels
from pigeonhole.photos.collect import collect_photos
# A drip is cut after 4 seconds instead of three minutes.
pexels.Client = partial(pexels.Client, whole=4.0)
class Job:
    log, output = [sys.argv[1] + "/log.txt"], []
    threads = 1
    rule = "photos"
    class resources:
        mem_mb = 2000
with running(Job):
    collect_photos(Path(sys.argv[1]), "pexels", json.loads(sys.argv[2]), parallel=8)
"""


@cache
def photo(number):
    noise = np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)
    return encode_jpeg(noise)


def faults_of(total, every):
    kinds = PASSING + LASTING
    marked = range(every // 2, total, every)
    return {n: kinds[turn % len(kinds)] for turn, n in enumerate(marked)}


def download(server, folder, count):
    """Ask for photos in a process of its own; return its output."""
    folder.mkdir()
    settings = Settings(photos={"source": "pexels", "count": count})
    asked = json.dumps(options(settings, "pexels"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder, asked],
        env={**os.environ, "PEXELS_API_URL": server.address, "PEXELS_API_KEY": KEY},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def judge(server, folder, faults, output, code):
    """Hold the claims against what lies on disk."""
    rows = read_rows(folder / "photos.csv")
    skipped = {row["photo"]: row["reason"] for row in read_rows(folder / "skipped.csv")}
    log = (folder / "log.txt").read_text("utf-8")
    lasting = {n for n, kind in faults.items() if kind in LASTING and n in server.told}
    whole = [
        (folder / row["photo"]).read_bytes() == photo(int(row["photo"][7:-4]))
        for row in rows
    ]
    again = log.count("trying again") + log.count("fetching it again")
    passing = sum(kind in PASSING for n, kind in faults.items() if n in server.told)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        "code": code,
        "photos": len(rows),
        "whole": sum(whole),
        "files": len(list(folder.glob("pexels-*"))),
        "faults": len(set(server.told)),
        "passing": passing,
        "passing_told": again,
        "lasting": len(lasting),
        "lasting_told": sum(f"pexels-{n}.jpg" in skipped for n in lasting),
        "key_seen": sum(KEY.encode() in path.read_bytes() for path in files)
        + (KEY.encode() in output),
    }


def holds(told, count):
    return (
        told["code"] == 0
        and told["photos"] == told["whole"] == told["files"] == count
        and told["passing_told"] >= told["passing"] > 0
        and told["lasting_told"] == told["lasting"] > 0
        and told["key_seen"] == 0
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--every", type=int, default=20, help="one in so many fails")
    asked = parser.parse_args(arguments)
    count, total = asked.photos, asked.photos + asked.photos // asked.every + 10
    faults = faults_of(total, asked.every)
    with (
        TemporaryDirectory() as place,
        serving(Server(photo, total, faults)) as server,
    ):
        started = time.perf_counter()
        code, output = download(server, Path(place, "photos"), count)
        seconds = time.perf_counter() - started
        told = judge(server, Path(place, "photos"), faults, output, code)
    good = holds(told, count)
    print(json.dumps({**told, "seconds": round(seconds, 1), "holds": good}))
    return not good


if __name__ == "__main__":
    sys.exit(main())
