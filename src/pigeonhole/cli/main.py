"""Entry point of the command line: parse the arguments and call a command.

Exit status: 0 success, 1 an error that the user can fix, 2 wrong usage, 130 Ctrl-C or a
closed terminal, 141 a closed pipe. Errors are one line on stderr. Commands import slow
libraries only when they run.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from pigeonhole.cli import ids, live, mosaic, remove, review, studio
from pigeonhole.cli.options import Parser, UsageError
from pigeonhole.core.errors import PigeonholeError, SettingsError, reason_of
from pigeonhole.core.runtime import (
    configure,
    prepare_standard_streams,
    signals_as_interrupts,
)

SUCCESS, ERROR, WRONG_USAGE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141
OUT_OF_MEMORY = (
    "the memory is used up: choose a smaller width, tile width, paper or DPI, use "
    "smaller or fewer tiles, or close other programs."
)
NO_MEMORY_TO_START = (
    "the memory isn't enough to load the libraries: close other programs, or raise the "
    "limit (`ulimit -v`)."
)
WELCOME = """\
Pigeonhole makes photo mosaics from your photos.

  pigeonhole studio    make one in the browser: add photos, choose a target, export

On the command line:

{commands}

`pigeonhole COMMAND --help` explains a command. Nothing is uploaded anywhere.
"""
"""What a terminal shows without a command."""
THREAD_TIMEOUT = 1.0
"""Seconds for which an interrupted command waits for its threads."""
COMMANDS = {
    "studio": studio,
    "mosaic": mosaic,
    "live": live,
    "review": review,
    "remove": remove,
    "ids": ids,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    prepare_standard_streams()
    try:
        with signals_as_interrupts():
            return _run(arguments)
    except KeyboardInterrupt:
        _wait_for_threads()
        return INTERRUPTED
    except PigeonholeError as error:
        _print_error(error)
        return WRONG_USAGE if isinstance(error, UsageError) else ERROR
    except BrokenPipeError:
        _discard(sys.stdout)
        return BROKEN_PIPE
    except Exception as error:
        if not (message := _describe(error)):
            raise
        if isinstance(error, OSError) and error.filename is None:
            _discard(sys.stdout)
        _print_error(message)
        return ERROR


def _run(arguments: Sequence[str] | None) -> int:
    configure()
    try:
        options = _parser().parse_args(arguments)
        try:
            options.run(options)
        except SettingsError as error:
            raise options.parser.usage_error(error) from None
        except PigeonholeError as error:
            error.args = (options.parser.with_options(str(error)),)
            raise
    finally:
        sys.stdout.flush()
    return SUCCESS


def _discard(stream: TextIO) -> None:
    """Keep Python from failing again when it flushes a stream at the end."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _print_error(message: object) -> None:
    # Names of files can contain line breaks and control characters of terminals.
    shown = "".join(
        char if char.isprintable() else ascii(char)[1:-1] for char in str(message)
    )
    try:
        sys.stderr.write(f"pigeonhole: {shown}\n")
        sys.stderr.flush()
    except OSError:
        # The terminal is closed.
        _discard(sys.stderr)


def _describe(error: Exception) -> str | None:
    """Return a sentence on an error of the system, or None for any other error."""
    if _is_out_of_memory(error):
        return OUT_OF_MEMORY
    if isinstance(error, ImportError | OSError) and _cannot_load_library(error):
        return NO_MEMORY_TO_START
    if not isinstance(error, OSError) or error.errno is None:
        return None
    if error.filename is None:
        try:
            Path.cwd()
        except FileNotFoundError:
            return "the current folder was deleted: change to another one."
        return f"the system reports an error: {reason_of(error)}."
    files = [os.fsdecode(name) for name in (error.filename, error.filename2) if name]
    return f"{' and '.join(files)} can't be used: {reason_of(error)}."


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError):
        return True
    # OpenCV has its own exception. It isn't imported here, because that takes long.
    cv2 = sys.modules.get("cv2")
    return bool(
        cv2
        and isinstance(error, cv2.error)
        and getattr(error, "code", None) == cv2.Error.STS_NO_MEM
    )


def _cannot_load_library(error: BaseException | None) -> bool:
    """Return whether the system had no memory for a library."""
    while error:
        if "failed to map segment" in str(error):
            return "not permitted" not in str(error)
        error = error.__cause__ or error.__context__
    return False


def _wait_for_threads() -> None:
    """
    Wait until daemon threads have returned from OpenCV, but not for long.

    If Python ends while they are inside it, the C++ runtime aborts the process.
    """
    deadline = time.monotonic() + THREAD_TIMEOUT
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))


def _welcome(parser: Parser) -> None:
    """Show beginners where to begin; a program that reads the output gets the help."""
    if not sys.stdout.isatty():
        parser.print_help()
        return
    lines = [
        f"  pigeonhole {name:<9} {module.run.__doc__}"
        for name, module in COMMANDS.items()
        if module is not studio
    ]
    sys.stdout.write(WELCOME.format(commands="\n".join(lines)))


def _parser() -> Parser:
    parser = Parser(
        "pigeonhole",
        description="Make photo mosaics, still and live, and compute how many ids are "
        "safe from collisions (the birthday paradox).",
    )
    parser.set_defaults(run=lambda _: _welcome(parser))
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, module in COMMANDS.items():
        summary = module.run.__doc__
        command = subparsers.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=module.run, parser=command)
        module.add_arguments(command)
    return parser
