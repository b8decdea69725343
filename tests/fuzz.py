"""Every parser of bytes from outside, fuzzed.

    python tests/fuzz.py NAME --seconds 600

looks for input at which a parser does anything but answer or refuse with our own
sentence; what it finds is kept in tests/corpus/NAME, where test_fuzz.py tries it for
ever. A parser that takes more than 10 s or 1 GB has failed as well.
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
SECONDS, MEGABYTES = 10, 1024
# What is compiled is judged by its Python: an index beyond an array is an error there.
COMPILED = {"NUMBA_DISABLE_JIT": "1"}
RUN = """
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
        "--also", type=Path, nargs="*", default=[], help="more good inputs, real files"
    )
    options = parser.parse_args()
    corpus = CORPUS / options.name
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        for number, seed in enumerate(PARSERS[options.name].seeds):
            Path(seeds, f"seed-{number}").write_bytes(seed())
        for file in options.also:
            shutil.copy(file, seeds)
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                RUN.format(name=options.name),
                f"-max_total_time={options.seconds}",
                f"-timeout={SECONDS}",
                f"-rss_limit_mb={MEGABYTES}",
                f"-artifact_prefix={corpus}/",
                "-max_len=20000",
                "-print_final_stats=1",
                seeds,
                str(corpus),
            ],
            check=False,
            cwd=Path(__file__).parent,
            env=os.environ | COMPILED,
        )
    sys.exit(done.returncode)


def run(name):
    """Run atheris in this process, which it ends."""
    import atheris

    atheris.Setup(sys.argv, lambda content: attempt(name, content))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
