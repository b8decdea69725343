"""Control of repetition: how often, and how near to itself, a tile may be used."""

from pigeonhole.matching.reuse.assign import Assignment, assign
from pigeonhole.matching.reuse.live import LiveReuse, loss
from pigeonhole.matching.reuse.rule import Reuse, TooFewCells, TooFewTiles

__all__ = [
    "Assignment",
    "LiveReuse",
    "Reuse",
    "TooFewCells",
    "TooFewTiles",
    "assign",
    "loss",
]
