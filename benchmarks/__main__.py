"""Run benchmarks and write a table and plots to benchmarks/out.

``python -m benchmarks`` runs all of them, ``python -m benchmarks matching`` one. Only
``python -m benchmarks looks``, which takes hours, runs by name alone.
"""

import importlib
import logging
import sys
from pathlib import Path

import pandas as pd

from benchmarks.plots import growth, loops, scaling
from pigeonhole.plots.save import save_figure

OUT = Path(__file__).parent / "out"
ALL = (
    "matching",
    "reuse",
    "live",
    "page",
    "birthday",
    "viewer",
    "render",
    "programs",
    "perceptual",
    "scaling",
    "studio",
)


def main(names):
    logging.basicConfig(level="INFO", format="%(message)s")
    OUT.mkdir(exist_ok=True)
    rows = []
    for name in names or ALL:
        logging.info("%s …", name)
        rows += importlib.import_module(f"benchmarks.{name}").run()
    table = pd.DataFrame(rows)
    table.to_csv(OUT / "table.csv", index=False)
    logging.info("%s", table.to_string(index=False))
    if "stated" in table:
        save_figure(loops(table), OUT / "live.svg", OUT / "live.png")
    if "stage" in table:
        save_figure(scaling(table), OUT / "scaling.svg", OUT / "scaling.png")
    if "matching" in table.benchmark.to_numpy():
        save_figure(growth(table), OUT / "growth.svg", OUT / "growth.png")


if __name__ == "__main__":
    main(sys.argv[1:])
