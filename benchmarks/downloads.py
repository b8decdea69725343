"""Download photos from a server with faults; check that all good photos arrive.

``python -m benchmarks.downloads --photos 1000`` runs a local server in place of Pexels,
downloads this number of photos, every twentieth of which fails in one of ten ways, and
prints a report as one line of JSON. The exit status is 1 if a claim fails.
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

from benchmarks.pexels import KEY, PERMANENT_FAULTS, TEMPORARY_FAULTS, Server, serve
from pigeonhole.core.tables import read_rows
from pigeonhole.imaging.codecs import encode_jpeg
from pigeonhole.photos.options import source_options
from pigeonhole.settings import Settings

PROGRAM = """
import json, sys
from functools import partial
from pathlib import Path
from pigeonhole.pipeline.script import script_context
from pigeonhole.photos.collect import collect_photos
from pigeonhole.photos.downloads import DownloadCache
from pigeonhole.photos.sources import pexels
# Slow responses time out after 4 seconds instead of three minutes.
pexels.Client = partial(pexels.Client, total_timeout=4.0)
class Job:
    log, output = [sys.argv[1] + "/log.txt"], []
    threads = 1
    rule = "photos"
    class resources:
        mem_mb = 2000
with script_context(Job):
    folder, options = Path(sys.argv[1]), json.loads(sys.argv[2])
    folders = {"cache": folder / "cache", "downloads": DownloadCache(folder / "all")}
    collect_photos(folder, "pexels", options, parallel=8, **folders)
"""


@cache
def photo(number):
    noise = np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)
    return encode_jpeg(noise)


def assign_faults(total, every):
    """Return the fault of each photo that fails."""
    faults = TEMPORARY_FAULTS + PERMANENT_FAULTS
    numbers = range(every // 2, total, every)
    return {n: faults[index % len(faults)] for index, n in enumerate(numbers)}


def download(server, folder, count):
    """Download photos in a process of its own; return its status and output."""
    folder.mkdir()
    settings = Settings(photos={"source": "pexels", "count": count})
    options = json.dumps(source_options(settings, "pexels"))
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder, options],
        env={**os.environ, "PEXELS_API_URL": server.url, "PEXELS_API_KEY": KEY},
        capture_output=True,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def measure(server, folder, faults, output, status):
    """Return numbers of photos, faults and messages about them."""
    rows = read_rows(folder / "photos.csv")
    skipped = {row["photo"] for row in read_rows(folder / "skipped.csv")}
    log = (folder / "log.txt").read_text("utf-8")
    shown = {n: fault for n, fault in faults.items() if n in server.shown_faults}
    permanent = {n for n, fault in shown.items() if fault in PERMANENT_FAULTS}
    intact = [
        (folder / row["photo"]).read_bytes() == photo(int(row["photo"][7:-4]))
        for row in rows
    ]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        "status": status,
        "photos": len(rows),
        "intact": sum(intact),
        "files": len(list(folder.glob("pexels-*"))),
        "faults": len(set(server.shown_faults)),
        "temporary": sum(fault in TEMPORARY_FAULTS for fault in shown.values()),
        "temporary_reported": log.count("trying again"),
        "permanent": len(permanent),
        "permanent_reported": sum(f"pexels-{n}.jpg" in skipped for n in permanent),
        "key_leaks": sum(KEY.encode() in path.read_bytes() for path in files)
        + (KEY.encode() in output),
    }


def holds(report, count):
    """Return whether all claims hold."""
    return (
        report["status"] == 0
        and report["photos"] == report["intact"] == report["files"] == count
        and report["temporary_reported"] >= report["temporary"] > 0
        and report["permanent_reported"] == report["permanent"] > 0
        and report["key_leaks"] == 0
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--every", type=int, default=20, help="one in EVERY fails")
    options = parser.parse_args(arguments)
    count = options.photos
    total = count + count // options.every + 10
    faults = assign_faults(total, options.every)
    with (
        TemporaryDirectory() as parent,
        serve(Server(photo, total, faults)) as server,
    ):
        folder = Path(parent, "photos")
        started = time.perf_counter()
        status, output = download(server, folder, count)
        seconds = time.perf_counter() - started
        report = measure(server, folder, faults, output, status)
    is_good = holds(report, count)
    print(json.dumps({**report, "seconds": round(seconds, 1), "holds": is_good}))
    return not is_good


if __name__ == "__main__":
    sys.exit(main())
