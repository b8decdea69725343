"""Scripts log, report errors and run the code of their own checkout."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from clone import Clone, clean_environment

from pigeonhole.core.errors import PigeonholeError
from pigeonhole.pipeline.script import OtherCheckout, check_checkout, script_context


class Job:
    output = ()
    threads = 1
    rule = "cut_tiles"

    class resources:
        mem_mb = 2000

    def __init__(self, folder, scriptdir):
        self.log = [str(folder / "log.txt")]
        self.scriptdir = str(scriptdir)

    @property
    def messages(self):
        for handler in logging.root.handlers:
            handler.flush()
        return Path(self.log[0]).read_text("utf-8")


@pytest.fixture
def job(tmp_path, root):
    handlers, level = logging.root.handlers[:], logging.root.level
    yield Job(tmp_path, root / "workflow" / "scripts")
    for handler in set(logging.root.handlers) - set(handlers):
        handler.close()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_time_and_memory_are_logged(job):
    with script_context(job):
        pass
    assert "INFO cut_tiles took 0." in job.messages
    assert " of 2000 MB" in job.messages


def test_an_error_that_the_user_can_fix_is_one_line(job):
    with pytest.raises(SystemExit) as stop, script_context(job):
        raise PigeonholeError("photos.count is 0: must be at least 1.")
    assert stop.value.code == 1
    assert job.messages == "ERROR photos.count is 0: must be at least 1.\n"


@pytest.mark.parametrize("status", [None, 0, 3])
def test_an_early_exit_is_a_failure(job, status):
    with pytest.raises(SystemExit) as stop, script_context(job):
        raise SystemExit(status)
    assert stop.value.code == (status or 1)
    assert f"ERROR exited early with status {status}" in job.messages


def test_a_bug_is_logged_with_its_traceback(job):
    with pytest.raises(ZeroDivisionError), script_context(job):
        1 / 0  # noqa: B018
    assert "Traceback" in job.messages


def test_temporary_files_of_a_killed_job_are_removed(job, tmp_path):
    job.output = [str(tmp_path / "faces.npz")]
    (tmp_path / ".faces-abcd1234.npz").touch()
    with script_context(job):
        assert not (tmp_path / ".faces-abcd1234.npz").exists()


def test_the_package_of_another_checkout_is_refused(job, tmp_path, root):
    other = tmp_path / "other"
    (other / "src" / "pigeonhole").mkdir(parents=True)
    job.scriptdir = str(other / "workflow" / "scripts")
    with pytest.raises(SystemExit) as stop, script_context(job):
        pytest.fail("the script must not run")
    assert stop.value.code == 1
    assert f"set PYTHONPATH to {other / 'src'}" in job.messages
    with pytest.raises(OtherCheckout):
        check_checkout(other / "workflow" / "scripts")
    # A workflow without its source uses the installed package.
    check_checkout(tmp_path / "elsewhere" / "workflow" / "scripts")
    check_checkout(root / "workflow" / "scripts")


@pytest.mark.workflow
def test_a_second_checkout_runs_its_own_code(tmp_path):
    """Both checkouts share an environment in which only the first is installed."""
    clone = Clone(tmp_path / "pigeonhole")
    path = clone.folder / "src" / "pigeonhole" / "birthday" / "__init__.py"
    path.write_text(
        path.read_text() + "\nimport logging\nlogging.warning('second checkout')\n"
    )
    environment = clean_environment()
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", "snakemake", "--cores", "1"]
    process = subprocess.run(
        [*command, "results/birthday/dict_seconds.csv"],
        cwd=clone.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "second checkout" in process.stdout + process.stderr
