"""Options of match modes, and the type of the functions that they make."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from pigeonhole.core.arrays import Image
from pigeonhole.core.checks import check_number
from pigeonhole.imaging.color_spaces import Space
from pigeonhole.matching.grid import Placement

Matcher = Callable[[Image], Placement]
"""Function of a frame, shape (rows * height, columns * width[, 3]), that returns its
placement, shape (rows, columns)."""


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """
    Options of a match mode.

    Attributes
    ----------
    space : {"gray", "rgb", "lab"}
        Color space in which images are compared; gray images stay gray.
    lowpass_weight : float
        Weight of the error after a blur, relative to the local error (perceptual only).
    structure_weight : float
        Share of the local error that compares structure, 0 to 1 (perceptual only).
    """

    space: Space = "rgb"
    lowpass_weight: float = 4
    structure_weight: float = 0.7

    def __post_init__(self) -> None:
        if self.space not in get_args(Space):
            spaces = ", ".join(get_args(Space))
            raise ValueError(f"space must be one of {spaces}, not {self.space!r}")
        check_number("lowpass_weight", self.lowpass_weight, 0)
        check_number("structure_weight", self.structure_weight, 0, 1)
