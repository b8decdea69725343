"""Save figures as files with reproducible bytes."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from pigeonhole.core.atomic import atomic_write
from pigeonhole.core.outputs import Outputs
from pigeonhole.plots.style import FIGURE_STYLE

FIGURE_SUFFIXES = (".svg", ".png")
"""Suffixes of the formats in which each figure is saved."""


def figure_outputs(path: Path, *, force: bool = False) -> Outputs:
    """Return the files of a figure at a path that the user chose."""
    name = path.stem if path.suffix in FIGURE_SUFFIXES else path.name
    return Outputs([path.with_name(name + s) for s in FIGURE_SUFFIXES], force=force)


def write_figure(figure: Figure, outputs: Outputs) -> None:
    """Write a figure to the files of `figure_outputs`."""
    with outputs.write() as staged:
        save_figure(figure, *map(staged, outputs.files))


def save_figure(figure: Figure, svg: Path, png: Path) -> None:
    """Write a figure atomically as SVG and as PNG, without dates."""
    # Without a salt, the ids inside an SVG are random.
    with mpl.rc_context({**FIGURE_STYLE, "svg.hashsalt": "pigeonhole"}):
        with atomic_write(svg) as temporary:
            figure.savefig(temporary, format="svg", metadata={"Date": None})
        with atomic_write(png) as temporary:
            figure.savefig(
                temporary, format="png", dpi=150, metadata={"Software": None}
            )
