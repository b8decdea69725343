"""Control of repetition: how often, and how near to itself, a tile may be used."""

from pigeonhole.matching.assignment.assign import Assignment, assign, assign_costs
from pigeonhole.matching.assignment.limits import Reuse, TooFewCells, TooFewTiles
from pigeonhole.matching.assignment.live import LiveReuse, loss

__all__ = [
    "Assignment",
    "LiveReuse",
    "Reuse",
    "TooFewCells",
    "TooFewTiles",
    "assign",
    "assign_costs",
    "loss",
]
