"""Matching: choose a tile for each cell."""

from pigeonhole.matching.grid import render, split_cells
from pigeonhole.matching.options import Matcher
from pigeonhole.matching.search.index import TileIndex
from pigeonhole.matching.strategies import matcher

__all__ = ["Matcher", "TileIndex", "matcher", "render", "split_cells"]
