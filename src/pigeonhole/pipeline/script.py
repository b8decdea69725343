"""What every script of the workflow does around its work."""

import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from pigeonhole.core.atomic import FULL, DiskFull, forget_drafts
from pigeonhole.core.errors import PigeonholeError

log = logging.getLogger("pigeonhole")


class Job(Protocol):
    """The part of Snakemake's script object that we use."""

    log: list[str]
    output: list[str]
    threads: int
    rule: str
    resources: Any


@contextmanager
def running(job: Job) -> Iterator[None]:
    """
    Log to the rule's file as well as to stderr, and stay within the rule's threads.

    Drafts that a killed job left beside its outputs are removed first.
    What a person can mend ends the job with its sentence, anything else with a
    traceback; both end it with a status other than 0. What a job used stands in its
    log beside what its rule asks for: a cluster kills a job that takes more.
    """
    begun = time.monotonic()
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if job.log:
        handlers.append(logging.FileHandler(job.log[0], mode="w", encoding="utf-8"))
    logging.basicConfig(
        level="INFO", handlers=handlers, format="%(levelname)s %(message)s", force=True
    )
    # On a full disk the log can't be written either: that would bury the sentence.
    logging.raiseExceptions = False
    for noisy in ("matplotlib", "numba", "PIL", "urllib3"):
        logging.getLogger(noisy).setLevel("WARNING")
    _limit_threads(job.threads)
    for output in job.output:
        forget_drafts(Path(output))
    try:
        yield
    except PigeonholeError as error:
        log.error("%s", error)
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno not in FULL:
            log.exception("failed")
            raise
        log.error("%s", DiskFull(error.filename or "A file", error.strerror))
        raise SystemExit(1) from None
    except SystemExit as stop:
        # Some libraries leave with status 0 on failure; a job must not.
        log.error("stopped early: %s", stop.code)
        raise SystemExit(stop.code or 1) from stop
    except BaseException:
        log.exception("failed")
        raise
    log.info(
        "%s took %.1f s and %d MB of the %d MB that it may",
        job.rule,
        time.monotonic() - begun,
        peak_megabytes(),
        job.resources.mem_mb,
    )


def peak_megabytes() -> int:
    """Return the most memory that this process had at a time, 0 where none can tell."""
    # getrusage would count the memory of whoever started this process.
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return round(int(peak[1]) / 1024) if peak else 0


def _limit_threads(threads: int) -> None:
    # None of them reads OMP_NUM_THREADS, the only limit that Snakemake exports.
    if cv2 := sys.modules.get("cv2"):
        cv2.setNumThreads(threads)
    if numba := sys.modules.get("numba"):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    if pyvips := sys.modules.get("pyvips"):
        pyvips.concurrency_set(threads)
