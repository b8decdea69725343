"""Kill the default run at random moments; check that a plain rerun completes it.

``python -m benchmarks.kills --kills 50`` clones the project and runs
``snakemake --cores 4`` without interruption. Then it kills Snakemake and its jobs with
SIGKILL again and again, and completes each killed run with the same command. It prints
a line of JSON for each kill and one for all of them; the exit status is 1 if a claim
fails. ``--folder`` keeps the clone, so that another call continues with it.

By default, each run starts without any results. With ``--start part``, only the outputs
of a random job and of all jobs that depend on it are missing. These runs are shorter,
and each job is equally likely to be the first.
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
"""The command in the README."""
EARLY_SHARE = 0.1
"""Share of kills within the first seconds, when the first job may not have started."""


class JobRecord(NamedTuple):
    """Snakemake's metadata of an output; the log file identifies the job."""

    log: str
    inputs: frozenset[str]
    start: float
    end: float


class Clone:
    """The committed project in a folder of its own, with the default settings."""

    def __init__(self, folder):
        self.folder = folder
        self.results = folder / "results"
        self.cache = folder.parent / f"{folder.name}-cache"
        # The runs delete results, which mustn't be those of the user's own checkout.
        mark = folder / ".git" / "pigeonhole-kills"
        if not folder.exists():
            subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
            mark.touch()
        elif not mark.exists():
            sys.exit(f"{folder} exists and isn't such a clone: choose another folder.")

    def start(self):
        """Start the plain command and return its process."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        variables = {
            "PATH": path,
            # Otherwise an installed project would be imported instead of the clone.
            "PYTHONPATH": str(self.folder / "src"),
            "PIGEONHOLE_CACHE": str(self.cache),
        }
        with (self.folder.parent / f"{self.folder.name}.log").open("w") as log:
            return subprocess.Popen(
                COMMAND.split(),
                cwd=self.folder,
                env={**os.environ, **variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def finished_jobs(self):
        """Return the records of finished jobs by output."""
        return {
            name: JobRecord(
                record["log"][0],
                frozenset(record["input"]),
                record["starttime"],
                record["endtime"],
            )
            for name, record in self._records("metadata")
            if (self.folder / name).exists() and record
        }

    def incomplete_outputs(self):
        """Return the outputs of jobs that have started and haven't finished."""
        return {name for name, _ in self._records("incomplete")}

    def _records(self, kind):
        for path in (self.folder / ".snakemake" / kind).glob("*"):
            try:
                record = json.loads(path.read_text())
            except (ValueError, FileNotFoundError):
                record = None
            yield urlsafe_b64decode(path.name).decode(), record

    def wait_for_first_job(self, process):
        """Wait until a run has started its first job."""
        while process.poll() is None and not self.incomplete_outputs():
            time.sleep(0.05)

    def artifacts(self):
        """Return the digests of all files in results/; empty for files with timings."""
        return {
            name: "" if TIMED.search(name) else hashlib.sha256(content).hexdigest()
            for path in self.results.rglob("*")
            if path.is_file()
            for name, content in [
                (path.relative_to(self.results).as_posix(), path.read_bytes())
            ]
        }

    def delete_outputs(self):
        """Delete all that runs have written, except for compiled kernels."""
        for folder in (".snakemake", "results", "logs"):
            shutil.rmtree(self.folder / folder)
        shutil.rmtree(self.cache, ignore_errors=True)
        command = ["git", "checkout", "--quiet", "results"]
        subprocess.run(command, cwd=self.folder, check=True)

    def delete_dependents(self, logs, jobs):
        """Delete the outputs of jobs and of all that depend on them; return these."""
        affected, outputs = set(logs), set()
        while len(outputs) < len(
            outputs := {name for name, job in jobs.items() if job.log in affected}
        ):
            affected |= {job.log for job in jobs.values() if job.inputs & outputs}
        for name in outputs:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return affected


def kill(process):
    """Kill Snakemake and all its jobs; return the number of processes."""
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    psutil.wait_procs(children, 10)
    assert not [child for child in children if child.is_running()]
    return 1 + len(children)


def kill_and_rerun(clone, start, uninterrupted, rng):
    """
    Kill a run at a random moment, complete it, and return a report.

    Return None if the run finished before it was killed.
    """
    jobs = clone.finished_jobs()
    if start == "nothing":
        clone.delete_outputs()
        missing = {job.log for job in jobs.values()}
    else:
        logs = sorted({job.log for job in jobs.values()})
        missing = clone.delete_dependents(rng.choice(logs, 1).tolist(), jobs)
    durations = {job.log: job.end - job.start for job in uninterrupted["jobs"].values()}
    share = sum(durations[log] for log in missing) / sum(durations.values())
    process = clone.start()
    if rng.random() < EARLY_SHARE:
        delay = rng.uniform(0, 5)
    else:
        clone.wait_for_first_job(process)
        delay = rng.uniform(0, share * uninterrupted["seconds"])
    try:
        process.wait(delay)
        return None
    except subprocess.TimeoutExpired:
        processes = kill(process)
    before, incomplete = clone.finished_jobs(), clone.incomplete_outputs()
    running = {
        job.log for name, job in uninterrupted["jobs"].items() if name in incomplete
    }
    status = clone.start().wait()
    after, artifacts = clone.finished_jobs(), clone.artifacts()
    expected = uninterrupted["artifacts"]
    return {
        "jobs": len(missing),
        "seconds": round(delay, 1),
        "processes": processes,
        "running": sorted(running),
        "finished": len({job.log for job in before.values()} & missing - running),
        "status": status,
        "repeated": sorted(
            {job.log for name, job in before.items() if after[name] != job} - running
        ),
        "differ": sorted(
            name
            for name in artifacts.keys() | expected.keys()
            if artifacts.get(name) != expected.get(name)
        ),
    }


def uninterrupted_run(clone):
    """Return seconds, jobs and artifacts of a run, which are kept next to the clone."""
    path = clone.folder.parent / f"{clone.folder.name}.json"
    if not path.exists():
        # The first run compiles the kernels; the second one is measured.
        assert clone.start().wait() == 0
        clone.delete_outputs()
        start = time.monotonic()
        assert clone.start().wait() == 0
        seconds = time.monotonic() - start
        jobs = {
            name: (job.log, sorted(job.inputs), job.start, job.end)
            for name, job in clone.finished_jobs().items()
        }
        report = {"seconds": seconds, "jobs": jobs, "artifacts": clone.artifacts()}
        path.write_text(json.dumps(report))
    report = json.loads(path.read_text())
    report["jobs"] = {name: JobRecord(*job) for name, job in report["jobs"].items()}
    return report


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--start", choices=["nothing", "part"], default="nothing")
    parser.add_argument("--folder", type=Path, help="new folder, or an earlier clone")
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    kills = good = 0
    with TemporaryDirectory() as parent:
        clone = Clone(options.folder or Path(parent, "clone"))
        uninterrupted = uninterrupted_run(clone)
        while kills < options.kills:
            if report := kill_and_rerun(clone, options.start, uninterrupted, rng):
                kills += 1
                good += not (report["status"] or report["repeated"] or report["differ"])
                print(json.dumps(report), flush=True)
    seconds = uninterrupted["seconds"]
    print(json.dumps({"kills": kills, "good": good, "seconds": seconds}))
    return good < kills


if __name__ == "__main__":
    sys.exit(main())
