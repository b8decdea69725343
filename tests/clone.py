"""Copies of the project in which tests run the workflow."""

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
USAGE = re.compile(r"INFO (\w+) took ([0-9.]+) s, peak memory (\d+) of (\d+) MB")
# Names of files with timings. All other files are the same in every run.
TIMED = re.compile(r"_seconds[./]")
PARTS = (
    "Snakefile",
    "config.yaml",
    "Makefile",
    "workflow",
    "profiles",
    "src",
    "tests",
    "tools",
)
SMALL = {
    "photos": {"source": "demo", "demo_count": 3},
    "mosaic": {"width": 240},
    "birthday": {
        "trials": 60,
        "people_trials": 200,
        "bits": [4, 8, 20],
        "sweep_trials": 60,
        "collision_bits": [24],
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
        Folder of the copy, which must not exist.
    settings : mapping
        Changes to config.yaml after those of `small`, by section.
    small : mapping
        Settings that shorten a run; empty for the project's own config.yaml.
    seconds : float
        Time limit of a run.
    """

    def __init__(self, folder, settings=(), small=SMALL, seconds=600):
        self.folder, self.seconds = folder, seconds
        for part in PARTS:
            source, target = ROOT / part, folder / part
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
                shutil.copytree(source, target, ignore=ignore)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        self.configure(small)
        self.configure(dict(settings))
        if small:
            self.scatter(faces=2)

    def copy(self, folder):
        """Return a copy of the clone, with its results, in another folder."""
        shutil.copytree(self.folder, folder)
        other = copy(self)
        other.folder = folder
        return other

    def configure(self, settings):
        """Change settings in config.yaml, given by section."""
        path = self.folder / "config.yaml"
        config = yaml.safe_load(path.read_text())
        for section, values in settings.items():
            if isinstance(config.get(section), dict) and isinstance(values, dict):
                config[section].update(values)
            else:
                config[section] = values
        path.write_text(yaml.safe_dump(config))

    def scatter(self, **shards):
        """Set the numbers of shards of steps in all profiles."""
        for path in (self.folder / "profiles").glob("*/profile*.yaml"):
            profile = yaml.safe_load(path.read_text())
            path.write_text(yaml.safe_dump({**profile, "set-scatter": shards}))

    def run(self, *arguments, cores=2, ok=True, **environment):
        """Run Snakemake and return its output."""
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments]
        process = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            env=clean_environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.seconds,
        )
        assert (process.returncode == 0) == ok, process.stdout
        return process.stdout

    def plan(self, *arguments, **environment):
        """Return the number of jobs of each rule that would run."""
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

    def job_usage(self):
        """Return rule, seconds, peak and requested megabytes of every job."""
        return [
            (rule, float(seconds), int(peak), int(requested))
            for log in (self.folder / "logs").rglob("*.log")
            for rule, seconds, peak, requested in USAGE.findall(log.read_text())
        ]

    def artifacts(self):
        """Return the size and digest of every file in results/ by name."""
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
    """Return the environment without API keys, and with the compiler enabled."""
    environment = dict(os.environ, **changes)
    for name in ("NUMBA_DISABLE_JIT", "PEXELS_API_KEY"):
        if name not in changes:
            environment.pop(name, None)
    return environment
