"""A parser of arguments that tells a fault in one sentence."""

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from pigeonhole.core.errors import meant

NAME = r"argument (?:-\w/)?(\S+): "
SENTENCES = {
    NAME + r"invalid choice: (.*) \(choose from (.*)\)": r"\1 is \2: take one of \3.",
    NAME + r"invalid int value: (.*)": r"\1 is \2: should be a whole number.",
    NAME + r"invalid float value: (.*)": r"\1 is \2: should be a number.",
    NAME + r"('.*': .*)": r"\1 is \2.",
    NAME + r"expected .*": r"\1 needs a value; see `PROG --help`.",
    r"(the following arguments are required: .*)": r"\1; see `PROG --help`.",
}
"""What argparse says, and how we say it; the rest stays as it is."""


class Parser(argparse.ArgumentParser):
    """A parser that shows its usage only where it's asked for."""

    def error(self, message: str) -> NoReturn:
        """End with the status of wrong usage."""
        for pattern, sentence in SENTENCES.items():
            if found := re.fullmatch(pattern, message):
                message = found.expand(sentence.replace("PROG", self.prog))
        self.exit(2, f"pigeonhole: {message}\n")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Refuse what isn't known where it's known what could be meant."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            name = unknown[0].partition("=")[0]
            known = re.findall(r"--[a-z][a-z-]*", self.format_usage())
            near = meant(name, known) if name.startswith("--") else None
            way_out = f"did you mean {near}?" if near else f"see `{self.prog} --help`."
            self.error(f"there is no argument {name}; {way_out}")
        return options, unknown
