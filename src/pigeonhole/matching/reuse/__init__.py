"""Control of repetition: how often, and how near to itself, a tile may be used."""

from pigeonhole.matching.reuse.assign import Assignment, assign, assign_costs
from pigeonhole.matching.reuse.live import LiveReuse, loss
from pigeonhole.matching.reuse.rule import Reuse, TooFewCells, TooFewTiles

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
