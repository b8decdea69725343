"""Run the body of a workflow script: logging, threads, errors and resource usage."""

import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pigeonhole
from pigeonhole.core.atomic import remove_temporaries, translate_disk_full
from pigeonhole.core.errors import PigeonholeError
from pigeonhole.core.runtime import configure

log = logging.getLogger(__name__)


class OtherCheckout(PigeonholeError):
    """A script would run the code of another checkout than the workflow's."""

    def __init__(self, package: Path, expected: Path) -> None:
        super().__init__(
            f"the workflow needs the package in {expected}, but Python imports "
            f"{package}: set PYTHONPATH to {expected.parent}, or install this checkout."
        )


@contextmanager
def script_context(job: Any) -> Iterator[None]:
    """
    Prepare a job, Snakemake's script object, run the block, and report time and memory.

    - Messages go to the rule's log file and to stderr.
    - Libraries are limited to the rule's number of threads.
    - Temporary files that a killed job left next to its outputs are removed.
    - Errors that the user can fix are logged as one message, others with a traceback.
      The exit status is never 0 then.
    - The peak memory is logged next to the rule's limit, at which schedulers kill jobs.
    """
    started = time.monotonic()
    configure()
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if job.log:
        handlers.append(logging.FileHandler(job.log[0], mode="w", encoding="utf-8"))
    logging.basicConfig(
        level="INFO", handlers=handlers, format="%(levelname)s %(message)s", force=True
    )
    _limit_threads(job.threads)
    for output in job.output:
        remove_temporaries(Path(output))
    try:
        if scriptdir := getattr(job, "scriptdir", ""):
            check_checkout(Path(scriptdir))
        with translate_disk_full():
            yield
    except PigeonholeError as error:
        log.error("%s", error)
        raise SystemExit(1) from None
    except SystemExit as stop:
        # Some libraries exit with status 0 on failure; a job must not.
        log.error("exited early with status %s", stop.code)
        raise SystemExit(stop.code or 1) from stop
    except BaseException:
        log.exception("failed")
        raise
    seconds, limit = time.monotonic() - started, job.resources.mem_mb
    message = "%s took %.1f s, peak memory %d of %d MB"
    log.info(message, job.rule, seconds, peak_megabytes(), limit)


def check_checkout(scriptdir: Path) -> None:
    """Raise `OtherCheckout` if the package isn't the one next to the workflow."""
    expected = scriptdir.parents[1] / "src" / "pigeonhole"
    package = Path(pigeonhole.__file__).parent
    # The workflow may also be used without its source, with an installed package.
    if expected.is_dir() and not expected.samefile(package):
        raise OtherCheckout(package, expected)


def peak_megabytes() -> int:
    """Return the peak memory of this process in MB, or 0 if it isn't known."""
    # getrusage would include the memory of the parent process.
    path = Path("/proc/self/status")
    status = path.read_text() if path.exists() else ""
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return round(int(peak[1]) / 1024) if peak else 0


def _limit_threads(threads: int) -> None:
    # None of these reads OMP_NUM_THREADS, the only limit that Snakemake sets.
    if cv2 := sys.modules.get("cv2"):
        cv2.setNumThreads(threads)
    if numba := sys.modules.get("numba"):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    if pyvips := sys.modules.get("pyvips"):
        pyvips.concurrency_set(threads)
