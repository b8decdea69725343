"""Placement -> picture, tables and numbers."""

from pigeonhole.mosaic.advice import Advice
from pigeonhole.mosaic.compose import Mosaic, make_mosaic, plan_of
from pigeonhole.mosaic.targets import fit_to_grid, read_seen, read_target

__all__ = [
    "Advice",
    "Mosaic",
    "fit_to_grid",
    "make_mosaic",
    "plan_of",
    "read_seen",
    "read_target",
]
