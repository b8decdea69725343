"""Fuzz a parser of untrusted bytes.

``python tests/fuzz.py NAME --seconds 600`` looks for an input with which a parser
raises an unexpected exception, takes more than 10 s or uses more than 1 GB. Such inputs
are saved in tests/corpus/NAME, and test_fuzz.py tries them in every run.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from parsers import PARSERS, attempt

CORPUS = Path(__file__).parent / "corpus"
MAX_SECONDS, MAX_MEGABYTES = 10, 1024
# Compiled kernels don't check bounds; Python code raises an error.
UNCOMPILED = {"NUMBA_DISABLE_JIT": "1"}
PROGRAM = """
import atheris
with atheris.instrument_imports(
    include=["pigeonhole", "csv", "json", "PIL", "yaml", "pexels_api"]
):
    import fuzz
fuzz.run({name!r})
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", choices=PARSERS)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument(
        "--also", type=Path, nargs="*", default=[], help="files with more valid inputs"
    )
    options = parser.parse_args()
    corpus = CORPUS / options.name
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        for number, seed in enumerate(PARSERS[options.name].seeds):
            Path(seeds, f"seed-{number}").write_bytes(seed())
        for file in options.also:
            shutil.copy(file, seeds)
        process = subprocess.run(
            [
                sys.executable,
                "-c",
                PROGRAM.format(name=options.name),
                f"-max_total_time={options.seconds}",
                f"-timeout={MAX_SECONDS}",
                f"-rss_limit_mb={MAX_MEGABYTES}",
                f"-artifact_prefix={corpus}/",
                "-max_len=20000",
                "-print_final_stats=1",
                seeds,
                str(corpus),
            ],
            check=False,
            cwd=Path(__file__).parent,
            env=os.environ | UNCOMPILED,
        )
    sys.exit(process.returncode)


def run(name):
    """Run atheris, which terminates this process."""
    import atheris

    atheris.Setup(sys.argv, lambda content: attempt(name, content))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
