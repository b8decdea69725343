"""The live mosaic's figure: how long a frame takes."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from pigeonhole.plots.style import CLAIMED, INK, MEASURED, as_time, new_figure, styled

WAYS = {
    "exact": "every pixel",
    "four": "2x2 pixels",
    "mean": "brightness alone",
}
CAMERA = 1 / 30
"""Seconds between two frames of a usual camera."""


@styled
def frame_seconds(rows: Sequence[dict[str, str]]) -> Figure:
    """Draw the time of a frame by the way its tiles are chosen, beside a tutorial's."""
    size = "{width}x{height} with {tiles} tiles".format(**rows[0])
    figure = new_figure("Choosing the tiles of a frame, beside a tutorial", 9, 3.4)
    axes = figure.subplots()
    places = range(len(rows))[::-1]
    for place, row in zip(places, rows, strict=True):
        middle, theirs = float(row["seconds"]), float(row["published"])
        axes.plot([middle, theirs], [place, place], color="#bbb", lw=1, zorder=1)
        axes.plot([float(row["low"]), float(row["high"])], [place] * 2, color=MEASURED)
        axes.plot(middle, place, "o", color=MEASURED, ms=8)
        axes.plot(theirs, place, "D", color="white", mec=CLAIMED, mew=1.8, ms=7)
        for value in (middle, theirs):
            axes.annotate(
                as_time(float(f"{value:.3g}")),
                (value, place),
                (0, 10),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )
    axes.axvline(CAMERA, color=INK, lw=0.8, ls=":")
    axes.annotate(
        "the next frame of a camera",
        (CAMERA, 1),
        (4, -4),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        fontsize=9,
    )
    axes.plot([], [], "o", color=MEASURED, ms=8, label=f"ours, one core, {size}")
    label = "a tutorial's, on its machine, 640x480 with 1,885 tiles"
    axes.plot([], [], "D", color="white", mec=CLAIMED, mew=1.8, ms=7, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(as_time))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="Time to choose all tiles of a frame", ylim=(-0.5, len(rows) - 0.2))
    axes.set_yticks(list(places), [WAYS[row["way"]] for row in rows])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=2)
    return figure
