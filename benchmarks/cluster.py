"""Compare the default workflow on a Slurm of one node with a local run.

``python -m benchmarks.cluster`` runs a copy of the project with its own config.yaml
locally and another with profiles/slurm. There the first try of cut_tiles gets so little
memory that Slurm kills it. It compares all artifacts without timings and writes the
memory that the jobs of each rule used and requested to benchmarks/out/memory.csv. It
prints a report as one line of JSON; the exit status is 1 if a claim fails. It needs
Debian's slurm-wlm and munge.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from clone import TIMED, Clone
from slurm import Slurm, slurm_is_installed

OUT = Path(__file__).parent / "out"
PROFILE = ("--workflow-profile", "profiles/slurm")
KILLED = re.compile(r"(?:JobId=|StepId=|Job )(\d+)\S* exceeded memory limit")
SUBMITTED = "submitted with SLURM jobid"
# Each try gets more memory: 40, 640, 3,240 MB.
TOO_LITTLE_MEMORY = ("--set-resources", "cut_tiles:mem_mb=40 * attempt ** 4")


def timed_run(clone, *arguments, **environment):
    """Run the workflow of a clone; return its output and the seconds it took."""
    # The clone's copy of the package doesn't change if someone edits the project.
    environment["PYTHONPATH"] = str(clone.folder / "src")
    environment["PIGEONHOLE_CACHE"] = str(clone.folder / "cache")
    start = time.monotonic()
    output = clone.run(*arguments, **environment)
    return output, round(time.monotonic() - start)


def usage_by_rule(clone):
    """Return the maximum seconds and memory of each rule's jobs, a row per rule."""
    columns = ["rule", "seconds", "megabytes", "requested"]
    jobs = pd.DataFrame(clone.job_usage(), columns=columns)
    rules = jobs.groupby("rule").agg(
        jobs=("rule", "size"),
        seconds=("seconds", "max"),
        megabytes=("megabytes", "max"),
        requested=("requested", "min"),
    )
    rules["share"] = (rules.megabytes / rules.requested).round(2)
    return rules.sort_values("share", ascending=False)


def compare(first, second):
    """Return the number of equal artifacts, and the names of those that differ."""
    names = [name for name in first | second if not TIMED.search(name)]
    differ = [name for name in names if first.get(name) != second.get(name)]
    return len(names) - len(differ), sorted(differ)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", default="8", help="number of jobs at a time on Slurm")
    options = parser.parse_args(arguments)
    if not slurm_is_installed():
        parser.error("no Slurm: apt-get install slurm-wlm munge")
    with TemporaryDirectory(prefix="cluster-") as folder:
        local, remote = (
            Clone(Path(folder, name), small={}, seconds=3600)
            for name in ("local", "remote")
        )
        _, local_seconds = timed_run(local)
        usage = usage_by_rule(local)
        with Slurm(Path(folder, "slurm")) as slurm:
            flags = (*PROFILE, *TOO_LITTLE_MEMORY, "--jobs", options.jobs)
            output, slurm_seconds = timed_run(remote, *flags, **slurm.environment)
            slurm_log = (slurm.folder / "slurmd.log").read_text()
        equal, differ = compare(local.artifacts(), remote.artifacts())
        timed = sorted(filter(TIMED.search, local.artifacts()))
    OUT.mkdir(exist_ok=True)
    usage.to_csv(OUT / "memory.csv")
    (OUT / "cluster.log").write_text(output)
    print(usage.to_string(), file=sys.stderr)
    report = {
        "rules": len(usage),
        "jobs": int(usage.jobs.sum()),
        "sent_to_slurm": output.count(SUBMITTED),
        "killed_for_memory": len(set(KILLED.findall(slurm_log))),
        "failures": dict(Counter(re.findall(r"Error in rule (\w+):", output))),
        "restarted": output.count("Trying to restart job"),
        "local_seconds": local_seconds,
        "slurm_seconds": slurm_seconds,
        "equal": equal,
        "differ": differ,
        "not_compared": timed,
        "above_requested_memory": usage[usage.share > 1].index.tolist(),
    }
    report["holds"] = (
        equal > 0
        and not differ
        and not report["above_requested_memory"]
        and report["killed_for_memory"] > 0
        and report["restarted"] > 0
    )
    print(json.dumps(report))
    return not report["holds"]


if __name__ == "__main__":
    sys.exit(main())
