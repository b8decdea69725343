"""The licenses of all dependencies are compatible with the project's license."""

import re
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
# The names that packages use for each license.
ALLOWED = re.compile(
    r"(MIT(-0|-CMU)?|BSD|0BSD|ISC|Apache|PSF|Python Software Foundation|Zlib|CC0"
    r"|MPL|Mozilla Public License|GNU Lesser|2-clause BSD)",
    re.IGNORECASE,
)
KNOWN = {
    # GPL is stronger, so this package is installed only on request: the extra `camera`.
    "pyvirtualcam": "GPL-2.0",
    # The metadata of these packages lacks the license that is in their repository.
    "atheris": "Apache-2.0",
    # Contains axe-core, which is MPL-2.0.
    "axe-playwright-python": "MIT",
    "conda-inject": "MIT",
    "snakemake-interface-common": "MIT",
    "snakemake-interface-logger-plugins": "MIT",
    "snakemake-interface-report-plugins": "MIT",
    "snakemake-interface-scheduler-plugins": "MIT",
    "snakemake-interface-storage-plugins": "MIT",
}


def locked_packages():
    """Yield the names of the packages that the lock file requires on this system."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    for line in lines:
        if re.match(r"[A-Za-z0-9]", line):
            requirement = Requirement(line.removesuffix("\\"))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement.name


def license_of(name):
    """Return the license in the metadata of an installed package, or None."""
    metadata = distribution(name).metadata
    classifiers = [
        classifier.rpartition(" :: ")[2]
        for classifier in metadata.get_all("Classifier", [])
        if classifier.startswith("License ::")
    ]
    expression, text = metadata.get("License-Expression"), metadata.get("License")
    return expression or "; ".join(classifiers) or text


def test_every_dependency_has_a_compatible_license():
    names = [name for name in locked_packages() if name != "opencv-python"]
    assert len(names) > 100
    licenses = {name: license_of(name) for name in names if name not in KNOWN}
    unexpected = {
        name: license_name
        for name, license_name in licenses.items()
        if not (license_name and ALLOWED.search(license_name))
    }
    assert unexpected == {}


@pytest.mark.parametrize("name", ["opencv-python", "opencv-python-headless"])
def test_either_opencv_package_has_a_compatible_license(name):
    # The Makefile installs the headless package on a machine without libGL.
    try:
        version(name)
    except ModuleNotFoundError:
        return
    assert ALLOWED.search(license_of(name))
