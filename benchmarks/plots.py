"""Table of the benchmarks -> figures."""

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from pigeonhole.plots.style import STYLE


def growth(table):
    """Draw time against tiles, with the fitted growth of ours."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 4.8))
        rows = table[table.benchmark == "matching"]
        kinds = ("grey patches", "colour patches")
        for axes, kind in zip(figure.subplots(1, 2, sharey=True), kinds, strict=True):
            part = rows[rows.case.str.startswith(kind)]
            for name, line in part.groupby("name"):
                axes.plot(line.tiles, line.seconds * 1e3, "o-", label=name)
            ours = part[part.name == "ours"]
            power = np.polyfit(np.log(ours.tiles), np.log(ours.seconds), 1)[0]
            axes.set(xscale="log", yscale="log", xlabel="Tiles")
            axes.set_title(f"{kind}: ours grows as tiles^{power:.2f}")
            axes.axhline(1000 / 30, color="#777777", linestyle=":")
            axes.set_ylabel("Milliseconds a frame")
            axes.legend(fontsize=8)
        figure.suptitle(
            "640x480, cells of 16x12: time of a frame; dotted, a camera's 30 a second",
            x=0.01,
            ha="left",
            fontsize=13,
            fontweight="bold",
        )
        return figure
