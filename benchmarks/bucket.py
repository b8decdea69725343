"""Compare the default workflow with results in a bucket and a local run.

``python -m benchmarks.bucket`` runs a copy of the project with its own config.yaml
locally, another with profiles/s3 and a local server that speaks S3, and one more with
another bucket and with jobs on a Slurm of one node. It compares the bytes of all
artifacts (only the names of those with timings) and searches all files and outputs for
the secret key. It prints a line of JSON for each setup; the exit status is 1 if a claim
fails. Slurm needs Debian's slurm-wlm and munge; ``--setup bucket`` runs without it.
"""

import argparse
import json
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster import OUT, PROFILE, SUBMITTED, compare, timed_run

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from bucket import serve_bucket
from clone import Clone
from slurm import Slurm, slurm_is_installed

SETUPS = {
    "bucket": ("--workflow-profile", "profiles/s3"),
    "bucket and Slurm": ("--profile", "profiles/s3", *PROFILE, "--jobs", "8"),
}


def run_with_bucket(setup, folder, local_artifacts):
    """Run the workflow twice with a new bucket; return a report."""
    clone = Clone(folder / setup.replace(" ", "-"), small={}, seconds=3600)
    with ExitStack() as stack:
        bucket = stack.enter_context(serve_bucket())
        environment = dict(bucket.environment)
        if "Slurm" in setup:
            slurm = stack.enter_context(Slurm(folder / "slurm"))
            environment |= slurm.environment
        flags = (*SETUPS[setup], *bucket.flags)
        output, seconds = timed_run(clone, *flags, **environment)
        second_output, _ = timed_run(clone, *flags, **environment)
        stored_artifacts = bucket.artifacts()
    equal, differ = compare(local_artifacts, stored_artifacts)
    (OUT / f"{setup}.log").write_text(output)
    report = {
        "setup": setup,
        "seconds": seconds,
        "jobs": len(re.findall(r"^Finished jobid", output, re.MULTILINE)),
        "sent_to_slurm": output.count(SUBMITTED),
        "equal": equal,
        "differ": differ,
        "only_in_one": sorted(local_artifacts.keys() ^ stored_artifacts.keys()),
        "second_run_does_nothing": "Nothing to be done" in second_output,
        "local_results": (clone.folder / "results").exists(),
        "files_with_secret": [str(path) for path in bucket.leaks(clone.folder)],
        "secret_printed": environment["AWS_SECRET_ACCESS_KEY"]
        in output + second_output,
    }
    failures = (
        "differ",
        "only_in_one",
        "local_results",
        "files_with_secret",
        "secret_printed",
    )
    report["holds"] = (
        equal > 0
        and not any(report[name] for name in failures)
        and report["second_run_does_nothing"]
        and ("Slurm" in setup) == (report["sent_to_slurm"] > 0)
    )
    return report


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--setup", choices=SETUPS, help="run only this setup")
    options = parser.parse_args(arguments)
    setups = [options.setup] if options.setup else list(SETUPS)
    if not slurm_is_installed() and any("Slurm" in setup for setup in setups):
        parser.error("no Slurm: apt-get install slurm-wlm munge, or --setup bucket")
    OUT.mkdir(exist_ok=True)
    holds = True
    with TemporaryDirectory(prefix="bucket-") as name:
        folder = Path(name)
        local = Clone(folder / "local", small={}, seconds=3600)
        _, seconds = timed_run(local)
        print(json.dumps({"setup": "local", "seconds": seconds}), flush=True)
        for setup in setups:
            report = run_with_bucket(setup, folder, local.artifacts())
            print(json.dumps(report), flush=True)
            holds = holds and report["holds"]
    return not holds


if __name__ == "__main__":
    sys.exit(main())
