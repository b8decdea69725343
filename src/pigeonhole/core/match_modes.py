"""Names and capabilities of the match modes.

To add a match mode, write a module of its name in `pigeonhole.matching.modes` and
describe the mode here. Settings, commands, still and live mosaics and plots use this
registry; tests fail if a part is missing.
"""

from dataclasses import dataclass
from typing import Literal

MatchModeName = Literal["exact", "perceptual", "mean-2x2", "mean"]
LiveMatchModeName = Literal["exact", "mean-2x2", "mean"]


@dataclass(frozen=True, slots=True)
class MatchMode:
    """Capabilities of a match mode."""

    name: MatchModeName
    label: str
    """What is compared, for help texts and plots."""
    nearest: bool = False
    """Without limits on repetition, each cell gets the tile with the nearest
    descriptors, regardless of other cells. Jobs can share the cells, and the placement
    is optimal."""
    live: bool = False
    """Live mosaics support the mode."""


MATCH_MODES: dict[str, MatchMode] = {
    mode.name: mode
    for mode in (
        MatchMode("exact", "every pixel", nearest=True, live=True),
        MatchMode("perceptual", "pixels, also after blurring"),
        MatchMode("mean-2x2", "means of 2x2 blocks", live=True),
        MatchMode("mean", "mean brightness", live=True),
    )
}
"""All match modes by name."""
MATCH_HELP = ", ".join(f"{mode.name} ({mode.label})" for mode in MATCH_MODES.values())
"""What each mode compares, for help texts."""
