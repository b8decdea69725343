"""Placement -> picture and tables."""

from pigeonhole.mosaic.make import Mosaic, make_mosaic
from pigeonhole.mosaic.targets import fit_to_grid, read_target

__all__ = ["Mosaic", "fit_to_grid", "make_mosaic", "read_target"]
