"""Process-wide settings of libraries, for programs that run Pigeonhole.

Importing Pigeonhole changes nothing in the process. Programs call `configure` first;
a program of your own may call it as well, which makes kernels faster.
"""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TUNE_NUMBA = "PIGEONHOLE_TUNE_NUMBA"
"""Environment variable that lets `pigeonhole.core.jit` configure Numba and LLVM."""

ENVIRONMENT = {
    # Threads that wait for work sleep. If they spun, they would keep busy cores from
    # other processes. They spin for about 40 microseconds first, because most steps of
    # a frame follow each other faster than a thread wakes up.
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "3000",
    # Failures are reported in messages of our own.
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # Otherwise Windows' default backend takes up to a minute to open a camera.
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",
    TUNE_NUMBA: "1",
}
"""Variables that libraries read when they are loaded; the user's own values win."""


def configure(sources: Path | None = None) -> None:
    """
    Set environment variables, warnings filters and log levels for this process.

    Call it before the first import of OpenCV or Numba; child processes inherit the
    variables. They import this package from the folder `sources`, if there is one, even
    if another checkout is installed.
    """
    if sources:
        earlier = filter(None, [os.environ.get("PYTHONPATH")])
        os.environ["PYTHONPATH"] = os.pathsep.join([str(sources), *earlier])
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # Their informational messages are of no use to users.
    for name in ("matplotlib", "numba", "PIL", "pyvips", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # If the disk is full, logging fails too. A traceback would hide the real message.
    logging.raiseExceptions = False
    # Photos with odd metadata are usable, so warnings about them only confuse.
    warnings.filterwarnings("ignore", module=r"PIL\.")


@contextmanager
def numba_import() -> Iterator[None]:
    """Import Numba with options that it reads only once, if `configure` allows it."""
    if os.environ.get(TUNE_NUMBA) != "1":
        yield
        return
    from llvmlite import binding as llvm

    # By default LLVM uses only 256-bit vectors on processors with AVX-512, to keep
    # their clock up. With 512 bits these kernels are a third to two thirds faster.
    if (features := llvm.get_host_cpu_features()).get("avx512f"):
        wide = f"{features.flatten()},-prefer-256-bit"
        os.environ.setdefault("NUMBA_CPU_FEATURES", wide)
    # Numba imports SciPy to look for a BLAS. No kernel multiplies matrices, and the
    # import takes an eighth of a second, much of the time of a small mosaic.
    modules: dict[str, Any] = sys.modules
    hidden = modules.setdefault("scipy.linalg", None) is None
    try:
        yield
    finally:
        if hidden:
            modules.pop("scipy.linalg", None)
