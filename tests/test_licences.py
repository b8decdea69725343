"""What we build on may be used and passed on together with us: its licences."""

import re
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
# Of each, the names that packages use.
ALLOWED = re.compile(
    r"(MIT(-0|-CMU)?|BSD|0BSD|ISC|Apache|PSF|Python Software Foundation|Zlib|CC0"
    r"|MPL|Mozilla Public License|GNU Lesser|2-clause BSD)",
    re.IGNORECASE,
)
KNOWN = {
    # The one with a stronger licence is asked for by name only: the extra `camera`.
    "pyvirtualcam": "GPL-2.0",
    # What their repositories say; their files say nothing.
    "atheris": "Apache-2.0",
    "conda-inject": "MIT",
    "snakemake-interface-common": "MIT",
    "snakemake-interface-logger-plugins": "MIT",
    "snakemake-interface-report-plugins": "MIT",
    "snakemake-interface-scheduler-plugins": "MIT",
    "snakemake-interface-storage-plugins": "MIT",
}


def locked():
    """Return what the lock has for this machine."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    for line in lines:
        if re.match(r"[A-Za-z0-9]", line):
            asked = Requirement(line.removesuffix("\\"))
            if asked.marker is None or asked.marker.evaluate():
                yield asked.name


def licences(name):
    facts = distribution(name).metadata
    kinds = [
        kind.rpartition(" :: ")[2]
        for kind in facts.get_all("Classifier", [])
        if kind.startswith("License ::")
    ]
    return facts.get("License-Expression") or "; ".join(kinds) or facts.get("License")


def test_every_dependency_has_a_licence_that_goes_with_ours():
    names = [name for name in locked() if name != "opencv-python"]
    assert len(names) > 100
    odd = {
        name: told
        for name in names
        if not ((told := licences(name)) and ALLOWED.search(told)) and name not in KNOWN
    }
    assert odd == {}


@pytest.mark.parametrize("name", ["opencv-python", "opencv-python-headless"])
def test_opencv_comes_in_one_of_two_forms(name):
    # A machine without libGL has the other: see the Makefile.
    try:
        version(name)
    except ModuleNotFoundError:
        return
    assert ALLOWED.search(licences(name))
