"""Assign tiles to cells under limits on repetition."""

from pigeonhole.matching.assignment.assign import (
    Assignment,
    assign,
    assign_costs,
    assign_in_order,
)
from pigeonhole.matching.assignment.limits import (
    RepetitionLimits,
    TooFewCells,
    TooFewTiles,
    check_limits,
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
    "assign_in_order",
    "check_limits",
    "optimality_gap",
]
