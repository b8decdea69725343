"""Importing the package changes nothing in the process; programs call `configure`."""

import json
import os
import subprocess
import sys

import pytest

STATE = """
import contextlib, importlib, json, logging, os, pkgutil, sys, warnings

# Other packages may change such things on import, so they are imported before.
for name in DEPENDENCIES:
    with contextlib.suppress(Exception):
        importlib.import_module(name)
import PIL.Image, cv2, pyvips

def state():
    return {
        "environment": dict(os.environ),
        "pixels": PIL.Image.MAX_IMAGE_PIXELS,
        "warnings": [str(entry) for entry in warnings.filters],
        "levels": {
            name: logger.level
            for name, logger in logging.Logger.manager.loggerDict.items()
            if isinstance(logger, logging.Logger) and logger.level
        },
        "root": [logging.root.level, len(logging.root.handlers)],
        "raise": logging.raiseExceptions,
        "opencv": [cv2.getNumThreads(), cv2.utils.logging.getLogLevel()],
        "vips": [pyvips.cache_get_max(), pyvips.cache_get_max_mem()],
        "umask": os.umask(0o022),
        "scipy": sys.modules.get("scipy.linalg", "absent") is None,
    }
"""
IMPORT_ALL = """
import importlib, pkgutil, pigeonhole
for module in pkgutil.walk_packages(pigeonhole.__path__, "pigeonhole."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""
LIST_DEPENDENCIES = """
import json, sys
print(json.dumps([name for name in sys.modules if not name.startswith("pigeonhole")]))
"""
PRINT_STATES = """
os.umask(before["umask"])
print(json.dumps([before, state()]))
"""


def run(code, **environment):
    names = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "PIGEONHOLE_TUNE_NUMBA")
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in names and not name.startswith(("OPENCV_", "NUMBA_"))
    }
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(process.stdout.splitlines()[-1])


def test_importing_every_module_changes_nothing():
    """A library must not decide for the program that imports it."""
    dependencies = run(IMPORT_ALL + LIST_DEPENDENCIES)
    code = [f"DEPENDENCIES = {dependencies!r}", STATE, "before = state()", IMPORT_ALL]
    before, after = run("\n".join([*code, PRINT_STATES]))
    for part, value in before.items():
        assert after[part] == value, part


CONFIGURE = """
from pigeonhole.core.runtime import configure
import os, sys, json
configure()
heavy = {"numba", "cv2", "numpy", "pyvips", "PIL", "llvmlite"} & set(sys.modules)
import pigeonhole.core.jit
names = [
    "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OPENCV_LOG_LEVEL", "NUMBA_CPU_FEATURES"
]
print(json.dumps([sorted(heavy), *map(os.environ.get, names)]))
"""


def test_programs_configure_libraries_without_importing_them():
    heavy, *values, features = run(CONFIGURE)
    assert heavy == []
    assert values == ["passive", "3000", "SILENT"]
    if features:
        assert features.endswith("-prefer-256-bit")


def test_the_values_of_the_user_win():
    _, policy, spins, level, features = run(
        CONFIGURE, OMP_WAIT_POLICY="active", NUMBA_CPU_FEATURES="+sse2"
    )
    assert (policy, spins, level, features) == ("active", "3000", "SILENT", "+sse2")


@pytest.mark.parametrize("tune", ["", "0"])
def test_numba_is_not_tuned_without_permission(tune):
    code = "import os, json, pigeonhole.core.jit;"
    code += "print(json.dumps(os.environ.get('NUMBA_CPU_FEATURES')))"
    assert run(code, PIGEONHOLE_TUNE_NUMBA=tune) is None
