"""The whole default workflow with its results in a bucket: the bytes of a local run.

``python -m benchmarks.bucket`` runs a copy of the project with its own config.yaml on
this machine, another with profiles/s3 and a server that speaks S3 on loopback, and one
more with a bucket of its own whose jobs go through a Slurm of one node. It compares all
artefacts, those that hold times by their names, looks for the secret key in all that
was written and printed, prints a line of JSON for each way, and exits with 1 if a claim
fails. Slurm needs Debian's slurm-wlm and munge: ``--way bucket`` leaves it out.
"""

import argparse
import json
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster import OUT, PROFILE, compare, timed_run

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from bucket import kept_here, serving
from clone import Clone
from slurm import Slurm, installed

PROFILES = {
    "bucket": ("--workflow-profile", "profiles/s3"),
    "bucket and Slurm": ("--profile", "profiles/s3", *PROFILE, "--jobs", "8"),
}


def in_a_bucket(way, place, made):
    """Run with the results in a new bucket; return what is claimed of it."""
    clone = Clone(Path(place, way.replace(" ", "-")), small={}, seconds=3600)
    with ExitStack() as stack:
        bucket = stack.enter_context(serving())
        environment = dict(bucket.environment)
        if "Slurm" in way:
            slurm = stack.enter_context(Slurm(Path(place, "slurm")))
            environment |= slurm.environment
        flags = (*PROFILES[way], *bucket.flags)
        told, seconds = timed_run(clone, *flags, **environment)
        again, _ = timed_run(clone, *flags, **environment)
        kept = bucket.artefacts()
    equal, differ = compare(made, kept)
    (OUT / f"{way}.log").write_text(told)
    facts = {
        "way": way,
        "seconds": seconds,
        "jobs": len(re.findall(r"^Finished jobid", told, re.MULTILINE)),
        "sent_to_slurm": len(re.findall(r"submitted with SLURM jobid", told)),
        "equal": equal,
        "differ": differ,
        "only_in_one": sorted(made.keys() ^ kept.keys()),
        "nothing_is_left_to_do": "Nothing to be done" in again,
        "results_here": (clone.folder / "results").exists(),
        "secret_in": [str(path) for path in bucket.leaks(clone.folder)],
        "secret_told": environment["AWS_SECRET_ACCESS_KEY"] in told + again,
    }
    broken = ("differ", "only_in_one", "results_here", "secret_in", "secret_told")
    facts["holds"] = (
        equal > 0
        and not any(facts[name] for name in broken)
        and facts["nothing_is_left_to_do"]
        and ("Slurm" in way) == (facts["sent_to_slurm"] > 0)
    )
    return facts


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--way", choices=PROFILES, help="this one alone")
    options = parser.parse_args(arguments)
    ways = [options.way] if options.way else list(PROFILES)
    if not installed() and any("Slurm" in way for way in ways):
        parser.error("no Slurm: apt-get install slurm-wlm munge, or --way bucket")
    OUT.mkdir(exist_ok=True)
    holds = True
    with TemporaryDirectory(prefix="bucket-") as place:
        here = Clone(Path(place, "here"), small={}, seconds=3600)
        _, seconds = timed_run(here)
        print(json.dumps({"way": "here", "seconds": seconds}), flush=True)
        for way in ways:
            facts = in_a_bucket(way, place, kept_here(here))
            print(json.dumps(facts), flush=True)
            holds = holds and facts["holds"]
    return not holds


if __name__ == "__main__":
    sys.exit(main())
