"""Entry point of the command line: parse the arguments and call a command.

Exit status: 0 success, 1 an error that the user can fix, 2 wrong usage, 130 Ctrl-C.
Errors are one line on stderr. Commands import slow libraries only when they run.
"""

import sys
import threading
import time
from collections.abc import Sequence

from pigeonhole.cli import ids, live, mosaic, remove, review
from pigeonhole.cli.options import Parser, UsageError
from pigeonhole.core.errors import PigeonholeError, SettingsError
from pigeonhole.core.runtime import configure

SUCCESS, ERROR, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
THREAD_TIMEOUT = 1.0
"""Seconds for which an interrupted command waits for its threads."""
COMMANDS = {
    "mosaic": mosaic,
    "live": live,
    "review": review,
    "remove": remove,
    "ids": ids,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    try:
        configure()
        options = _parser().parse_args(arguments)
        try:
            options.run(options)
        except SettingsError as error:
            raise options.parser.usage_error(error) from None
    except KeyboardInterrupt:
        _wait_for_threads()
        return INTERRUPTED
    except PigeonholeError as error:
        sys.stderr.write(f"pigeonhole: {error}\n")
        return WRONG_USAGE if isinstance(error, UsageError) else ERROR
    return SUCCESS


def _wait_for_threads() -> None:
    """
    Wait until daemon threads have returned from OpenCV, but not for long.

    If Python ends while they are inside it, the C++ runtime aborts the process.
    """
    deadline = time.monotonic() + THREAD_TIMEOUT
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))


def _parser() -> Parser:
    parser = Parser(
        "pigeonhole",
        description="Make photo mosaics, still and live, and compute how many ids are "
        "safe from collisions (the birthday paradox).",
    )
    parser.set_defaults(run=lambda _: parser.print_help())
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, module in COMMANDS.items():
        summary = module.run.__doc__
        command = subparsers.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=module.run, parser=command)
        module.add_arguments(command)
    return parser
