"""Figure of the time that a frame of the live mosaic takes."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from pigeonhole.core.match_modes import MATCH_MODES
from pigeonhole.plots.colors import CLAIMED, MEASURED
from pigeonhole.plots.style import annotate, format_time, mark, new_figure, styled

FRAME_INTERVAL = 1 / 30
"""Seconds between two frames of a typical camera."""


@styled
def frame_seconds(rows: Sequence[dict[str, str]]) -> Figure:
    """
    Draw the time of a frame for each match mode, next to a tutorial's time.

    The tutorial is "Video Mosaic on Live Webcam Stream with OpenCV and Numba":
    https://www.learnpythonwithrune.org/video-mosaic-on-live-webcam-stream-with-opencv-and-numba/
    """
    size = "{width}x{height} with {tiles} tiles".format(**rows[0])
    figure = new_figure("Time to choose the tiles of a frame", 9, 3.4)
    axes = figure.subplots()
    heights = range(len(rows))[::-1]
    for y, row in zip(heights, rows, strict=True):
        median, published = float(row["seconds"]), float(row["published"])
        quartiles = [float(row["lower_quartile"]), float(row["upper_quartile"])]
        axes.plot([median, published], [y, y], color="#bbb", lw=1, zorder=1)
        axes.plot(quartiles, [y, y], color=MEASURED)
        axes.plot(median, y, "o", color=MEASURED, ms=8)
        axes.plot(published, y, "D", color="white", mec=CLAIMED, mew=1.8, ms=7)
        for value in (median, published):
            text = format_time(float(f"{value:.3g}"))
            annotate(axes, text, (value, y), (0, 10), ha="center", fontsize=9)
    mark(axes, FRAME_INTERVAL, "next camera frame")
    label = f"Pigeonhole, one core, {size}"
    axes.plot([], [], "o", color=MEASURED, ms=8, label=label)
    label = "Tutorial, on its author's machine, 640x480 with 1,885 tiles"
    axes.plot([], [], "D", color="white", mec=CLAIMED, mew=1.8, ms=7, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(format_time))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="Time per frame", ylim=(-0.5, len(rows) - 0.2))
    axes.set_yticks(list(heights), [MATCH_MODES[row["mode"]].label for row in rows])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=2)
    return figure
