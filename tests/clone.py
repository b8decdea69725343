"""A clone of the project in a folder of its own, as a user has it, and small."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from copy import copy
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
USED = re.compile(r"INFO (\w+) took ([0-9.]+) s and (\d+) MB of the (\d+) MB")
# Names of artefacts that hold times, which differ from run to run; nothing else may.
TIMED = re.compile(r"_seconds[./]")
PARTS = ("Snakefile", "config.yaml", "Makefile", "workflow", "profiles", "src", "tests")
SMALL = {
    "photos": {"source": "demo", "demo_count": 3},
    "faces": {"chunks": 2},
    "mosaic": {"width": 240},
    "birthday": {
        "trials": 60,
        "people_trials": 200,
        "bits": [4, 8, 20],
        "sweep_trials": 60,
        "collisions": [24],
        "keys": 1000,
        "census_bits": 10,
        "dict_sizes": [256, 512],
    },
}


class Clone:
    """
    Runs Snakemake in a copy of the project.

    Parameters
    ----------
    folder : Path
        Where the copy goes; made here.
    settings : mapping
        What its config.yaml says beyond `small`, section by section.
    small : mapping
        What makes it small; nothing leaves the project's own config.yaml.
    seconds : float
        How long a run may take.
    """

    def __init__(self, folder, settings=(), small=SMALL, seconds=600):
        self.folder, self.seconds = folder, seconds
        for part in PARTS:
            source, copy = ROOT / part, folder / part
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
                shutil.copytree(source, copy, ignore=ignore)
            else:
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, copy)
        self.configure(small)
        self.configure(dict(settings))

    def copy(self, folder):
        """Return the clone in another folder, with all that was made in it."""
        shutil.copytree(self.folder, folder)
        made = copy(self)
        made.folder = folder
        return made

    def configure(self, settings):
        """Edit config.yaml, section by section."""
        path = self.folder / "config.yaml"
        config = yaml.safe_load(path.read_text())
        for section, values in settings.items():
            if isinstance(config.get(section), dict) and isinstance(values, dict):
                config[section].update(values)
            else:
                config[section] = values
        path.write_text(yaml.safe_dump(config))

    def run(self, *arguments, cores=2, ok=True, **environment):
        """Run Snakemake; return what it printed."""
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments]
        done = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            env=clean_environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.seconds,
        )
        assert (done.returncode == 0) == ok, done.stdout
        return done.stdout

    def plan(self, *arguments, **environment):
        """Return the rules that would run, each with its number of jobs."""
        text = self.run("--dry-run", "--quiet", "rules", *arguments, **environment)
        counts = {}
        for line in text.partition("---\n")[2].splitlines():
            words = line.split()
            if len(words) != 2 or not words[1].isdigit():
                break
            counts[words[0]] = int(words[1])
        counts.pop("total", None)
        counts.pop("all", None)
        return counts

    def used(self):
        """Return rule, seconds, megabytes and what it may take, of every job."""
        return [
            (rule, float(seconds), int(megabytes), int(may))
            for log in (self.folder / "logs").rglob("*.log")
            for rule, seconds, megabytes, may in USED.findall(log.read_text())
        ]

    def artefacts(self):
        """Return size and digest of every file in results/; bytes take long to tell."""
        results = self.folder / "results"
        return {
            path.relative_to(results).as_posix(): (
                path.stat().st_size,
                hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in results.rglob("*")
            if path.is_file()
        }


def clean_environment(**changes):
    """Jobs are compiled and have no key, whatever this process has."""
    environment = dict(os.environ, **changes)
    for name in ("NUMBA_DISABLE_JIT", "PEXELS_API_KEY"):
        if name not in changes:
            environment.pop(name, None)
    return environment
