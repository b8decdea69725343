"""Save figures as files with reproducible bytes."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from pigeonhole.core.atomic import atomic_write
from pigeonhole.plots.style import FIGURE_STYLE


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
