"""Configuration and fixtures for all tests."""

import os
import signal
import tempfile
from pathlib import Path

import pytest
from clone import Clone
from hypothesis import settings

from pigeonhole.core.runtime import configure

# This must precede the first import of OpenCV or Numba.
configure()

# The first call of a kernel compiles it, which exceeds any deadline. On CI the examples
# are the same in every run, so that a failure is caused by the change.
settings.register_profile(
    "pigeonhole", deadline=None, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("pigeonhole")

# Processes that a shell starts in the background ignore Ctrl-C, and so do their child
# processes. Some tests send Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests and the workflows that they run must not use the user's cache.
CACHE = tempfile.TemporaryDirectory(prefix="pigeonhole-cache-")
os.environ["PIGEONHOLE_CACHE"] = CACHE.name

pytest_plugins = ["photo_services", "review_samples"]

ROOT = Path(__file__).parents[1]


@pytest.fixture
def root():
    return ROOT


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run of a small clone, for tests to copy."""
    clone = Clone(tmp_path_factory.mktemp("finished") / "pigeonhole")
    clone.run()
    return clone


def pytest_sessionfinish(session):
    """Fail the run on CI if a test was skipped: everything is installed there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and os.environ.get("CI") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("A test was skipped, which is a failure on CI.", red=True)
