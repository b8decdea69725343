"""Kill the default run at random moments: the plain command of the README mends it.

``python -m benchmarks.kills --kills 50`` clones the project, runs
``snakemake --cores 4`` undisturbed, and then kills Snakemake and its jobs with SIGKILL
again and again, each time with the plain command after it. It prints a line of JSON for
each kill and one for all of them; its exit status is 1 if a claim fails. ``--folder``
keeps the clone, so that another call goes on with it.

A run starts from nothing. With ``--start part`` it lacks what a random job has made
and all that was made of it: it is shorter, and all jobs get their turn.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import psutil

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from clone import TIMED

ROOT = Path(__file__).parents[1]
COMMAND = "snakemake --cores 4"
"""The plain command of the README."""
STARTING = 0.1
"""The share of kills before the first job."""


class Run(NamedTuple):
    """What Snakemake noted of a job when it had ended."""

    log: str
    reads: frozenset[str]
    start: float
    end: float


class Clone:
    """The project in a folder of its own, with the default settings."""

    def __init__(self, folder):
        self.folder = folder
        self.results = folder / "results"
        if not folder.exists():
            subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)

    def start(self):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        with (self.folder.parent / f"{self.folder.name}.log").open("w") as log:
            return subprocess.Popen(
                COMMAND.split(),
                cwd=self.folder,
                # An installed project would bring its own library.
                env={**os.environ, "PATH": path, "PYTHONPATH": self.folder / "src"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def noted(self):
        """Return the jobs that have ended, by the file that each has made."""
        return {
            name: Run(
                told["log"][0],
                frozenset(told["input"]),
                told["starttime"],
                told["endtime"],
            )
            for name, told in self._records("metadata")
            if (self.folder / name).exists() and told
        }

    def unfinished(self):
        """Return the files of jobs that had begun."""
        return {name for name, _ in self._records("incomplete")}

    def _records(self, kind):
        for path in (self.folder / ".snakemake" / kind).glob("*"):
            try:
                told = json.loads(path.read_text())
            except (ValueError, FileNotFoundError):
                told = None
            yield urlsafe_b64decode(path.name).decode(), told

    def wait_for_a_job(self, child):
        """Wait until a run has started its first job."""
        while child.poll() is None and not self.unfinished():
            time.sleep(0.05)

    def artefacts(self):
        """Return the digests of all that is in results/; timings only by name."""
        return {
            name: "" if TIMED.search(name) else hashlib.sha256(content).hexdigest()
            for path in self.results.rglob("*")
            if path.is_file()
            for name, content in [
                (path.relative_to(self.results).as_posix(), path.read_bytes())
            ]
        }

    def empty(self):
        """Take everything back that runs made, but for compiled code."""
        for folder in (".snakemake", "results", "logs"):
            shutil.rmtree(self.folder / folder)
        command = ["git", "checkout", "--quiet", "results"]
        subprocess.run(command, cwd=self.folder, check=True)

    def lose(self, logs, noted):
        """Remove what jobs made and all that was made of it; return all such jobs."""
        lost, gone = set(logs), set()
        while len(gone) < len(
            gone := {name for name, run in noted.items() if run.log in lost}
        ):
            lost |= {run.log for run in noted.values() if run.reads & gone}
        for name in gone:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return lost


def kill(child):
    """Kill Snakemake and all its jobs; tell how many processes that were."""
    family = psutil.Process(child.pid).children(recursive=True)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    psutil.wait_procs(family, 10)
    assert not [process for process in family if process.is_running()]
    return 1 + len(family)


def cycle(clone, whole, first, random):
    """Kill a run at a random moment and give the plain command; tell what happened."""
    noted = clone.noted()
    if whole:
        clone.empty()
        lost = {run.log for run in noted.values()}
    else:
        logs = sorted({run.log for run in noted.values()})
        lost = clone.lose(random.choice(logs, 1).tolist(), noted)
    work = {run.log: run.end - run.start for run in first["runs"].values()}
    share = sum(work[log] for log in lost) / sum(work.values())
    child = clone.start()
    if random.random() < STARTING:
        wait = random.uniform(0, 5)
    else:
        clone.wait_for_a_job(child)
        wait = random.uniform(0, share * first["seconds"])
    try:
        child.wait(wait)
        return None
    except subprocess.TimeoutExpired:
        killed = kill(child)
    before, unfinished = clone.noted(), clone.unfinished()
    running = {run.log for name, run in first["runs"].items() if name in unfinished}
    code = clone.start().wait()
    after, artefacts = clone.noted(), clone.artefacts()
    names = artefacts.keys() | first["artefacts"].keys()
    return {
        "jobs": len(lost),
        "seconds": round(wait, 1),
        "processes": killed,
        "running": sorted(running),
        "done": len({run.log for run in before.values()} & lost - running),
        "code": code,
        "again": sorted(
            {run.log for name, run in before.items() if after[name] != run} - running
        ),
        "differ": sorted(
            name
            for name in names
            if artefacts.get(name) != first["artefacts"].get(name)
        ),
    }


def undisturbed(clone):
    """Run from nothing to the end, or recall such a run."""
    path = clone.folder.parent / f"{clone.folder.name}.json"
    if not path.exists():
        # Once for what is compiled and kept, once for what is compared.
        assert clone.start().wait() == 0
        clone.empty()
        begun = time.monotonic()
        assert clone.start().wait() == 0
        seconds = time.monotonic() - begun
        runs = {
            name: (*run[:1], [*run.reads], *run[2:])
            for name, run in clone.noted().items()
        }
        path.write_text(
            json.dumps(
                {"seconds": seconds, "runs": runs, "artefacts": clone.artefacts()}
            )
        )
    told = json.loads(path.read_text())
    told["runs"] = {name: Run(*run) for name, run in told["runs"].items()}
    return told


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--start", choices=["nothing", "part"], default="nothing")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(arguments)
    random = np.random.default_rng(options.seed)
    held, told = 0, []
    with TemporaryDirectory() as place:
        clone = Clone(options.folder or Path(place, "clone"))
        first = undisturbed(clone)
        while len(told) < options.kills:
            if one := cycle(clone, options.start == "nothing", first, random):
                told.append(one)
                held += not (one["code"] or one["again"] or one["differ"])
                print(json.dumps(one), flush=True)
    print(json.dumps({"kills": len(told), "held": held, "seconds": first["seconds"]}))
    return held < len(told)


if __name__ == "__main__":
    sys.exit(main())
