"""Process-wide settings of libraries, for programs that run Pigeonhole.

Importing Pigeonhole changes nothing in the process. Programs call `configure` first;
a program of your own may call it as well, which makes kernels faster.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
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
    Set environment variables and log levels for this process.

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
    for name in ("matplotlib", "numba", "PIL", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its warnings are about damaged images, which are reported in our own words.
    logging.getLogger("pyvips").setLevel(logging.ERROR)
    # If the disk is full, logging fails too. A traceback would hide the real message.
    logging.raiseExceptions = False


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """
    Raise KeyboardInterrupt on SIGTERM and SIGHUP, too, so that files are cleaned up.

    Only the main thread can do this; elsewhere, signals keep their meaning.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    # Windows has no SIGHUP.
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    # `nohup` makes a process ignore a closed terminal.
    numbers = [
        number
        for number in numbers
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
    ]
    handlers = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


def prepare_standard_streams() -> None:
    """
    Open standard streams that were closed before the program started.

    Otherwise the first files that are opened would take their numbers, and messages of
    libraries would be written into them. Characters of file names that the terminal
    can't show are escaped.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The system uses the lowest number that is free.
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, stream)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


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
