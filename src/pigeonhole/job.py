"""What every script of the workflow does around its work."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pigeonhole.errors import PigeonholeError
from pigeonhole.files import FULL, DiskFull, forget_drafts

log = logging.getLogger("pigeonhole")


class Job(Protocol):
    """The part of Snakemake's script object that we use."""

    log: list[str]
    output: list[str]
    threads: int


@contextmanager
def running(job: Job) -> Iterator[None]:
    """
    Log to the rule's file as well as to stderr, and stay within the rule's threads.

    Drafts that a killed job left beside its outputs are removed first.
    What a person can mend ends the job with its sentence, anything else with a
    traceback; both end it with a status other than 0.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if job.log:
        handlers.append(logging.FileHandler(job.log[0], mode="w", encoding="utf-8"))
    logging.basicConfig(
        level="INFO", handlers=handlers, format="%(levelname)s %(message)s", force=True
    )
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


def _limit_threads(threads: int) -> None:
    # None of them reads OMP_NUM_THREADS, the only limit that Snakemake exports.
    if cv2 := sys.modules.get("cv2"):
        cv2.setNumThreads(threads)
    if numba := sys.modules.get("numba"):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    if pyvips := sys.modules.get("pyvips"):
        pyvips.concurrency_set(threads)
