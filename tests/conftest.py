"""What all tests share."""

import os
import signal
from pathlib import Path

import pytest
from clone import Clone
from hypothesis import settings

# A kernel's first call compiles it: no deadline fits.
# On CI the examples are the same in every run: a change is judged, not luck.
settings.register_profile(
    "pigeonhole", deadline=None, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("pigeonhole")

# A shell in the background has its children ignore Ctrl-C, and theirs too.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]


@pytest.fixture
def root():
    return ROOT


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run of a small clone, for tests to copy."""
    made = Clone(tmp_path_factory.mktemp("finished") / "pigeonhole")
    made.run()
    return made


def pytest_sessionfinish(session):
    """On CI a skipped test is a failed run: nothing may be missing there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and os.environ.get("CI") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("A test was skipped: CI must not miss any.", red=True)
