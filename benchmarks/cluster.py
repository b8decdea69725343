"""The whole default workflow on a Slurm of one node: the bytes of a local run.

``python -m benchmarks.cluster`` runs a copy of the project with its own config.yaml on
this machine and another through profiles/slurm, where the first try of cut_tiles gets
so little memory that Slurm kills it. It compares all artefacts but those that hold
times, writes what each rule's jobs took of the memory that they may take to
benchmarks/out/memory.csv, prints one line of JSON, and exits with 1 if a claim fails.
It needs Debian's slurm-wlm and munge.
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
from slurm import Slurm, installed

OUT = Path(__file__).parent / "out"
PROFILE = ("--workflow-profile", "profiles/slurm")
KILLED = re.compile(r"(?:JobId=|StepId=|Job )(\d+)\S* exceeded memory limit")
HUNGRY = ("--set-resources", "cut_tiles:mem_mb=40 * attempt ** 4")


def timed_run(clone, *arguments, **environment):
    # Its own sources, which nobody edits while it runs.
    environment["PYTHONPATH"] = str(clone.folder / "src")
    begun = time.monotonic()
    told = clone.run(*arguments, **environment)
    return told, round(time.monotonic() - begun)


def used(clone):
    """Return what each rule's jobs took at most, a row for each rule."""
    columns = ["rule", "seconds", "megabytes", "may"]
    jobs = pd.DataFrame(clone.used(), columns=columns)
    rules = jobs.groupby("rule").agg(
        jobs=("rule", "size"),
        seconds=("seconds", "max"),
        megabytes=("megabytes", "max"),
        may=("may", "min"),
    )
    rules["share"] = (rules.megabytes / rules.may).round(2)
    return rules.sort_values("share", ascending=False)


def compare(one, other):
    """Return how many artefacts are equal, and the names of those that aren't."""
    names = [name for name in one | other if not TIMED.search(name)]
    differ = [name for name in names if one.get(name) != other.get(name)]
    return len(names) - len(differ), sorted(differ)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", default="8", help="on Slurm at a time")
    options = parser.parse_args(arguments)
    if not installed():
        parser.error("no Slurm: apt-get install slurm-wlm munge")
    with TemporaryDirectory(prefix="cluster-") as place:
        here, there = (
            Clone(Path(place, name), small={}, seconds=3600)
            for name in ("here", "there")
        )
        _, here_seconds = timed_run(here)
        memory = used(here)
        with Slurm(Path(place, "slurm")) as slurm:
            flags = (*PROFILE, *HUNGRY, "--jobs", options.jobs)
            told, seconds = timed_run(there, *flags, **slurm.environment)
            killed = (slurm.folder / "slurmd.log").read_text()
        equal, differ = compare(here.artefacts(), there.artefacts())
        timed = sorted(filter(TIMED.search, here.artefacts()))
    OUT.mkdir(exist_ok=True)
    memory.to_csv(OUT / "memory.csv")
    (OUT / "cluster.log").write_text(told)
    print(memory.to_string(), file=sys.stderr)
    facts = {
        "rules": len(memory),
        "jobs": int(memory.jobs.sum()),
        "sent_to_slurm": len(re.findall(r"submitted with SLURM jobid", told)),
        "killed_for_memory": len(set(KILLED.findall(killed))),
        "failed_once": dict(Counter(re.findall(r"Error in rule (\w+):", told))),
        "tried_again": told.count("Trying to restart job"),
        "local_seconds": here_seconds,
        "slurm_seconds": seconds,
        "equal": equal,
        "differ": differ,
        "not_compared": timed,
        "above_their_memory": memory[memory.share > 1].index.tolist(),
    }
    facts["holds"] = (
        equal > 0
        and not differ
        and not facts["above_their_memory"]
        and facts["killed_for_memory"] > 0
        and facts["tried_again"] > 0
    )
    print(json.dumps(facts))
    return not facts["holds"]


if __name__ == "__main__":
    sys.exit(main())
