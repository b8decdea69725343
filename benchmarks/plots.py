"""Figures of the benchmarks."""

import numpy as np
from matplotlib.ticker import EngFormatter

from pigeonhole.plots.colors import CLAIMED, EXACT, INK, MEASURED, OTHER
from pigeonhole.plots.style import new_figure, styled

# Color, line style and line width of each method.
LINES = {
    "Pigeonhole": (MEASURED, "-", 2.6),
    "faiss flat L1": (EXACT, "-", 1.4),
    "faiss flat L2": (EXACT, "--", 1.4),
    "plain SAD loop": (CLAIMED, "-", 1.4),
    "OpenCV matcher L1": (OTHER, "-", 1.4),
    "tutorial, exact": (INK, "-", 1.4),
    "tutorial, four points": (INK, "-.", 1.4),
    "tutorial, mean": (INK, ":", 1.4),
}
PANELS = (
    ("Photos", ("download", "reading a folder", "face finding", "tile cutting")),
    ("Planning by Snakemake", ("planning",)),
    ("Indexing tiles", ("index, gray", "index, color")),
    ("Matching 4,800 cells", ("matching, gray", "matching, color")),
    ("Matching with 8,000 tiles", ("matching cells, gray", "matching cells, color")),
    ("Drawing a large image", ("rendering",)),
    ("Trials of 32 bits", ("trials",)),
    ("Searching for a collision", ("collision search",)),
)
CASES = ("gray patches", "gray faces", "color patches", "color faces")


@styled
def growth(table):
    """Draw the time by the number of tiles, with the fitted power of Pigeonhole."""
    figure = new_figure("Time of a frame of 640x480 in cells of 16x12", 11, 8.4)
    rows = table[(table.benchmark == "matching") & table.name.isin(LINES)]
    panels = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
    for axes, case in zip(panels, CASES, strict=True):
        case_rows = rows[rows.case == case]
        for name, (color, line_style, width) in LINES.items():
            line = case_rows[case_rows.name == name]
            axes.plot(
                line.tiles,
                line.seconds * 1e3,
                line_style,
                marker="o",
                markersize=2 * width,
                color=color,
                linewidth=width,
                label=name,
                zorder=width,
            )
        own = case_rows[case_rows.name == "Pigeonhole"]
        power = np.polyfit(np.log(own.tiles), np.log(own.seconds), 1)[0]
        axes.set(xscale="log", yscale="log")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.set_title(
            f"{case.capitalize()}: Pigeonhole grows as tiles$^{{{power:.2f}}}$"
        )
        axes.axhline(1000 / 30, color=INK, linewidth=0.8, dashes=(2, 3), zorder=0)
        axes.annotate(
            "30 frames per second",
            (1, 1000 / 30),
            (-2, -3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8,
        )
    for axes in panels[2:]:
        axes.set_xlabel("Tiles")
    for axes in panels[::2]:
        axes.set_ylabel("Milliseconds")
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4
    )
    return figure


@styled
def loops(table):
    """Draw the times of the tutorial's loops, as stated and as measured here."""
    figure = new_figure("A frame of 640x480 in gray, 1,885 tiles", 9, 3.6)
    axes = figure.subplots()
    rows = table[(table.benchmark == "live") & table["mode"].notna()]
    own_seconds = rows[rows.stated.isna()].groupby("mode").seconds.min()
    tutorial = rows[rows.stated.notna()]
    heights = np.arange(len(tutorial))[::-1]
    series = (
        ("tutorial, as stated", tutorial.stated, "D", CLAIMED),
        ("tutorial, on this machine", tutorial.seconds, "o", CLAIMED),
        (
            "Pigeonhole, on this machine",
            tutorial["mode"].map(own_seconds),
            "o",
            MEASURED,
        ),
    )
    for label, seconds, marker, color in series:
        face = "white" if marker == "D" else color
        style = {"ms": 8, "mfc": face, "mew": 1.8}
        axes.plot(seconds * 1e3, heights, marker, color=color, label=label, **style)
    axes.set_yticks(heights, tutorial.name.str.removeprefix("tutorial: "))
    axes.set(xscale="log", xlabel="Milliseconds per frame", ylim=(-0.6, 3.6))
    axes.axvline(1000 / 30, color=INK, linestyle=":", lw=0.8)
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=3
    )
    return figure


@styled
def scaling(table):
    """Draw the time of each stage by size, with the fitted power."""
    figure = new_figure("Time of each stage by size", 12, 6.4)
    for axes, (title, stages) in zip(
        figure.subplots(2, 4).ravel(), PANELS, strict=True
    ):
        for stage, color in zip(
            stages, (MEASURED, EXACT, CLAIMED, OTHER), strict=False
        ):
            rows = table[table.stage == stage]
            if rows.empty:
                continue
            name = stage.rpartition(", ")[2] if len(stages) == 2 else stage
            power = rows.power.iloc[0]
            axes.plot(
                rows["size"],
                rows.seconds,
                "o-",
                color=color,
                label=f"{name}, n$^{{{power:.2f}}}$",
            )
            axes.set_xlabel(rows.unit.iloc[0].capitalize())
        axes.set(xscale="log", yscale="log", title=title)
        axes.minorticks_off()
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.yaxis.set_major_formatter("{x:,g}")
        low, high = axes.get_ylim()
        # Leave room for the legend, which has a line for each stage.
        axes.set_ylim(low / 1.5, high * 2.6 ** len(stages))
        axes.legend(loc="upper left")
    figure.supylabel("Core-seconds")
    return figure
