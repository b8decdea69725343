"""Assign tiles to cells under limits on repetition."""

from pigeonhole.matching.assignment.assign import Assignment, assign, assign_costs
from pigeonhole.matching.assignment.limits import (
    RepetitionLimits,
    TooFewCells,
    TooFewTiles,
)
from pigeonhole.matching.assignment.live import LiveAssignment, optimality_gap

__all__ = [
    "Assignment",
    "LiveAssignment",
    "RepetitionLimits",
    "TooFewCells",
    "TooFewTiles",
    "assign",
    "assign_costs",
    "optimality_gap",
]
