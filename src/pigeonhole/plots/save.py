"""Figures -> files, the same bytes for the same figure."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from pigeonhole.core.atomic import beside
from pigeonhole.plots import STYLE


def save_figure(figure: Figure, svg: Path, png: Path) -> None:
    """Write a figure as SVG and as PNG, each whole or not at all, and undated."""
    # Without a salt the names inside an SVG are random.
    with mpl.rc_context({**STYLE, "svg.hashsalt": "pigeonhole"}):
        with beside(svg) as draft:
            figure.savefig(draft, format="svg", metadata={"Date": None})
        with beside(png) as draft:
            figure.savefig(draft, format="png", dpi=150, metadata={"Software": None})
