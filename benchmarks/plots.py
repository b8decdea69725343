"""Table of the benchmarks -> figures."""

import numpy as np
from matplotlib.ticker import EngFormatter

from pigeonhole.plots.style import (
    CLAIMED,
    EXACT,
    INK,
    MEASURED,
    OTHER,
    new_figure,
    styled,
)

# What is drawn, in what colour and how.
LINES = {
    "ours": (MEASURED, "-", 2.6),
    "faiss flat L1": (EXACT, "-", 1.4),
    "faiss flat L2": (EXACT, "--", 1.4),
    "plain SAD loop": (CLAIMED, "-", 1.4),
    "OpenCV matcher L1": (OTHER, "-", 1.4),
    "tutorial, exact": (INK, "-", 1.4),
    "tutorial, four": (INK, "-.", 1.4),
    "tutorial, mean": (INK, ":", 1.4),
}
PANELS = (
    ("Photos", ("download", "reading a folder", "face finding", "tile cutting")),
    ("Snakemake's own plan", ("planning",)),
    ("Indexing tiles", ("index, grey", "index, colour")),
    ("Matching 4,800 cells", ("matching, grey", "matching, colour")),
    ("Matching with 8,000 tiles", ("matching cells, grey", "matching cells, colour")),
    ("Drawing a large picture", ("rendering",)),
    ("Trials of 32 bits", ("trials",)),
    ("Searching for a collision", ("collision search",)),
)
CASES = ("grey patches", "grey faces", "colour patches", "colour faces")


@styled
def growth(table):
    """Draw time against tiles, with the fitted growth of ours."""
    figure = new_figure("Time of a frame of 640x480 in cells of 16x12", 11, 8.4)
    rows = table[(table.benchmark == "matching") & table.name.isin(LINES)]
    panels = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
    for axes, case in zip(panels, CASES, strict=True):
        part = rows[rows.case == case]
        for name, (colour, dashes, width) in LINES.items():
            line = part[part.name == name]
            axes.plot(
                line.tiles,
                line.seconds * 1e3,
                dashes,
                marker="o",
                markersize=2 * width,
                color=colour,
                linewidth=width,
                label=name,
                zorder=width,
            )
        ours = part[part.name == "ours"]
        power = np.polyfit(np.log(ours.tiles), np.log(ours.seconds), 1)[0]
        axes.set(xscale="log", yscale="log")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.set_title(f"{case.capitalize()}: ours grows as tiles$^{{{power:.2f}}}$")
        axes.axhline(1000 / 30, color=INK, linewidth=0.8, dashes=(2, 3), zorder=0)
        axes.annotate(
            "30 frames a second",
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
    """Draw the tutorials' loops: as they state them, as they run here, and ours."""
    figure = new_figure("A frame of 640x480 in grey, 1,885 tiles", 9, 3.6)
    axes = figure.subplots()
    rows = table[(table.benchmark == "live") & table.same.notna()]
    ours = rows[rows.stated.isna()].groupby("same").seconds.min()
    theirs = rows[rows.stated.notna()]
    places = np.arange(len(theirs))[::-1]
    kinds = (
        ("theirs, as they state it", theirs.stated, "D", CLAIMED),
        ("theirs, here", theirs.seconds, "o", CLAIMED),
        ("ours, here", theirs.same.map(ours), "o", MEASURED),
    )
    for label, seconds, marker, colour in kinds:
        face = "white" if marker == "D" else colour
        style = {"ms": 8, "mfc": face, "mew": 1.8}
        axes.plot(seconds * 1e3, places, marker, color=colour, label=label, **style)
    axes.set_yticks(places, theirs.name.str.removeprefix("tutorial: "))
    axes.set(xscale="log", xlabel="Milliseconds a frame", ylim=(-0.6, 3.6))
    axes.axvline(1000 / 30, color=INK, linestyle=":", lw=0.8)
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=3
    )
    return figure


@styled
def scaling(table):
    """Draw seconds against size for each stage, with the fitted power."""
    figure = new_figure("What a stage costs, and how that grows", 12, 6.4)
    for axes, (title, stages) in zip(
        figure.subplots(2, 4).ravel(), PANELS, strict=True
    ):
        for stage, colour in zip(
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
                color=colour,
                label=f"{name}, n$^{{{power:.2f}}}$",
            )
            axes.set_xlabel(rows.unit.iloc[0].capitalize())
        axes.set(xscale="log", yscale="log", title=title)
        axes.minorticks_off()
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.yaxis.set_major_formatter("{x:,g}")
        low, high = axes.get_ylim()
        # Room for the legend, a line for each stage.
        axes.set_ylim(low / 1.5, high * 2.6 ** len(stages))
        axes.legend(loc="upper left")
    figure.supylabel("Core-seconds")
    return figure
