# What every rule file uses: the checked settings and the sources behind a script.
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Scripts inherit the import path, so that a plain clone runs uninstalled.
SOURCES = Path(workflow.basedir, "src")
if str(SOURCES) not in sys.path:
    sys.path.insert(0, str(SOURCES))

from pigeonhole.errors import SettingsError
from pigeonhole.settings import load, target_name
from pigeonhole.sources import library_sources

try:
    settings = load(config)
except SettingsError as error:
    raise WorkflowError(str(error)) from None

# What the rules look up is complete and typed, whatever a person left out.
config = settings.model_dump(mode="json")


wildcard_constraints:
    chunk=r"[0-9]+",
    tile_set=r"[A-Za-z0-9_-]+",
    target=r"[A-Za-z0-9_-]+",


def library(script):
    """The library's files that a script runs: an input, so that edits rerun it."""
    path = Path(workflow.basedir, "workflow", "scripts", f"{script}.py")
    return [
        os.path.relpath(file) for file in library_sources(path, SOURCES / "pigeonhole")
    ]
