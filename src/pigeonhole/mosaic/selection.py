"""Selections: a tile for each cell, with what is known about its optimality."""

from typing import NamedTuple

from pigeonhole.core.arrays import Int64Array
from pigeonhole.matching.assignment import RepetitionLimits
from pigeonhole.settings import MosaicOptions


class Selection(NamedTuple):
    """
    A tile for each cell, and the sum of differences that was minimized with its bound.

    The lower bound and the sum are None if the match mode has no bound.
    """

    placement: Int64Array
    cost: int | None = None
    bound: int | None = None

    @property
    def optimality_gap(self) -> float | None:
        """Maximum excess of the cost over the optimum, as a share of the bound."""
        if self.cost is None or self.bound is None:
            return None
        if self.cost == self.bound:
            return 0.0
        return (self.cost - self.bound) / self.bound if self.bound else float("inf")


def repetition_limits(options: MosaicOptions) -> RepetitionLimits:
    """Return the limits on repetition in the form that the solvers use."""
    return RepetitionLimits(**options.repetition.model_dump(exclude={"time_limit"}))
